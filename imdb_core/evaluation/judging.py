"""P(positive) of every review of a split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imdb_core.config import TrainConfig
from imdb_core.data import Dataset, Reviews, encode
from imdb_core.data.split import validation_split
from imdb_core.evaluation.evaluation import EvaluationSplit
from imdb_core.training.predicting import Predictor

_ROWS_AT_ONCE: Final = 2_500  # keeps the ids in memory below 10 MB, whatever the split


def rows_of(
    dataset: Dataset, split: EvaluationSplit, validation_fraction: float
) -> tuple[Reviews, NDArray[np.int64]]:
    """The part of the data set that holds a split, and the split's rows in the notebook's order."""
    if split == "test":
        return dataset.test, np.arange(len(dataset.test))
    return dataset.train, validation_split(len(dataset.train), validation_fraction)[1]


def judge(
    predictors: Sequence[Predictor],
    reviews: Reviews,
    rows: NDArray[np.int64],
    config: TrainConfig,
    on_progress: Callable[[int], None],
) -> list[NDArray[np.float32]]:
    """P(positive) of `rows` by each of `predictors`: a list of (len(rows),), in the rows' order.

    `on_progress` is told how many rows are done; an exception of its ends the work.
    """
    judged = [np.empty(len(rows), dtype=np.float32) for _ in predictors]
    done = 0
    for start in range(0, len(reviews), _ROWS_AT_ONCE):
        here = np.flatnonzero((rows >= start) & (rows < start + _ROWS_AT_ONCE))
        if not len(here):
            continue
        block = _part(reviews, start, start + _ROWS_AT_ONCE)
        ids = encode(block, config.vocab_size, config.max_length)[rows[here] - start]
        for predictor, probabilities in zip(predictors, judged, strict=True):
            probabilities[here] = predictor(ids)
        done += len(here)
        on_progress(done)
    return judged


def _part(reviews: Reviews, start: int, end: int) -> Reviews:
    """Rows `start` to `end`; the ranks are shared, for offsets count from their beginning."""
    return Reviews(
        ranks=reviews.ranks,
        offsets=reviews.offsets[start : end + 1],
        labels=reviews.labels[start:end],
    )
