"""Runs against each other: which settings differ, and whether one is really better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imdb_core.config import FieldSpec, field_specs
from imdb_core.data import DataLibrary
from imdb_core.errors import PreparationCancelledError, StudioError
from imdb_core.evaluation import Evaluation, cached, evaluate
from imdb_core.jobs import Job, JobQueue
from imdb_core.runs.run import Run

SIGNIFICANCE: Final = 0.05
"""A difference that chance alone brings more often than this is noise."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Which reviews a run's best weights judge right.

    Attributes:
        rows: the reviews' places in the data set's train part, (N,).
        is_right: (N,).
    """

    rows: NDArray[np.int64]
    is_right: NDArray[np.bool_]

    @property
    def accuracy(self) -> float:
        """Share judged right."""
        return float(self.is_right.mean())


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """McNemar's exact test of two runs on the same reviews.

    Attributes:
        better: the name of the run with the higher accuracy.
        other: the other's.
        accuracies: theirs, in this order.
        reviews: how many both judged.
        only_better: reviews that only the better one judged right.
        only_other: reviews that only the other one did.
        p_value: how often chance alone would part two equally good runs at least so far;
            adjusted where several pairs are tested at once.
    """

    better: str
    other: str
    accuracies: tuple[float, float]
    reviews: int
    only_better: int
    only_other: int
    p_value: float

    @property
    def is_noise(self) -> bool:
        """Whether nothing can be said for either."""
        return self.p_value > SIGNIFICANCE

    @property
    def headline(self) -> str:
        """The verdict in a few words."""
        if self.is_noise:
            return f"{self.better} and {self.other}: within noise"
        return f"{self.better} beats {self.other}"

    @property
    def reasons(self) -> str:
        """What the verdict rests on, in two sentences."""
        high, low = self.accuracies
        shares = f"{high:.2%} against {low:.2%} of {self.reviews:,} validation reviews."
        if not self.only_better + self.only_other:
            return f"{shares} They are right on the very same reviews."
        return (
            f"{shares} Only the first is right on {self.only_better:,}, only the second on "
            f"{self.only_other:,}; chance alone parts two equally good networks that far "
            f"{_how_often(self.p_value)}."
        )


def mcnemar_p_value(only_one: int, only_other: int) -> float:
    """McNemar's exact test, two-sided: twice the binomial tail, at most 1.

    Source: McNemar 1947; the exact form as in Agresti, Categorical Data Analysis, 11.1.

    Args:
        only_one: reviews that only one of two judges judged right.
        only_other: reviews that only the other one did.
    """
    trials = only_one + only_other
    ways = tail = 1  # of choosing 0 among `trials`, exactly: whole numbers of any size
    for chosen in range(min(only_one, only_other)):
        ways = ways * (trials - chosen) // (chosen + 1)
        tail += ways
    p_value: float = 2 * tail / 2**trials
    return min(1.0, p_value)


def holm(p_values: Sequence[float]) -> list[float]:
    """`p_values` of tests made at once, adjusted by Holm's method (1979), in their order."""
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for place, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def why_incomparable(one: Run, other: Run) -> str | None:
    """Why no test is possible between the two; None if one is."""
    if one.dataset is None or other.dataset is None:
        return "A run that does not say which data it was trained on can be tested with no other."
    if one.dataset.fingerprint != other.dataset.fingerprint:
        return (
            f"{one.name} and {other.name} were validated on different data "
            f"({one.dataset.origin}; {other.dataset.origin}), so no test is possible."
        )
    shares = one.config.validation_fraction, other.config.validation_fraction
    if shares[0] != shares[1]:
        return (
            f"{one.name} and {other.name} were validated on different reviews ({shares[0]:.0%} "
            f"and {shares[1]:.0%} of the data kept aside), so no test is possible."
        )
    return None


def verdicts(judged: Sequence[tuple[Run, Judged]]) -> list[Verdict]:
    """The most accurate run against each of the others, best first; all on the same reviews.

    Of several tests at once, chance has several tries: Holm's method takes that into account.
    """
    ranked = sorted(judged, key=lambda pair: pair[1].accuracy, reverse=True)
    best_run, best = ranked[0]
    found = []
    for run, other in ranked[1:]:
        if not np.array_equal(best.rows, other.rows):
            raise ValueError("the runs were not judged on the same reviews")
        only_best = int(np.sum(best.is_right & ~other.is_right))
        only_other = int(np.sum(~best.is_right & other.is_right))
        found.append((run, other, only_best, only_other))
    p_values = holm([mcnemar_p_value(only_best, only) for _, _, only_best, only in found])
    return [
        Verdict(
            better=best_run.name,
            other=run.name,
            accuracies=(best.accuracy, other.accuracy),
            reviews=len(best.rows),
            only_better=only_best,
            only_other=only_other,
            p_value=p_value,
        )
        for (run, other, only_best, only_other), p_value in zip(found, p_values, strict=True)
    ]


def differing_settings(runs: Sequence[Run]) -> list[tuple[FieldSpec, list[Any]]]:
    """The settings that are not the same in all `runs`, each with every run's value."""
    configs = [run.config.model_dump() for run in runs]
    values = {name: [config[name] for config in configs] for name in field_specs()}
    return [
        (spec, values[name])
        for name, spec in field_specs().items()
        if any(value != values[name][0] for value in values[name])
    ]


class JudgedFinder:
    """Which reviews a run judges right, from its folder or worked out beside the pages.

    Args:
        library: the data.
    """

    def __init__(self, library: DataLibrary) -> None:
        self._library = library
        self._queue = JobQueue("comparison")
        self._found: dict[tuple[str, int, int], Judged | StudioError] = {}

    def get(self, run: Run) -> Judged | None:
        """The answer once it is known; the first question has it worked out.

        Raises:
            StudioError: it cannot be had; the message says why.
        """
        key = _key(run)
        if key not in self._found:
            known = cached(run, "validation")
            if known is None:
                self._queue.submit(str(key), lambda job: self._find(job, run))
                return None
            self._found[key] = _judged(known)
        found = self._found[key]
        if isinstance(found, StudioError):
            raise found
        return found

    def job(self, run: Run) -> Job | None:
        """The work on the run's answer, while it waits or goes on."""
        return self._queue.find(str(_key(run)))

    def end(self) -> None:
        """End what is under way; the next question has it begun anew."""
        self._queue.end()

    def _find(self, job: Job, run: Run) -> None:
        try:
            evaluation = evaluate(
                run,
                self._library,
                "validation",
                on_progress=lambda progress: setattr(job, "progress", progress),
                is_cancelled=job.stop_flag.is_set,
            )
            self._found[_key(run)] = _judged(evaluation)
        except PreparationCancelledError:
            return  # asked for again, it is begun anew
        except StudioError as error:
            self._found[_key(run)] = error


def _key(run: Run) -> tuple[str, int, int]:
    """What an answer rests on: weights are never replaced without another epoch."""
    return run.id, run.best.epoch if run.best else 0, len(run.epochs)


def _judged(evaluation: Evaluation) -> Judged:
    return Judged(rows=evaluation.rows, is_right=evaluation.is_right)


def _how_often(p_value: float) -> str:
    if p_value < 0.0001:
        return "less than once in 10,000 times (p < 0.0001)"
    if p_value < 0.01:
        return f"{p_value * 10_000:.0f} times in 10,000 (p = {p_value:.4f})"
    return f"{p_value * 100:.0f} times in 100 (p = {p_value:.2f})"
