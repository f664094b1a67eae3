// From what is known of a run to Plotly's data and layout.

import { escape, shorten, wrap } from "./text.js";
import { annotations, shapes } from "./marks.js";

const MOST_MARKED_EPOCHS = 150;
const LEAST_EPOCHS_SHOWN = 10;
const PANEL_PX = 120;
const GAP_PX = 34;
const LINE_PX = 20;
const LEGEND_ROW_PX = 21;
const LEGEND_SYMBOL_PX = 48;
const LETTER_PX = 8;
const NARROW_PX = 560;
const PINNED_DASHES = ["solid", "dash", "dot"];
const PINNED_SYMBOLS = ["circle", "square", "triangle-up"];

/**
 * @param memory what is known of the run
 * @param state the moment to show, as Python sent it
 * @param zoom ranges that the visitor chose, by axis; others follow the run
 * @param theme colours and font of the page
 * @param width of the chart in pixels
 */
export function figure({ memory, state, zoom, theme, width, revision }) {
  const scene = { memory, state, zoom, theme, width, isNarrow: width < NARROW_PX };
  scene.fontSize = scene.isNarrow ? 13 : 14;
  scene.margin = margin(scene);
  scene.pinnedNames = state.pinned_texts.map((text) => `“${shorten(text, scene.isNarrow ? 28 : 36)}”`);
  scene.stoppedLines = state.stopped_at === null ? [] : wrap(state.stopped_words, scene.isNarrow ? 28 : 60);
  scene.panels = panels(scene);
  scene.xRange = zoom.xaxis ?? allEpochs(scene);
  scene.lossRange = lossRange(scene);
  scene.ranges = { loss: zoom.yaxis ?? lossAxis(scene), accuracy: zoom.yaxis2 ?? accuracyRange(scene) };
  return { data: traces(scene), layout: layout(scene, revision) };
}

/** The x axis where nothing is zoomed. */
export const allEpochs = (scene) => [0.5, epochsShown(scene) + 0.5];

function margin({ state, isNarrow }) {
  // The baselines' names stand right of the curves, or above their lines on a small screen.
  const longest = Math.max(0, ...state.baselines.map(({ name }) => name.length));
  const right = isNarrow || !longest ? 12 : Math.min(22 + LETTER_PX * longest, 180);
  return { l: isNarrow ? 58 : 72, r: right, t: 44, b: 48 };
}

const innerHeight = ({ state, margin }) => state.height - margin.t - margin.b;

/** Each panel's y axis, its part of the height, and its pixels, from the bottom up. */
function panels(scene) {
  const { state, pinnedNames } = scene;
  const inner = innerHeight(scene);
  const found = {};
  let bottom = 0;
  const stack = (name, axis, gap) => {
    found[name] = { axis, domain: [bottom / inner, (bottom + PANEL_PX) / inner], height: PANEL_PX };
    bottom += PANEL_PX + gap;
  };
  if (pinnedNames.length) stack("pinned", "3", 14 + LEGEND_ROW_PX * legendRows(scene));
  if (state.show_accuracy) stack("accuracy", "2", GAP_PX);
  found.loss = { axis: "", domain: [bottom / inner, 1], height: inner - bottom };
  return found;
}

/** Rows that the pinned texts take above their panel; Plotly makes columns of one width. */
function legendRows({ pinnedNames, width, margin }) {
  const room = width - margin.l - margin.r;
  const widths = pinnedNames.map((name) => LEGEND_SYMBOL_PX + LETTER_PX * name.length);
  if (widths.reduce((sum, each) => sum + each, 0) <= room) return 1;
  return Math.ceil(widths.length / Math.max(1, Math.floor(room / Math.max(...widths))));
}

/** How far the x axis reaches when nobody zoomed: with room for what comes next. */
function epochsShown({ memory, state }) {
  const last = memory.length;
  const least = Math.max(last, LEAST_EPOCHS_SHOWN);
  const ghost = Math.max(0, ...state.ghosts.map(({ val_loss }) => val_loss.length));
  const patience = state.show_patience ? state.best_epoch + state.patience : 0;
  return Math.max(last + 1, LEAST_EPOCHS_SHOWN, Math.min(ghost, 4 * least), Math.min(patience, 2 * least));
}

/**
 * Losses from bottom to top when nobody zoomed. Baselines near the curves are given room; one
 * far off would press the curves flat, and is named at the edge instead.
 */
function lossRange({ memory, state }) {
  const { train_loss, val_loss } = memory.columns;
  const { ghosts, baselines } = state;
  const curves = [train_loss, val_loss, ...ghosts.flatMap((ghost) => [ghost.val_loss, ghost.train_loss])];
  const known = curves.flat().filter((loss) => loss !== null);
  if (!known.length) return [0.4, 0.75];
  const [low, high] = extremes(known);
  const span = Math.max(high - low, 0.02);
  const near = baselines.map(({ loss }) => loss)
    .filter((loss) => loss !== null && loss > low - span / 2 && loss < high + span / 2);
  return [Math.min(low, ...near) - 0.06 * span, Math.max(high, ...near) + 0.06 * span];
}

const lossAxis = ({ state, lossRange }) =>
  state.log_scale ? lossRange.map((loss) => Math.log10(Math.max(loss, 1e-6))) : lossRange;

/** Accuracies from bottom to top when nobody zoomed: the curve and all baselines. */
function accuracyRange({ memory, state }) {
  const known = memory.columns.val_accuracy.filter((share) => share !== null);
  if (!known.length) return [0.4, 1];
  const baselines = state.baselines.map(({ accuracy }) => accuracy).filter((share) => share !== null);
  const [low, high] = extremes([...known, ...baselines]);
  const room = 0.06 * Math.max(high - low, 0.02);
  return [low - room, high + room];
}

/** Without spreading them out as arguments: a long run has too many for that. */
const extremes = (numbers) => [
  numbers.reduce((one, other) => Math.min(one, other)),
  numbers.reduce((one, other) => Math.max(one, other)),
];

function traces(scene) {
  const { memory, state, panels } = scene;
  const { train_loss, val_loss, val_accuracy, pinned } = memory.columns;
  const { colors } = state;
  const found = ghostTraces(scene);
  const curve = (uid, y, options) => found.push(curveTrace(scene, { uid, y, ...options }));
  curve("train", train_loss, { color: colors.train, dash: "dash", symbol: "square" });
  curve("validation", val_loss, { color: colors.validation });
  found.push(bestTrace(scene));
  if (panels.accuracy) {
    curve("accuracy", val_accuracy, {
      name: "accuracy", color: colors.validation, yaxis: "y2", hover: "%{y:.1%}", showlegend: false,
    });
  }
  scene.pinnedNames.forEach((name, index) => {
    curve(`pinned_${index}`, pinned[index] ?? [], {
      name: escape(name), color: colors.pinned[index % colors.pinned.length],
      dash: PINNED_DASHES[index % 3], symbol: PINNED_SYMBOLS[index % 3],
      yaxis: "y3", hover: "%{y:.3f}", legend: "legend2",
    });
  });
  return found;
}

function curveTrace({ memory }, { uid, y, name = uid, color, dash = "solid", symbol = "circle", yaxis = "y", hover = "%{y:.4f}", ...rest }) {
  // A panel that appears without a single curve in it leaves Plotly with an axis of no length.
  const points = y.length || yaxis === "y" ? { x: memory.epochs(y.length), y } : { x: [null], y: [null] };
  return {
    uid, name, ...points, yaxis,
    type: "scatter",
    mode: y.length > MOST_MARKED_EPOCHS ? "lines" : "lines+markers",
    line: { color, dash, width: 2.5 },
    marker: { color, symbol, size: 6 },
    hovertemplate: hover,
    ...rest,
  };
}

function bestTrace({ memory, state, theme }) {
  const loss = memory.columns.val_loss[state.best_epoch - 1];
  const isKnown = loss !== undefined && loss !== null;
  return {
    uid: "best", name: "best epoch", type: "scatter", mode: "markers",
    x: isKnown ? [state.best_epoch] : [], y: isKnown ? [loss] : [],
    marker: {
      symbol: "star", size: 17, color: state.colors.best,
      line: { width: 1.5, color: theme.text },
    },
    hoverinfo: "skip", // the validation curve's label says the same
    cliponaxis: false,
  };
}

function ghostTraces({ memory, state, theme, isNarrow }) {
  const { ghosts } = state;
  const found = ghosts.flatMap(({ id, name, val_loss, train_loss }) => {
    const uid = `ghost_${id.replace(/[^\w-]/g, (sign) => `_${sign.codePointAt(0)}_`)}`; // Plotly makes a CSS class of it
    const common = {
      type: "scatter", mode: "lines", name: escape(shorten(name, 28)), legendrank: 1100,
      legendgroup: isNarrow ? "ghosts" : uid,
    };
    const line = (width, dash) => ({ color: theme.text, width, dash });
    return [
      { ...common, uid: `${uid}_train`, x: memory.epochs(train_loss.length), y: train_loss,
        line: line(1.5, "dot"), opacity: 0.22, hoverinfo: "skip", showlegend: false },
      { ...common, uid, x: memory.epochs(val_loss.length), y: val_loss,
        line: line(1.5, "solid"), opacity: 0.4, hovertemplate: "%{y:.4f}", showlegend: !isNarrow },
    ];
  });
  if (isNarrow && ghosts.length) {
    found.push({
      uid: "ghosts", name: "earlier runs", legendrank: 1100, legendgroup: "ghosts", type: "scatter", mode: "lines",
      x: [null], y: [null], line: { color: theme.text, width: 1.5 }, opacity: 0.4, hoverinfo: "skip",
    });
  }
  return found;
}

function layout(scene, revision) {
  const { state, theme, width, fontSize, margin, panels } = scene;
  const legend = {
    orientation: "h", x: 0, xanchor: "left", yanchor: "bottom", bgcolor: "rgba(0,0,0,0)",
    font: { size: fontSize },
  };
  const found = {
    width, height: state.height, margin, datarevision: revision,
    uirevision: "kept", // the legend's choices; ranges are kept by the chart itself
    paper_bgcolor: theme.background, plot_bgcolor: theme.background,
    font: { family: theme.font, size: fontSize, color: theme.text },
    hovermode: "x unified", hoversubplots: "axis", hoverdistance: hoverDistance(scene),
    hoverlabel: { bgcolor: theme.secondaryBackground, bordercolor: theme.border, font: { color: theme.text, size: fontSize } },
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom", // a finger scrolls the page
    legend: { ...legend, y: 1.01 + (LINE_PX * scene.stoppedLines.length) / innerHeight(scene) },
    xaxis: xAxis(scene, revision),
    yaxis: yAxis(scene, panels.loss, revision, {
      title: { text: "loss (nats)" }, type: state.log_scale ? "log" : "linear",
      range: [...scene.ranges.loss],
    }),
    shapes: shapes(scene), annotations: annotations(scene),
  };
  if (panels.accuracy) {
    found.yaxis2 = yAxis(scene, panels.accuracy, revision, { title: { text: "accuracy" }, tickformat: ".0~%", nticks: 5, range: [...scene.ranges.accuracy] });
  }
  if (panels.pinned) {
    found.yaxis3 = yAxis(scene, panels.pinned, revision, { title: { text: "P(positive)" }, range: [-0.03, 1.03], tickvals: [0, 0.5, 1] });
    found.legend2 = { ...legend, y: panels.pinned.domain[1] };
  }
  return found;
}

/** Pixels to the nearest epoch: at most half the way between two, so that one is always near. */
function hoverDistance(scene) {
  const [left, right] = scene.xRange;
  const { l, r } = scene.margin;
  return Math.max(20, Math.ceil((scene.width - l - r) / (right - left) / 2) + 1);
}

function xAxis(scene, revision) {
  const { isNarrow, theme, panels, xRange: range } = scene;
  return {
    ...axisLook(theme), range: [...range], uirevision: revision,
    title: { text: "epoch", standoff: 8 }, unifiedhovertitle: { text: "epoch %{x}" },
    anchor: panels.pinned ? "y3" : panels.accuracy ? "y2" : "y",
    tick0: 0, dtick: wholeStep(range[1] - range[0], isNarrow ? 7 : 15), tickformat: "d",
  };
}

function yAxis({ zoom, theme }, panel, revision, options) {
  const range = zoom[`yaxis${panel.axis}`];
  return {
    ...axisLook(theme), uirevision: revision, anchor: "x", domain: panel.domain,
    ...options, ...(range ? { range: [...range] } : {}),
  };
}

const axisLook = ({ border }) => ({ // a fixed margin: growing labels must not push the curves
  gridcolor: border, zeroline: false, linecolor: border, showline: true, automargin: false,
});

/** The smallest handy step that needs no more than `most` ticks. */
function wholeStep(span, most) {
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
  return steps.find((step) => span / step <= most) ?? 2000;
}
