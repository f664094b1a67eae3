// A run's curves, put together from its events.

const COLUMNS = ["train_loss", "val_loss", "val_accuracy"];

export class Memory {
  columns = emptyColumns();
  best_epoch = 0;

  get length() {
    return this.columns.val_loss.length;
  }

  /** 1, 2, … as far as a curve reaches that has `count` points. */
  epochs(count) {
    return Array.from({ length: count }, (_, index) => index + 1);
  }

  clear() {
    this.columns = emptyColumns();
    this.best_epoch = 0;
  }

  /** Take over what `events` say; an epoch that is told again takes the place of the first. */
  take(events) {
    for (const event of events) if (event.event === "epoch") this.note(event);
  }

  note(event) {
    const { pinned, ...columns } = this.columns;
    const row = event.epoch - 1;
    for (const name of COLUMNS) put(columns[name], row, event[name]);
    (event.pinned ?? []).forEach((score, index) => put((pinned[index] ??= []), row, score));
    this.best_epoch = event.best_epoch;
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

export const emptyColumns = () => ({ train_loss: [], val_loss: [], val_accuracy: [], pinned: [] });

// In place: Plotly holds these arrays, and a run's last epochs must not copy all of it.
function put(values, row, value) {
  values.length = row;
  values.push(value ?? null);
}
