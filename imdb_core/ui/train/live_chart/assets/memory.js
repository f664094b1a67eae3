// What this page has learned of a run, put together from messages that overlap.

const COLUMNS = ["train_loss", "val_loss", "val_accuracy"];
const MOST_REPEATED = 50;

export class Memory {
  series = null;
  sceneryId = null;
  scenery = null;
  columns = emptyColumns(0);

  get length() {
    return this.columns.val_loss.length;
  }

  /** 1, 2, … as far as a curve reaches that has `count` points. */
  epochs(count) {
    return Array.from({ length: count }, (_, index) => index + 1);
  }

  /** Take over what a message brings. Returns whether Python should hear what is held now. */
  take({ series, first, columns, scenery_id, scenery }) {
    const start = first - 1;
    const repeated = series === this.series ? this.length - start : 0;
    if (scenery) {
      this.scenery = scenery;
      this.sceneryId = scenery_id;
    }
    if (start === 0) {
      this.series = series;
      this.columns = emptyColumns(columns.pinned.length);
    }
    const fits = series === this.series && start <= this.length && this.agrees(start, columns);
    if (fits) this.append(start, columns);
    else this.series = null;
    return !fits || Boolean(scenery) || scenery_id !== this.sceneryId || repeated >= MOST_REPEATED;
  }

  report() {
    const { val_loss, pinned } = this.columns;
    const epochs = Math.min(val_loss.length, ...pinned.map((scores) => scores.length));
    return { series: this.series ?? "", epochs, scenery: this.sceneryId ?? "" };
  }

  /** A run that was continued from an earlier epoch may tell another story. */
  agrees(start, columns) {
    const repeated = Math.min(this.length - start, columns.val_loss.length);
    return repeated <= 0 || this.columns.val_loss[start] === columns.val_loss[0];
  }

  append(start, columns) {
    for (const name of COLUMNS) splice(this.columns[name], start, columns[name]);
    columns.pinned.forEach((scores, index) => splice(this.columns.pinned[index], start, scores));
  }

  csv() {
    const { pinned, ...losses } = this.columns;
    const names = ["epoch", ...COLUMNS, ...pinned.map((_, index) => `pinned_${index + 1}`)];
    const rows = losses.val_loss.map((_, row) => [
      row + 1,
      ...COLUMNS.map((name) => losses[name][row]),
      ...pinned.map((scores) => scores[row]),
    ]);
    return [names, ...rows].map((cells) => cells.map((cell) => cell ?? "").join(",") + "\n").join("");
  }
}

function emptyColumns(pinned) {
  return {
    train_loss: [],
    val_loss: [],
    val_accuracy: [],
    pinned: Array.from({ length: pinned }, () => []),
  };
}

// In place: Plotly holds these arrays, and a run's last messages must not copy all of it.
function splice(values, start, newest) {
  values.length = Math.min(values.length, start);
  values.push(...newest);
}
