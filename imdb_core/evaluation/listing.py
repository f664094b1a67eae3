"""Reviews of a split that are worth reading, as places in an evaluation's arrays."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from imdb_core.evaluation.evaluation import Evaluation, judged_right

MistakeKind = Literal["all", "called positive", "called negative"]


def mistakes(evaluation: Evaluation, kind: MistakeKind = "all") -> NDArray[np.int64]:
    """Reviews judged wrong, the most confident first; of equals the first row.

    Args:
        evaluation: of the split.
        kind: all, or only those wrongly called positive, or negative.
    """
    wrong = ~evaluation.is_right
    if kind != "all":
        wrong &= (evaluation.labels == 0) == (kind == "called positive")
    places = np.flatnonzero(wrong)
    distance = np.abs(evaluation.probabilities[places] - 0.5)
    return places[np.argsort(-distance, kind="stable")]


def flips(evaluation: Evaluation) -> NDArray[np.int64]:
    """Reviews right by the best epoch's weights and wrong by the last's, the widest move first.

    Empty where the last epoch's judgement is not known.
    """
    if evaluation.last_probabilities is None:
        return np.empty(0, dtype=np.int64)
    is_right_at_last = judged_right(evaluation.labels, evaluation.last_probabilities)
    return _by_move(evaluation, np.flatnonzero(evaluation.is_right & ~is_right_at_last))


def mended(evaluation: Evaluation) -> int:
    """How many reviews went the other way: wrong at the best epoch, right at the last."""
    if evaluation.last_probabilities is None:
        return 0
    is_right_at_last = judged_right(evaluation.labels, evaluation.last_probabilities)
    return int(np.sum(~evaluation.is_right & is_right_at_last))


def _by_move(evaluation: Evaluation, places: NDArray[np.int64]) -> NDArray[np.int64]:
    assert evaluation.last_probabilities is not None
    move = np.abs(evaluation.last_probabilities[places] - evaluation.probabilities[places])
    return places[np.argsort(-move, kind="stable")]
