// Figures of a run, each with a label above and a few words below.

import { element, write } from "./dom.js";
import { onChange } from "./feed.js";

export class Numbers {
  constructor(parent) {
    this.root = element("div", "live-numbers");
    parent.append(this.root);
  }

  receive({ topic, numbers }) {
    this.draw(numbers);
    if (topic === this.topic) return;
    this.stop?.();
    this.topic = topic;
    this.stop = topic && onChange(topic, ({ data }) => this.draw(data));
  }

  draw(numbers) {
    while (this.root.childElementCount < numbers.length) this.root.append(figure());
    numbers.forEach((texts, index) => {
      const places = this.root.children[index].children;
      texts.forEach((text, part) => write(places[part], text));
    });
  }

  end() {
    this.stop?.();
  }
}

function figure() {
  const made = element("div", "live-number");
  made.append(...["label", "value", "words"].map((part) => element("div", `live-number-${part}`)));
  return made;
}
