// One Plotly figure that stays in the page for its whole life, and grows with its run.

import { element } from "./dom.js";
import { onEvents } from "./feed.js";
import { allEpochs, figure } from "./figure.js";
import { Memory, emptyColumns } from "./memory.js";
import { loadPlotly } from "./plotly.js";

const SAY_AGAIN_MS = 15000;
const REST = 4; // times as long as a drawing took: the browser shares the processor with the training
const AXES = ["xaxis", "yaxis", "yaxis2", "yaxis3"];
const MIN_EPOCHS = 2;
const KEYS = { "+": [0.5, 0], "=": [0.5, 0], "-": [2, 0], ArrowLeft: [1, -0.25], ArrowRight: [1, 0.25] }; // wider, further
const CONFIG = { displayModeBar: false, showTips: false, doubleClick: "autosize", responsive: false };

export class Chart {
  memory = new Memory();
  ghosts = new Map();
  zoom = {};
  revision = 0;
  isHeld = false;
  isStale = false;
  isWired = false;
  isEnded = false;
  saidAt = -Infinity;
  restsUntil = -Infinity;

  constructor(parent) {
    this.build(parent);
    this.ending = new AbortController();
    this.watch();
  }

  build(parent) {
    this.root = element("div", "live-chart");
    this.plot = element("div", "live-chart-plot", {
      role: "img", tabindex: "0", "aria-label": "Loss chart", "aria-keyshortcuts": "+ - ArrowLeft ArrowRight Escape",
    });
    this.status = element("p", "live-chart-status", { role: "status" });
    const bar = element("div", "live-chart-bar", { role: "group", "aria-label": "Chart tools" });
    const hint = element("span", "live-chart-hint");
    hint.textContent = "Drag over the chart to zoom in, double-click to zoom out. By keyboard: + − ← → Esc.";
    const download = (kind) => () => this.download(kind);
    bar.append(
      hint,
      (this.zoomOut = button("Reset axes", "Reset axes: show all epochs", () => this.showAll())),
      button("PNG", "Download the chart as a PNG picture", download("png")),
      button("SVG", "Download the chart as an SVG drawing", download("svg")),
      button("CSV", "Download the epochs as a CSV table", download("csv")),
    );
    this.root.append(this.plot, bar, this.status);
    parent.append(this.root);
  }

  watch() {
    const { signal } = this.ending;
    // A drawing in the middle of a drag would take the box away from under the mouse.
    const hold = () => (this.isHeld = true);
    const release = () => this.isHeld && setTimeout(() => this.release());
    for (const name of ["mousedown", "touchstart"]) {
      this.plot.addEventListener(name, hold, { capture: true, passive: true, signal });
    }
    for (const name of ["mouseup", "touchend", "touchcancel", "blur"]) {
      window.addEventListener(name, release, { capture: true, signal });
    }
    this.plot.addEventListener("keydown", (event) => this.noteKey(event), { signal });
    this.resizing = new ResizeObserver(() => this.root.clientWidth !== this.drawnWidth && this.draw());
    this.resizing.observe(this.root);
  }

  receive({ run, view }) {
    this.view = view;
    const kind = `${run} ${view.log_scale}`;
    if (kind !== this.kind) this.zoom = {}; // ranges of another curve
    this.kind = kind;
    this.plot.style.height = `${view.height}px`;
    if (run !== this.run) this.follow(run);
    this.followGhosts(view.ghosts);
    this.draw();
  }

  follow(run) {
    this.run = run;
    this.memory.clear();
    this.stop?.();
    this.stop = run && this.fill(this.memory, run);
  }

  /** Earlier runs behind this one, each with a memory of its own. */
  followGhosts(ghosts) {
    for (const [id, { stop }] of this.ghosts) {
      if (ghosts.some((ghost) => ghost.id === id)) continue;
      stop();
      this.ghosts.delete(id);
    }
    for (const { id } of ghosts) {
      if (this.ghosts.has(id)) continue;
      const memory = new Memory();
      this.ghosts.set(id, { memory, stop: this.fill(memory, id) });
    }
  }

  fill(memory, run) {
    return onEvents(run, (events, isRestart) => {
      if (isRestart) memory.clear();
      memory.take(events);
      this.drawRested();
    });
  }

  /** What is to be seen: the page's own view, with what the events say. */
  get state() {
    const ghosts = this.view.ghosts.map((ghost) => ({
      ...ghost, ...(this.ghosts.get(ghost.id)?.memory.columns ?? emptyColumns()),
    }));
    return { ...this.view, ghosts, best_epoch: this.memory.best_epoch };
  }

  async draw() {
    this.isStale = true;
    if (this.isHeld || this.isEnded || !this.view) return;
    try {
      this.plotly ??= await loadPlotly(this.view.plotly_script);
      await this.drawNow();
    } catch (error) {
      console.error("The chart cannot be drawn.", error);
      if (this.plotly) this.clear(); // whatever is half drawn, the next message starts anew
      else this.plot.textContent = "The chart could not be loaded. Reload the page to try again.";
    }
  }

  /** Epochs come faster than a slow computer draws. */
  drawRested() {
    this.isStale = true;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.draw(), this.restsUntil - performance.now());
  }

  async drawNow() {
    const width = this.root.clientWidth;
    if (this.isHeld || this.isEnded || !this.isStale || width === 0) return;
    this.isStale = false;
    const begun = performance.now();
    this.drawnWidth = width;
    this.revision += 1;
    const { memory, state, zoom, revision } = this;
    const { data, layout } = figure({ memory, state, zoom, revision, width, theme: theme(this.root) });
    this.zoomOut.disabled = !Object.keys(this.zoom).length;
    this.describe();
    const drawn = this.plotly.react(this.plot, data, layout, CONFIG);
    if (!this.isWired) this.plot.on("plotly_relayout", (event) => this.noteZoom(event));
    this.isWired = true;
    await drawn;
    this.restsUntil = performance.now() + REST * (performance.now() - begun);
  }

  clear() {
    this.plotly.purge(this.plot); // takes the handlers away, too
    this.isWired = false;
  }

  noteZoom(event) {
    for (const axis of AXES) {
      if (event[`${axis}.autorange`]) delete this.zoom[axis];
      else if (Object.keys(event).some((name) => name.startsWith(`${axis}.range`))) {
        this.zoom[axis] = [...this.plot.layout[axis].range];
      }
    }
    this.draw();
  }

  /** Zoom and move along the epochs, as the mouse does by dragging. */
  noteKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.isWired) return;
    const [factor, shift] = KEYS[event.key] ?? [];
    if (event.key === "Escape") this.showAll();
    if (event.key === "Escape" || factor) event.preventDefault();
    if (!factor) return;
    const [first, last] = allEpochs(this);
    const [from, to] = this.zoom.xaxis ?? [first, last];
    const width = Math.max(MIN_EPOCHS, factor * (to - from));
    // What is at the right stays in sight when one zooms, and what one moves to is a part of all.
    const end = Math.min(last, Math.max(first + width, to + shift * (to - from)));
    const start = Math.max(first, end - width);
    if (start === first && end === last) delete this.zoom.xaxis;
    else this.zoom.xaxis = [start, end];
    this.draw();
  }

  showAll() {
    this.zoom = {};
    this.draw();
  }

  release() {
    this.isHeld = false;
    if (this.isStale) this.draw();
  }

  /** Say what is shown, but not with every epoch: a screen reader would never stop. */
  describe() {
    const { word, phase } = this.view;
    const sentence = [word && `${word}.`, this.sentence()].filter(Boolean).join(" ");
    this.plot.setAttribute("aria-label", sentence);
    const saying = `${phase} ${this.memory.length > 0}`; // the first epoch is news, too
    const isNews = phase !== "training" || saying !== this.said || performance.now() - this.saidAt > SAY_AGAIN_MS;
    if (!isNews || this.status.textContent === sentence) return;
    this.status.textContent = sentence;
    this.said = saying;
    this.saidAt = performance.now();
  }

  sentence() {
    const { columns, length, best_epoch } = this.memory;
    if (!length) return "Chart of train and validation loss; no epoch has finished yet.";
    const loss = (name, row) => columns[name][row]?.toFixed(4) ?? "not a number";
    return (
      `Train and validation loss over ${length} ${length === 1 ? "epoch" : "epochs"}. ` +
      `Train loss is now ${loss("train_loss", length - 1)}, validation loss ${loss("val_loss", length - 1)}; ` +
      `the best validation loss was ${loss("val_loss", best_epoch - 1)} in epoch ${best_epoch}.`
    );
  }

  async download(kind) {
    const filename = this.view.file_name;
    if (kind === "csv") {
      save(new Blob([this.memory.csv()], { type: "text/csv" }), `${filename}.csv`);
    } else if (this.plotly) {
      const { width, height } = this.plot.layout;
      await this.plotly.downloadImage(this.plot, { format: kind, filename, width, height, scale: kind === "png" ? 2 : 1 });
    }
  }

  end() {
    this.isEnded = true;
    clearTimeout(this.resting);
    this.stop?.();
    this.followGhosts([]);
    this.ending.abort();
    this.resizing.disconnect();
    if (this.plotly) this.clear();
  }
}

function theme(root) {
  const style = getComputedStyle(root);
  const value = (name, otherwise) => style.getPropertyValue(`--st-${name}`).trim() || otherwise;
  return {
    text: value("text-color", "#31333f"),
    background: value("background-color", "#ffffff"),
    secondaryBackground: value("secondary-background-color", "#f0f2f6"),
    border: value("border-color", "rgba(128, 128, 128, 0.3)"),
    font: value("font", "sans-serif"),
  };
}

function button(text, label, onClick) {
  const made = element("button", "live-chart-button", { type: "button", "aria-label": label, title: label });
  made.textContent = text;
  made.addEventListener("click", onClick);
  return made;
}

function save(blob, name) {
  const link = element("a", "", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href));
}
