"""What the coach has to say of a run, by the settings that were in force."""

from __future__ import annotations

from imdb_core.runs.run import Run
from imdb_core.training.coach import Note, notes
from imdb_core.training.symptoms import Ending


def advice(run: Run) -> list[Note]:
    """At most two notes on the run's curve, each with one thing to try."""
    last = len(run.epochs)
    rates = [since for since, _ in run.course("learning_rate") if since <= last]
    return notes(
        run.config_of(last), run.epochs, ended=_ended(run), rate_since=rates[-1] if rates else 1
    )


def _ended(run: Run) -> Ending | None:
    if run.has_exploded:
        return "not_finite"
    if run.state == "failed" or run.state == "interrupted":
        return run.state
    return run.reason
