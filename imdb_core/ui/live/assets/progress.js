// A bar that fills, and a line of words: both as the server last told them.

import { element, write } from "./dom.js";
import { onChange } from "./feed.js";

class Told {
  receive(data) {
    this.show(data);
    if (data.topic === this.topic) return;
    this.stop?.();
    this.topic = data.topic;
    this.stop = onChange(data.topic, (message) => message.data && this.show(message.data));
  }

  end() {
    this.stop?.();
  }
}

export class Progress extends Told {
  constructor(parent) {
    super();
    this.text = element("p", "live-progress-text");
    this.bar = element("div", "live-progress-bar", { role: "progressbar", "aria-label": "Progress" });
    this.bar.append(element("div", "live-progress-done"));
    parent.append(this.text, this.bar);
  }

  show({ text, share }) {
    write(this.text, text);
    this.bar.firstChild.style.width = `${100 * share}%`;
    this.bar.setAttribute("aria-valuenow", Math.round(100 * share));
  }
}

/** One of several lines, by name; where none has that name, the one without. */
export class Line extends Told {
  constructor(parent, { name }) {
    super();
    this.name = name;
    this.place = element("p", "live-line");
    parent.append(this.place);
  }

  receive(data) {
    this.name = data.name;
    super.receive(data);
  }

  show({ lines, ...told }) {
    const all = lines ?? told;
    write(this.place, all[this.name] ?? all[""] ?? "");
  }
}
