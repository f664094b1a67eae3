"""Why a run ended and what was kept, in plain sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imdb_core.intervals import wilson_interval
from imdb_core.visitors import NOBODY, TERMINAL, Visitor

if TYPE_CHECKING:
    from imdb_core.runs.run import Run


def ending(run: Run, seen_by: Visitor = NOBODY) -> str:
    """A few sentences; empty while the run is at work."""
    return "" if run.is_live else f"{_why_it_ended(run, seen_by)} {_what_was_kept(run)}"


def by_whom(run: Run, seen_by: Visitor = NOBODY) -> str:
    """Who stopped or paused it: `by you`, `by another visitor`, `from the terminal`, `by hand`."""
    if run.ended_by == TERMINAL:
        return "from the terminal"
    if not run.ended_by or not seen_by.mark:
        return "by hand"
    if run.ended_by == seen_by.mark:
        return "by you"
    return "in another browser" if seen_by.is_at_computer else "by another visitor"


def _why_it_ended(run: Run, seen_by: Visitor) -> str:
    epoch = len(run.epochs)
    when = f" after epoch {epoch}" if epoch else ""
    if run.state == "paused":
        by = f" {by_whom(run, seen_by)}" if run.ended_by and seen_by.mark else ""
        return f"Paused{by}{when}."
    if run.state == "interrupted":
        return f"Interrupted{when}: its process ended. It can be resumed."
    if run.state == "failed":
        return f"Failed. {run.error}"
    if run.reason == "patience":
        return f"Stopped after epoch {epoch}: {patience_rule(run.config_in_force.patience)}."
    if run.reason == "user":
        return f"Stopped {by_whom(run, seen_by)}{when}."
    if run.first_stop is not None:
        return _after_going_on(run, run.first_stop)
    return f"Ended after epoch {epoch}, the most that the settings allow."


def patience_rule(patience: int) -> str:
    """What the patience rule met when it stopped a run."""
    in_a_row = "one epoch" if patience == 1 else f"{patience} epochs in a row"
    return f"{in_a_row} without a better validation loss (patience {patience})"


def _after_going_on(run: Run, first_stop: int) -> str:
    assert run.best is not None
    went_on = f"Went on after its stop at epoch {first_stop} to epoch {len(run.epochs)}."
    if run.best.epoch > first_stop:
        return f"{went_on} That found a better epoch: the stop had come too early."
    return f"{went_on} No later epoch beat the best one: the stop was right so far."


def _what_was_kept(run: Run) -> str:
    if run.best is None or run.dataset is None:
        return "No epoch was finished, so there are no weights."
    reviews = run.dataset.validation_reviews
    low, high = wilson_interval(round(run.best.val_accuracy * reviews), reviews)
    return (
        f"Epoch {run.best.epoch} was best: validation loss {run.best.val_loss:.4f}, "
        f"accuracy {run.best.val_accuracy:.1%} on {reviews:,} reviews "
        f"(95% interval {low:.1%} to {high:.1%}). Its weights are kept, and will score reviews."
    )
