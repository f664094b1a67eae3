"""Runs against each other: which settings differ, and whether one is really better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imdb_core.config import FieldSpec, field_specs
from imdb_core.evaluation import Evaluation
from imdb_core.runs.run import Run

Course = tuple[tuple[int, Any], ...]
"""A setting's values on a run's way, each with its first epoch."""

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

    @classmethod
    def by(cls, evaluation: Evaluation) -> Judged:
        """What an evaluation says of this."""
        return cls(rows=evaluation.rows, is_right=evaluation.is_right)

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
        shares = f"{high:.1%} against {low:.1%} of {self.reviews:,} validation reviews."
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

    Chance has as many tries as there are pairs, for any run might have come out as the best:
    Holm's method takes all of them into account, though only the best one's are told.
    """
    ranked = sorted(judged, key=lambda pair: pair[1].accuracy, reverse=True)
    pairs = list(combinations(ranked, 2))
    only_right = [_only_right(one, other) for (_, one), (_, other) in pairs]
    p_values = holm([mcnemar_p_value(*counts) for counts in only_right])
    against_best = list(zip(pairs, only_right, p_values, strict=True))[: len(ranked) - 1]
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
        for ((best_run, best), (run, other)), (only_best, only_other), p_value in against_best
    ]


def _only_right(one: Judged, other: Judged) -> tuple[int, int]:
    """How many reviews only the one judged right, and only the other."""
    if not np.array_equal(one.rows, other.rows):
        raise ValueError("the runs were not judged on the same reviews")
    return int(np.sum(one.is_right & ~other.is_right)), int(np.sum(~one.is_right & other.is_right))


def differing_settings(runs: Sequence[Run]) -> list[tuple[FieldSpec, list[Course]]]:
    """The settings that are not the same in all `runs` all the way, with every run's values."""
    found = []
    for name, spec in field_specs().items():
        courses = [run.course(name) for run in runs]
        if any(course != courses[0] for course in courses):
            found.append((spec, courses))
    return found


def _how_often(p_value: float) -> str:
    if p_value < 0.0001:
        return "less than once in 10,000 times (p < 0.0001)"
    if p_value < 0.01:
        return f"{_times(p_value * 10_000)} in 10,000 (p = {p_value:.4f})"
    return f"{_times(p_value * 100)} in 100 (p = {p_value:.2f})"


def _times(count: float) -> str:
    return "once" if round(count) == 1 else f"{count:.0f} times"
