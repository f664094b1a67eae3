// The threshold of a verdict: one slider, and everything that follows from it, drawn here in
// the browser, so that moving it asks nobody.

const SVG = 'http://www.w3.org/2000/svg';
const BOX = { left: 48, top: 10, size: 200, width: 266, height: 250 };
const percent = share => (share === null ? '–' : `${(100 * share).toFixed(1)}%`);
const number = count => count.toLocaleString('en-US');

function shape(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

const across = x => BOX.left + BOX.size * x;
const up = y => BOX.top + BOX.size * (1 - y);
const path = curve => curve.x.map((x, i) => `${across(x).toFixed(1)},${up(curve.y[i]).toFixed(1)}`).join(' ');

function drawPanel(svg, { curve, other, diagonal, level, xTitle, yTitle }) {
  svg.replaceChildren();
  svg.setAttribute('viewBox', `0 0 ${BOX.width} ${BOX.height}`);
  for (const at of [0, 0.25, 0.5, 0.75, 1]) {
    svg.append(
      shape('line', { class: 'grid', x1: across(at), x2: across(at), y1: up(0), y2: up(1) }),
      shape('line', { class: 'grid', x1: across(0), x2: across(1), y1: up(at), y2: up(at) }),
    );
    if (at % 0.5 === 0) {
      svg.append(
        shape('text', { x: across(at), y: up(0) + 14, 'text-anchor': 'middle' }, `${100 * at}%`),
        shape('text', { x: across(0) - 5, y: up(at) + 4, 'text-anchor': 'end' }, `${100 * at}%`),
      );
    }
  }
  const chance = diagonal ? [[0, 0], [1, 1]] : [[0, level], [1, level]];
  const [from, to] = chance;
  svg.append(
    shape('line', { class: 'chance', x1: across(from[0]), y1: up(from[1]), x2: across(to[0]), y2: up(to[1]) }),
  );
  if (other) svg.append(shape('polyline', { class: 'other', points: path(other) }));
  svg.append(
    shape('polyline', { class: 'curve', points: path(curve) }),
    shape('text', { x: across(0.5), y: BOX.height - 6, 'text-anchor': 'middle', class: 'title' }, xTitle),
    shape('text', {
      transform: `translate(10 ${up(0.5)}) rotate(-90)`, 'text-anchor': 'middle', class: 'title',
    }, yTitle),
    shape('circle', { class: 'dot', r: 6 }),
  );
}

function place(svg, x, y) {
  const dot = svg.querySelector('.dot');
  dot.setAttribute('visibility', x === null || y === null ? 'hidden' : 'visible');
  if (x === null || y === null) return;
  dot.setAttribute('cx', across(x));
  dot.setAttribute('cy', up(y));
}

function show(root, data, step) {
  const part = name => root.querySelector(`[data-part="${name}"]`);
  const threshold = step / (data.true_positive.length - 1);
  const tp = data.true_positive[step];
  const fp = data.false_positive[step];
  const fn = data.positives - tp;
  const tn = data.negatives - fp;
  const share = (some, all) => (all ? some / all : null);
  const precision = share(tp, tp + fp);
  const recall = share(tp, data.positives);
  const falseAlarms = share(fp, data.negatives);
  const values = {
    threshold: threshold.toFixed(2),
    accuracy: percent(share(tp + tn, data.positives + data.negatives)),
    precision: percent(precision),
    recall: percent(recall),
    f1: percent(share(2 * tp, 2 * tp + fp + fn)),
    tp: number(tp), fp: number(fp), fn: number(fn), tn: number(tn),
  };
  for (const [name, value] of Object.entries(values)) part(name).textContent = value;
  for (const [name, count, all] of [
    ['tp', tp, data.positives], ['fn', fn, data.positives],
    ['fp', fp, data.negatives], ['tn', tn, data.negatives],
  ]) part(name).closest('td').style.setProperty('--share', `${Math.round(100 * (share(count, all) ?? 0))}%`);
  const slider = part('slider');
  slider.setAttribute('aria-valuetext', values.threshold);
  part('reset').disabled = threshold === 0.5;
  if (!data.roc) return;
  place(part('roc'), falseAlarms, recall);
  place(part('pr'), recall, precision);
  part('roc').setAttribute('aria-label',
    `ROC curve, area ${data.roc_auc.toFixed(3)}. At ${values.threshold}: ${values.recall} of the positive `
    + `reviews found, ${percent(falseAlarms)} of the negative ones called positive.`);
  part('pr').setAttribute('aria-label',
    `Precision-recall curve, average precision ${data.average_precision.toFixed(3)}. `
    + `At ${values.threshold}: precision ${values.precision}, recall ${values.recall}.`);
}

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector('.threshold');
  const part = name => root.querySelector(`[data-part="${name}"]`);
  const slider = part('slider');
  slider.max = data.true_positive.length - 1;
  if (root.dataset.of !== data.of) {
    root.dataset.of = data.of;
    slider.value = slider.max / 2;
    part('curves').hidden = !data.roc;
    part('legend').hidden = !data.other_roc;
    if (data.roc) {
      part('auc').textContent = data.roc_auc.toFixed(3);
      part('ap').textContent = data.average_precision.toFixed(3);
    }
  }
  if (data.roc) {
    part('legend').hidden = !data.other_roc;
    drawPanel(part('roc'), {
      curve: data.roc, other: data.other_roc, diagonal: true,
      xTitle: 'negative reviews called positive', yTitle: 'positive reviews found',
    });
    drawPanel(part('pr'), {
      curve: data.precision_recall, other: data.other_precision_recall, diagonal: false,
      level: data.positives / (data.positives + data.negatives),
      xTitle: 'positive reviews found (recall)', yTitle: 'precision',
    });
  }
  slider.oninput = () => show(root, data, Number(slider.value));
  part('reset').onclick = () => {
    slider.value = slider.max / 2;
    slider.oninput();
    slider.focus();
  };
  slider.oninput();
}
