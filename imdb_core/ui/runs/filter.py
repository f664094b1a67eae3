"""Which runs the table lists, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from imdb_core.runs.run import Run
from imdb_core.ui.wording import CELL_NAMES, preset_name, settings_phrase


def _accuracy(run: Run) -> float:
    return -run.best.val_accuracy if run.best else 1.0


def _loss(run: Run) -> float:
    return run.best.val_loss if run.best else float("inf")


ORDERS: dict[str, Callable[[Run], Any] | None] = {
    "Newest first": None,  # as the store lists them
    "Most accurate first": _accuracy,
    "Lowest loss first": _loss,
    "Shortest training first": lambda run: run.training_seconds,
    "By name": lambda run: run.name.casefold(),
}


@dataclass(frozen=True, kw_only=True)
class RunFilter:
    """What a visitor asks for; empty allows everything.

    Attributes:
        words: each must occur in the run's name, id, tags, notes, settings or data.
        states: allowed ones.
        cells: allowed ones.
        origins: names of allowed data.
        tags: at least one of them must be the run's.
        with_archived: archived runs, too.
        order: one of `ORDERS`.
    """

    words: str = ""
    states: Sequence[str] = ()
    cells: Sequence[str] = ()
    origins: Sequence[str] = ()
    tags: Sequence[str] = ()
    with_archived: bool = False
    order: str = "Newest first"

    def apply(self, runs: Sequence[Run]) -> list[Run]:
        """The runs that pass, in order; of equals the newest first."""
        words = self.words.casefold().split()
        passing = [run for run in runs if self._passes(run, words)]
        key = ORDERS[self.order]
        return sorted(passing, key=key) if key else passing

    def _passes(self, run: Run, words: list[str]) -> bool:
        return (
            (self.with_archived or not run.is_archived)
            and (not self.states or run.state in self.states)
            and (not self.cells or run.config.cell in self.cells)
            and (not self.origins or origin_of(run) in self.origins)
            and (not self.tags or not set(self.tags).isdisjoint(run.tags))
            and (not words or _has_words(run, words))
        )


def origin_of(run: Run) -> str:
    """The name of its data, as far as that is known."""
    return run.dataset.origin if run.dataset else ""


def _has_words(run: Run, words: list[str]) -> bool:
    told = [
        run.label, run.id, run.notes, run.state, origin_of(run), settings_phrase(run.config),
        preset_name(run.config) or "", CELL_NAMES[run.config.cell], *run.tags,
    ]  # fmt: skip
    text = "\n".join(told).casefold()
    return all(word in text for word in words)
