// What this tab follows, and who in it is told.

import { Hub } from "./hub.js";

const STILL_HERE_MS = 30_000;
const listeners = new Map(); // "topic NAME" or "run ID" -> functions
const changes = new Map(); // topic -> the last message
const events = new Map(); // run -> all events so far
let follow;
let isTold = true;

/** Hear of a topic: `listener({topic, version, data})`, at once if something is known of it. */
export function onChange(topic, listener) {
  const end = add(`topic ${topic}`, listener);
  if (changes.has(topic)) listener(changes.get(topic));
  return end;
}

/** Hear of a run's events: `listener(events, isRestart)`, at once of all that are known. */
export function onEvents(run, listener) {
  const end = add(`run ${run}`, listener);
  if (events.get(run)?.length) listener(events.get(run), true);
  return end;
}

function add(key, listener) {
  if (!listeners.has(key)) listeners.set(key, new Set());
  listeners.get(key).add(listener);
  tell();
  return () => {
    listeners.get(key)?.delete(listener);
    tell();
  };
}

/** A little later, since parts of a page come and go together. */
function tell() {
  if (!isTold) return;
  isTold = false;
  setTimeout(() => {
    isTold = true;
    for (const [key, each] of listeners) if (!each.size) forget(key);
    say();
  });
}

function forget(key) {
  listeners.delete(key);
  const name = key.slice(key.indexOf(" ") + 1);
  if (key.startsWith("topic ")) changes.delete(name);
  else events.delete(name);
}

function say() {
  const keys = [...listeners.keys()];
  const named = (kind) => keys.filter((key) => key.startsWith(kind)).map((key) => key.slice(kind.length));
  follow ??= connect();
  follow({ topics: named("topic "), runs: named("run ") });
}

function connect() {
  const root = new URL("../../../", import.meta.url).href; // below it: _stcore/bidi-components/…
  let go = typeof SharedWorker === "undefined" ? alone(root) : shared(root, () => {
    go = alone(root);
    say();
  });
  addEventListener("pagehide", () => go(null));
  addEventListener("pageshow", ({ persisted }) => persisted && say());
  setInterval(say, STILL_HERE_MS);
  return (wanted) => go(wanted);
}

/** One connection for all tabs. */
function shared(root, otherwise) {
  const script = new URL("./feed_worker.js", import.meta.url);
  script.searchParams.set("root", root);
  const worker = new SharedWorker(script, { type: "module", name: "imdb-rnn-studio-feed" });
  worker.onerror = otherwise;
  worker.port.onmessage = ({ data }) => take(data);
  return (wanted) => worker.port.postMessage(wanted);
}

/** A connection of this tab's own, while it is looked at. */
function alone(root) {
  const hub = new Hub(root);
  document.addEventListener("visibilitychange", say);
  return (wanted) => {
    if (wanted && !document.hidden) hub.follow(take, wanted.topics, wanted.runs);
    else hub.leave(take);
  };
}

function take(message) {
  if (message.topic) {
    changes.set(message.topic, message);
    notify(`topic ${message.topic}`, (listener) => listener(message));
    return;
  }
  const { run, restart } = message;
  const isRestart = Boolean(restart) || !events.has(run);
  const known = isRestart ? [] : events.get(run);
  events.set(run, known);
  const isNew = ({ seq }) => seq > (known.at(-1)?.seq ?? 0);
  const found = (message.events ?? []).filter(isNew);
  for (const event of found) known.push(event);
  notify(`run ${run}`, (listener) => listener(isRestart ? known : found, isRestart));
}

function notify(key, call) {
  for (const listener of [...(listeners.get(key) ?? [])]) call(listener);
}
