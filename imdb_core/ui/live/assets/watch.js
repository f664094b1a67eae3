// Has the page drawn again once what it is about has come to another state.

import { onChange } from "./feed.js";

const ACTED_MS = 1_500; // what a visitor did may be on its way to the server for so long
const LEAVING_MS = 20_000;
const ALREADY_DRAWING_MS = 3_000;
const UNHEARD_MS = 10_000;
const AGAIN_MS = 150;
const ACTS = ["pointerdown", "keydown", "click", "change"];
const WAYS_OUT = "a[href], [class*='st-key-leave_']"; // links, and buttons that lead to another page

export class Watch {
  stops = new Map();
  news = 0;
  actedAt = -Infinity;
  leftAt = -Infinity;
  askedAt = -Infinity;

  constructor() {
    this.ending = new AbortController();
    const options = { capture: true, passive: true, signal: this.ending.signal };
    for (const name of ACTS) document.addEventListener(name, (event) => this.noteAct(event), options);
    addEventListener("popstate", () => this.noteLeaving(), options);
    document.addEventListener("visibilitychange", () => this.ask(), options);
  }

  /** A script has drawn the page, knowing all changes up to `mark`. */
  receive({ topics, mark, script }, setTriggerValue) {
    if (script !== this.script) this.noteDrawn();
    this.script = script;
    this.mark = mark;
    this.setTriggerValue = setTriggerValue;
    for (const [topic, stop] of this.stops) {
      if (topics.includes(topic)) continue;
      stop();
      this.stops.delete(topic);
    }
    for (const topic of topics) {
      if (!this.stops.has(topic)) this.stops.set(topic, onChange(topic, (change) => this.hear(change)));
    }
    this.ask();
  }

  noteDrawn() {
    this.askedAt = this.actedAt = -Infinity;
    // A script that was under way when a link was clicked says nothing of that click.
    if (performance.now() - this.leftAt > ALREADY_DRAWING_MS) this.leftAt = -Infinity;
  }

  hear({ version }) {
    this.news = Math.max(this.news, version);
    this.ask();
  }

  noteAct({ type, target }) {
    this.actedAt = performance.now();
    if (type === "click" && target.closest?.(WAYS_OUT)) this.noteLeaving();
  }

  noteLeaving() {
    this.leftAt = performance.now();
  }

  /**
   * Ask for a new drawing unless one is under way. A message that follows a visitor's click on a
   * link would call the server back to the page that is being left.
   */
  ask() {
    clearTimeout(this.timer);
    if (this.news <= this.mark || this.ending.signal.aborted || document.hidden) return;
    if (this.isHeld()) {
      this.timer = setTimeout(() => this.ask(), AGAIN_MS);
      return;
    }
    this.askedAt = performance.now();
    this.setTriggerValue("news", this.news);
    this.timer = setTimeout(() => this.ask(), UNHEARD_MS); // lost with a connection, perhaps
  }

  isHeld() {
    const now = performance.now();
    const isRecent = now - this.actedAt < ACTED_MS || now - this.leftAt < LEAVING_MS || now - this.askedAt < UNHEARD_MS;
    return isRecent || isDrawing();
  }

  end() {
    this.ending.abort();
    clearTimeout(this.timer);
    for (const stop of this.stops.values()) stop();
  }
}

const isDrawing = () =>
  document.querySelector("[data-testid=stApp]")?.getAttribute("data-test-script-state") === "running";
