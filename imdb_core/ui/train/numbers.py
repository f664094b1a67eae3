"""The figures of a run that move while it trains, as the page words them."""

from __future__ import annotations

from collections.abc import Sequence

from imdb_core.runs.event_log import utc_now
from imdb_core.runs.run import Run
from imdb_core.training.time_left import TimeLeft, time_left
from imdb_core.ui.wording import duration, hearts, patience_words

Figure = tuple[str, str, str]
"""What it is, its value, and a few words on it."""


def run_numbers(run: Run) -> list[Figure]:
    """Epoch, time, patience and best epoch as they stand now."""
    best = run.best
    left = run_time_left(run) if run.is_live else None
    return [
        ("Epoch", str(len(run.epochs)), f"of {_last_epoch(run)} at most"),
        ("Time", duration(_elapsed_seconds(run)), left_words(left) if left else ""),
        (
            "Patience left",
            _patience_left(run),
            _patience_words(run),
        ),
        (
            "Best epoch",
            str(best.epoch) if best else "–",
            f"loss {best.val_loss:.4f}, accuracy {best.val_accuracy:.1%}" if best else "",
        ),
    ]


def queue_lines(queue: Sequence[Run]) -> dict[str, str]:
    """Whose turn it is, for how long still, and who else waits.

    Returns:
        A line for each run of the queue that its owner is to read, by the run's id; the line
        of all others by an empty one.
    """
    if not queue:
        return {"": ""}
    left = run_time_left(queue[0])
    until = f", {left_words(left)}" if left else ""
    now = f"Now training: {queue[0].name}{until}."
    lines = {"": _joined(now, _more_waiting(len(queue) - 1)),
             queue[0].id: _more_waiting(len(queue) - 1)}  # fmt: skip
    for place, run in enumerate(queue[1:], start=1):
        turn = "Yours is next." if place == 1 else f"Yours is number {place} in the queue."
        lines[run.id] = _joined(turn, now, _more_waiting(len(queue) - 2))
    return lines


def run_time_left(run: Run) -> TimeLeft | None:
    """How long the run may still take."""
    is_kept_going = run.last_epoch is not None
    return time_left(
        run.epochs,
        max_epochs=_last_epoch(run),
        patience=_last_epoch(run) if is_kept_going else run.config_in_force.patience,
        since_last_s=(utc_now() - run.changed_at).total_seconds(),
        between_s=run.between_epochs_s,
    )


def left_words(left: TimeLeft) -> str:
    """`at most 40 s left, could stop in 3 s`."""
    most = f"at most {duration(left.seconds_at_most)} left"
    if left.seconds_at_least >= 0.9 * left.seconds_at_most:
        return most
    return f"{most}, could stop in {duration(left.seconds_at_least)}"


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def _more_waiting(count: int) -> str:
    return f"{count} more waiting." if count > 0 else ""


def _patience_left(run: Run) -> str:
    if _disregards_patience(run):
        return "–"
    return hearts(run.config_in_force.patience, run.bad_epochs)


def _patience_words(run: Run) -> str:
    if _disregards_patience(run):
        return f"It goes on to epoch {run.last_epoch}, whatever the patience says."
    if run.epochs and (run.is_live or run.state == "paused" or run.reason == "patience"):
        return patience_words(run.config_in_force.patience, run.bad_epochs)
    return ""


def _disregards_patience(run: Run) -> bool:
    """Whether it is kept going: neither a pause nor a resumption changes that."""
    return run.last_epoch is not None and (run.is_live or run.state == "paused")


def _last_epoch(run: Run) -> int:
    return run.last_epoch or run.config.max_epochs


def _elapsed_seconds(run: Run) -> float:
    if run.state != "training":
        return run.training_seconds
    return run.training_seconds + (utc_now() - run.changed_at).total_seconds()
