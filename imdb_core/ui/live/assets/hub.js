// Shares one connection among all who follow something: the tabs of a browser, or one tab alone.

import { Connection } from "./connection.js";

const FORGET_MS = 150_000; // a tab in the background may speak once a minute only

export class Hub {
  followers = new Map(); // follower -> {topics, runs, heardAt}
  changes = new Map(); // topic -> the last message
  events = new Map(); // run -> all events so far

  constructor(root) {
    this.connection = new Connection(root, (message) => this.deliver(message));
    setInterval(() => this.forget(), FORGET_MS / 3);
  }

  /** `send` gets what is known of these and from now on what is new. */
  follow(send, topics, runs) {
    const known = this.followers.get(send) ?? { topics: [], runs: [] };
    this.followers.set(send, { topics, runs, heardAt: Date.now() });
    for (const topic of topics) {
      if (!known.topics.includes(topic) && this.changes.has(topic)) send(this.changes.get(topic));
    }
    for (const run of runs) {
      const events = this.events.get(run);
      if (!known.runs.includes(run) && events?.length) send({ run, events });
    }
    this.want();
  }

  leave(send) {
    if (this.followers.delete(send)) this.want();
  }

  forget() {
    for (const [send, { heardAt }] of this.followers) {
      if (Date.now() - heardAt > FORGET_MS) this.leave(send);
    }
  }

  want() {
    const all = (name) => new Set([...this.followers.values()].flatMap((follower) => follower[name]));
    const [topics, runs] = [all("topics"), all("runs")];
    drop(this.changes, topics);
    drop(this.events, runs);
    this.connection.want(topics, runs);
  }

  deliver(message) {
    if (message.topic) this.changes.set(message.topic, message);
    if (message.run) {
      const events = message.restart ? [] : (this.events.get(message.run) ?? []);
      this.events.set(message.run, events);
      for (const event of message.events ?? []) events.push(event);
    }
    for (const [send, { topics, runs }] of this.followers) {
      if (topics.includes(message.topic) || runs.includes(message.run)) send(message);
    }
  }
}

function drop(known, wanted) {
  for (const key of known.keys()) if (!wanted.has(key)) known.delete(key);
}
