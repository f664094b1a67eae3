// A review as the network read it. Everything that a visitor typed is set as text, never as HTML.

const STRONG = 0.4;

function make(name, className, text = '') {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}

function classes(kind, strength) {
  const names = ['word'];
  if (kind === 'unknown') names.push('unknown');
  if (strength) names.push(strength > 0 ? 'more' : 'less');
  if (Math.abs(strength) >= STRONG) names.push('strong');
  return names.join(' ');
}

function word(text, kind, strength) {
  const element = make('span', classes(kind, strength), text);
  element.style.setProperty('--share', Math.abs(strength));
  return element;
}

function legend(data) {
  const list = make('ul', 'legend');
  const entry = (sample, meaning) => {
    const item = make('li', '');
    item.append(sample, ` ${meaning}`);
    list.append(item);
  };
  if (data.more) entry(word('solid line', 'known', 0.6), data.more);
  if (data.less) entry(word('dashed line', 'known', -0.6), data.less);
  if (data.unknown) entry(word('struck through', 'unknown', 0), data.unknown);
  if (data.cut) entry(make('span', 'cut', 'grey'), 'not read: the network reads only the end');
  return list;
}

function sentence(data) {
  const line = make('p', 'sentence', data.lead);
  data.turns.forEach(([name, rest], index) => {
    line.append(index ? '; ' : ' ', make('b', 'word', `“${name}”`), ` ${rest}`);
  });
  if (data.turns.length) line.append('.');
  return line;
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector('.words');
  const text = make('p', 'text');
  if (data.cut) text.append(make('span', 'cut', data.cut));
  for (const piece of data.pieces) {
    if (typeof piece === 'string') text.append(piece);
    else {
      const [name, kind, strength, note] = piece;
      const element = word(name, kind, strength);
      element.dataset.note = note;
      text.append(element);
    }
  }
  const told = make('p', 'told', data.hint);
  told.setAttribute('role', 'status');
  const words = [...text.querySelectorAll('[data-note]')];
  let current = -1;
  const tell = index => {
    if (index < 0 || index >= words.length) return;
    words[current]?.classList.remove('current');
    current = index;
    const { textContent, dataset, classList } = words[current];
    classList.add('current');
    told.replaceChildren(make('b', 'word', `“${textContent}”`), ` ${dataset.note}`);
  };
  const point = event => tell(words.indexOf(event.target.closest('[data-note]')));
  text.addEventListener('pointerover', point);
  text.addEventListener('click', point);
  text.tabIndex = 0;
  text.addEventListener('keydown', event => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    tell(current + step);
    words[current]?.scrollIntoView({ block: 'nearest' });
  });
  const parts = [legend(data), text, told];
  if (data.lead) parts.unshift(sentence(data));
  const at = root.querySelector('.text')?.scrollTop ?? 0;
  root.replaceChildren(...parts);
  text.scrollTop = at;
}
