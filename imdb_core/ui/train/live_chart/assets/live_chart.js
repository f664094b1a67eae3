// One Plotly figure that stays in the page for its whole life, and is told what is new.

import { allEpochs, figure } from "./figure.js";
import { Memory } from "./memory.js";
import { loadPlotly } from "./plotly.js";

const REPORT_AGAIN_MS = 2000;
const SAY_AGAIN_MS = 15000;
const LEAVING_MS = 5000;
const AXES = ["xaxis", "yaxis", "yaxis2", "yaxis3"];
const MIN_EPOCHS = 2;
const KEYS = { "+": [0.5, 0], "=": [0.5, 0], "-": [2, 0], ArrowLeft: [1, -0.25], ArrowRight: [1, 0.25] }; // wider, further
const CONFIG = { displayModeBar: false, showTips: false, doubleClick: "autosize", responsive: false };

const charts = new WeakMap();
const memories = new Map(); // by the component's key: outlives a visit to another page

export default function (component) {
  const { data: [data], parentElement, setTriggerValue } = component;
  let chart = charts.get(parentElement);
  if (!chart) {
    chart = new LiveChart(parentElement, data.key);
    charts.set(parentElement, chart);
  }
  chart.receive(data, setTriggerValue);
  // Streamlit calls this at times for a message that a newer one overtook: look first.
  return () => setTimeout(() => parentElement.isConnected || chart.end());
}

class LiveChart {
  zoom = {};
  revision = 0;
  isHeld = false;
  isStale = false;
  isWired = false;
  isEnded = false;
  reportedAt = -Infinity;
  leftAt = -Infinity;
  saidAt = -Infinity;

  constructor(parent, key) {
    if (!memories.has(key)) memories.set(key, new Memory());
    this.memory = memories.get(key);
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
    const leave = (event) => {
      if (event.type === "popstate" || event.target.closest?.("a[href]")) this.leftAt = performance.now();
    };
    document.addEventListener("click", leave, { capture: true, signal });
    window.addEventListener("popstate", leave, { signal });
    this.plot.addEventListener("keydown", (event) => this.noteKey(event), { signal });
    this.resizing = new ResizeObserver(() => this.root.clientWidth !== this.drawnWidth && this.draw());
    this.resizing.observe(this.root);
  }

  receive(data, setTriggerValue) {
    this.state = data.state;
    if (this.memory.take(data)) this.report(setTriggerValue);
    const kind = `${data.series} ${data.state.log_scale}`;
    if (kind !== this.kind) this.zoom = {}; // ranges of another curve
    this.kind = kind;
    this.plot.style.height = `${data.state.height}px`;
    this.draw();
  }

  report(setTriggerValue) {
    // A report that follows the click on a link would call the server back to this page, and
    // leave the visitor with an empty one.
    if (performance.now() - this.leftAt < LEAVING_MS) return;
    const report = this.memory.report();
    const text = JSON.stringify(report);
    const isNew = text !== this.reported || performance.now() - this.reportedAt > REPORT_AGAIN_MS;
    if (!isNew) return;
    this.reported = text;
    this.reportedAt = performance.now();
    setTriggerValue("report", report);
  }

  async draw() {
    this.isStale = true;
    if (this.isHeld || this.isEnded || !this.memory.scenery) return;
    try {
      this.plotly ??= await loadPlotly(this.memory.scenery.plotly_version);
      await this.drawNow();
    } catch (error) {
      console.error("The chart cannot be drawn.", error);
      if (this.plotly) this.clear(); // whatever is half drawn, the next message starts anew
      else this.plot.textContent = "The chart could not be loaded. Reload the page to try again.";
    }
  }

  async drawNow() {
    const width = this.root.clientWidth;
    if (this.isHeld || this.isEnded || !this.isStale || width === 0) return;
    this.isStale = false;
    this.drawnWidth = width;
    this.revision += 1;
    const { data, layout } = figure({ ...this, width, theme: theme(this.root) });
    this.zoomOut.disabled = !Object.keys(this.zoom).length;
    this.describe();
    const drawn = this.plotly.react(this.plot, data, layout, CONFIG);
    if (!this.isWired) this.plot.on("plotly_relayout", (event) => this.noteZoom(event));
    this.isWired = true;
    await drawn;
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
    const { sentence, phase } = this.state;
    this.plot.setAttribute("aria-label", sentence);
    const isNews = phase !== "training" || phase !== this.saidPhase || performance.now() - this.saidAt > SAY_AGAIN_MS;
    if (!isNews || this.status.textContent === sentence) return;
    this.status.textContent = sentence;
    this.saidPhase = phase;
    this.saidAt = performance.now();
  }

  async download(kind) {
    const filename = this.memory.scenery.file_name;
    if (kind === "csv") {
      save(new Blob([this.memory.csv()], { type: "text/csv" }), `${filename}.csv`);
    } else if (this.plotly) {
      const { width, height } = this.plot.layout;
      await this.plotly.downloadImage(this.plot, { format: kind, filename, width, height, scale: kind === "png" ? 2 : 1 });
    }
  }

  end() {
    this.isEnded = true;
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

function element(tag, name, attributes = {}) {
  const made = document.createElement(tag);
  made.className = name;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
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
