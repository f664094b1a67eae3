"""Which run is meant by `best` and by `latest`."""

from __future__ import annotations

from collections.abc import Sequence

from imdb_core.errors import RunNotFoundError
from imdb_core.runs.run import Run

NAMES = ("best", "latest")


def choose(which: str, runs: Sequence[Run], *, has_weights: bool = True) -> Run:
    """The run that is meant by one of `NAMES`.

    Args:
        which: the name.
        runs: all there are.
        has_weights: the latest must have weights; the best one has them.

    Raises:
        RunNotFoundError: there is no such run.
    """
    run = best_run(runs) if which == "best" else latest_run(runs, has_weights=has_weights)
    if run is None:
        raise RunNotFoundError(
            "There is no trained run yet. Train one on the Train page, "
            "or with: python -m imdb_core train"
        )
    return run


def best_run(runs: Sequence[Run]) -> Run | None:
    """The run to score with: highest validation accuracy, runs in sight before archived ones,
    finished ones before others, real data before synthetic, the newest of equals.
    """
    scorable = [run for run in runs if run.can_score]
    return max(scorable, key=_merit, default=None)


def latest_run(runs: Sequence[Run], *, has_weights: bool = True) -> Run | None:
    """The newest run, with weights or any; an archived one only if there is no other."""
    candidates = [run for run in runs if run.can_score or not has_weights]
    return max(candidates, key=lambda run: (not run.is_archived, run.id), default=None)


def _merit(run: Run) -> tuple[bool, bool, bool, float, str]:
    assert run.best is not None
    is_real = run.dataset is not None and not run.dataset.is_synthetic
    return (
        not run.is_archived,
        run.state in ("finished", "stopped"),
        is_real,
        run.best.val_accuracy,
        run.id,
    )
