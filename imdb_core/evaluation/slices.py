"""Accuracy on parts of a split: where a network is weak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imdb_core.evaluation.evaluation import Evaluation
from imdb_core.intervals import wilson_interval

_LENGTHS: Final = (100, 150, 200, 300, 500)  # upper ends, in words; above the last is a part, too
_NEGATIONS: Final = (1, 3)  # lower ends of the parts after the first
_NEGATION_NAMES: Final = ("none", "one or two", "three or more")


@dataclass(frozen=True, kw_only=True)
class Slice:
    """Some reviews of a split.

    Attributes:
        name: what they have in common, within their group.
        reviews: how many, at least one.
        correct: how many of them are judged right.
        baseline_correct: how many the bag of words judges right; None where that is not known.
    """

    name: str
    reviews: int
    correct: int
    baseline_correct: int | None

    @property
    def accuracy(self) -> float:
        """Share judged right."""
        return self.correct / self.reviews

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% interval of the accuracy (Wilson)."""
        return wilson_interval(self.correct, self.reviews)

    @property
    def baseline_accuracy(self) -> float | None:
        """Share that the bag of words judges right."""
        return None if self.baseline_correct is None else self.baseline_correct / self.reviews


def by_stars(
    evaluation: Evaluation, baseline_is_right: NDArray[np.bool_] | None = None
) -> list[Slice]:
    """A slice a number of stars, fewest first; none where the source has no stars."""
    if evaluation.stars is None:
        return []
    values = np.unique(evaluation.stars)
    masks = [evaluation.stars == value for value in values]
    names = ["1 star" if value == 1 else f"{value} stars" for value in values]
    return _slices(evaluation, names, masks, baseline_is_right)


def by_length(
    evaluation: Evaluation, baseline_is_right: NDArray[np.bool_] | None = None
) -> list[Slice]:
    """Slices by words a review, shortest first."""
    lower = [0, *(end + 1 for end in _LENGTHS)]
    names = [f"up to {_LENGTHS[0]}"]
    names += [f"{low} to {high}" for low, high in zip(lower[1:], _LENGTHS[1:], strict=False)]
    names.append(f"over {_LENGTHS[-1]}")
    group = np.searchsorted(_LENGTHS, evaluation.words)
    masks = [group == index for index in range(len(names))]
    return _slices(evaluation, names, masks, baseline_is_right)


def by_negation(
    evaluation: Evaluation, baseline_is_right: NDArray[np.bool_] | None = None
) -> list[Slice]:
    """Slices by how many negations stand among the words that the network reads."""
    group = np.searchsorted(_NEGATIONS, evaluation.negations, side="right")
    masks = [group == index for index in range(len(_NEGATION_NAMES))]
    return _slices(evaluation, _NEGATION_NAMES, masks, baseline_is_right)


def _slices(
    evaluation: Evaluation,
    names: Sequence[str],
    masks: Sequence[NDArray[np.bool_]],
    baseline_is_right: NDArray[np.bool_] | None,
) -> list[Slice]:
    """The parts that have reviews."""
    is_right = evaluation.is_right
    return [
        Slice(
            name=name,
            reviews=int(mask.sum()),
            correct=int(is_right[mask].sum()),
            baseline_correct=(
                None if baseline_is_right is None else int(baseline_is_right[mask].sum())
            ),
        )
        for name, mask in zip(names, masks, strict=True)
        if mask.any()
    ]
