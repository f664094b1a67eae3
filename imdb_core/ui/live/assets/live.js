// The parts of a page that move by themselves. Each stays for as long as its place does.

import { Chart } from "./chart.js";
import { neverStayEmpty } from "./empty.js";
import { Numbers } from "./numbers.js";
import { Line, Progress } from "./progress.js";
import { Watch } from "./watch.js";

const KINDS = { chart: Chart, numbers: Numbers, line: Line, progress: Progress, watch: Watch };
const parts = new WeakMap();
neverStayEmpty();

export default function ({ data: [data], parentElement, setTriggerValue }) {
  let part = parts.get(parentElement);
  if (!part) {
    part = new KINDS[data.kind](parentElement, data);
    parts.set(parentElement, part);
  }
  part.receive(data, setTriggerValue);
  // Streamlit calls this at times for a message that a newer one overtook: look first.
  return () => setTimeout(() => {
    if (parentElement.isConnected) return;
    part.end();
    parts.delete(parentElement);
  });
}
