// Lines, areas and words in the chart that are no curves.

import { escape, shorten, wrap } from "./text.js";

const ROW_PER_FONT_SIZE = 1.3; // Plotly's distance from line to line
const BETWEEN_NAMES_PX = 3;

export function shapes(scene) {
  const { state, theme, panels } = scene;
  const { baselines, colors } = state;
  const found = [patienceWindow(state, colors)]; // always the first: the legend counts
  for (const { loss, accuracy } of baselines) {
    if (loss !== null && isNear(scene, loss)) found.push(across(theme, "y", loss));
    if (accuracy !== null && panels.accuracy) found.push(across(theme, "y2", accuracy));
  }
  if (panels.pinned) found.push(across(theme, "y3", 0.5));
  for (const { axis } of Object.values(panels)) {
    const upright = (epoch, dash, opacity) => ({
      type: "line", xref: "x", x0: epoch, x1: epoch, yref: `y${axis} domain`, y0: 0, y1: 1,
      opacity, line: { color: theme.text, width: 1.5, dash },
    });
    if (state.grey_line_at !== null) found.push(upright(state.grey_line_at, "dot", 0.45));
    for (const [epoch] of state.changes) found.push(upright(epoch + 0.5, "solid", 0.3));
    if (state.stopped_at !== null) found.push(upright(state.stopped_at, "dash", 0.8));
  }
  return found;
}

const patienceWindow = ({ best_epoch, patience, show_patience }, colors) => ({
  type: "rect", xref: "x", yref: "y domain", layer: "below",
  x0: best_epoch, x1: best_epoch + patience, y0: 0, y1: 1,
  fillcolor: colors.best, opacity: 0.2, line: { width: 0 },
  name: "patience window", showlegend: true,
  visible: show_patience && best_epoch > 0 && patience > 0,
});

const across = ({ text }, yref, y) => ({
  type: "line", xref: "x domain", x0: 0, x1: 1, yref, y0: y, y1: y,
  opacity: 0.5, line: { color: text, width: 1, dash: "dot" },
});

/** Among what is shown when nobody zoomed; a line further off would count when one zooms out. */
const isNear = ({ lossRange: [low, high] }, loss) => loss >= low && loss <= high;

export function annotations(scene) {
  const { state, memory } = scene;
  const found = baselineNames(scene);
  if (state.grey_line_at !== null) {
    const words = scene.isNarrow ? "first stop" : "stopped here first, then went on";
    found.push(besideLine(scene, state.grey_line_at, escape(words), { opacity: 0.7, yanchor: "top", yshift: -4 }));
  }
  for (const [epoch, words] of state.changes) {
    const lines = wrap(words, scene.isNarrow ? 16 : 24).map(escape).join("<br>");
    found.push(besideLine(scene, epoch + 0.5, lines, { opacity: 0.8, yref: "y domain", y: 0.02, yanchor: "bottom" }));
  }
  if (state.stopped_at !== null) {
    // Above the panel, where neither curves nor other words are; the legend makes room.
    const words = scene.stoppedLines.join("<br>");
    found.push(besideLine(scene, state.stopped_at, words, { opacity: 0.9, yanchor: "bottom" }));
  }
  if (!memory.length) {
    found.push(note(scene, {
      text: wrap(state.empty_text, scene.isNarrow ? 26 : 60).join("<br>"), font: { size: scene.fontSize + 3 },
      xref: "paper", x: 0.5, yref: "y domain", y: 0.5, opacity: 0.75,
    }));
  }
  return found;
}

function baselineNames(scene) {
  const { panels, state } = scene;
  const percent = (share) => `${(100 * share).toFixed(0)} %`;
  return [
    ...namesIn(scene, "loss", state.log_scale ? Math.log10 : Number, (loss) => loss.toFixed(2)),
    ...(panels.accuracy ? namesIn(scene, "accuracy", Number, percent) : []),
  ];
}

/** Names beside their lines, moved apart where one would lie over the other. */
function namesIn(scene, key, toAxis, spelled) {
  const { axis, height } = scene.panels[key];
  const [low, high] = scene.ranges[key];
  const lines = scene.state.baselines
    .filter((line) => line[key] !== null)
    .sort((one, other) => one[key] - other[key])
    .map((line, index, all) => {
      const px = height * (toAxis(line[key]) - low) / (high - low);
      const isBelow = scene.isNarrow && index < all.length - 1; // the highest stands above its line
      return placed(scene, { name: escape(shorten(line.name, 20)), value: spelled(line[key]), px, height, isBelow });
    });
  moveApart(lines, height);
  return lines.map(({ text, bottom, size }) => note(scene, {
    text, opacity: 0.75, align: "left", bgcolor: scene.theme.background, borderpad: 0,
    xref: "x domain", x: 1, xanchor: scene.isNarrow ? "right" : "left", xshift: scene.isNarrow ? 0 : 6,
    yref: `y${axis} domain`, y: (bottom + size / 2) / height, yanchor: "middle",
  }));
}

/** A name's lower edge and height in pixels; a line out of sight is named at the panel's edge. */
function placed({ isNarrow, fontSize }, { name, value, px, height, isBelow }) {
  const row = ROW_PER_FONT_SIZE * fontSize;
  if (px >= 0 && px <= height) {
    return { text: name, size: row, bottom: isNarrow ? px - (isBelow ? row : 0) : px - row / 2 };
  }
  const text = `${name}${isNarrow ? " " : "<br>"}${value} ${px < 0 ? "↓" : "↑"}`;
  return { text, size: isNarrow ? row : 2 * row, bottom: px };
}

/** From the bottom up, then from the top down: each in the panel, none over the next. */
function moveApart(names, height) {
  let free = 0;
  for (const name of names) {
    name.bottom = Math.max(name.bottom, free);
    free = name.bottom + name.size + BETWEEN_NAMES_PX;
  }
  let ceiling = height;
  for (const name of [...names].reverse()) {
    name.bottom = Math.min(name.bottom, ceiling - name.size);
    ceiling = name.bottom - BETWEEN_NAMES_PX;
  }
}

/** Words at the head of an upright line, on the side that has room. */
function besideLine(scene, epoch, text, options) {
  const [left, right] = scene.xRange;
  const isInRightHalf = epoch > (left + right) / 2;
  const side = isInRightHalf ? "right" : "left";
  return note(scene, {
    text, xref: "x", x: epoch, xanchor: side, xshift: isInRightHalf ? -5 : 5, align: side,
    yref: "paper", y: 1, bgcolor: scene.theme.background, borderpad: 1, ...options,
  });
}

const note = ({ theme, fontSize }, options) => ({
  showarrow: false, ...options, font: { color: theme.text, size: fontSize, ...options.font },
});
