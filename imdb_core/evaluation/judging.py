"""P(positive) of every review of a split: by the compiled kernels where they can, else PyTorch.

PyTorch and numba are imported by what computes, not by importing this.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from imdb_core.config import TrainConfig
from imdb_core.data import Dataset, Reviews, encode
from imdb_core.data.split import validation_split
from imdb_core.evaluation.evaluation import EvaluationSplit
from imdb_core.training.records import Arrays

if TYPE_CHECKING:
    from imdb_core.model import SentimentRNN

Predictor = Callable[[NDArray[np.int32]], NDArray[np.float32]]
"""From padded ids (N, T) to P(positive) (N,)."""

_ROWS_AT_ONCE: Final = 2_500  # keeps the ids in memory below 10 MB, whatever the split
_BATCH: Final = 64


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


def predictor_for(config: TrainConfig, weights: Arrays) -> Predictor:
    """What judges with `weights`, the faster way on a CPU; both agree to 1e-6.

    Raises:
        RuntimeError: the weights are not those of a network that `config` describes.
    """
    import torch

    from imdb_core.model import SentimentRNN
    from imdb_core.training.engines import engine_name

    network = SentimentRNN.with_weights(config, weights)  # names and shapes are checked here
    on_cpu = config.changed(engine="auto", device="cpu")
    if engine_name(on_cpu, torch.device("cpu")) == "fast":
        return fast_predictor(config, weights)
    return lambda ids: predict(network, ids)


def fast_predictor(config: TrainConfig, weights: Arrays) -> Predictor:
    """Judges by the compiled kernels: one layer, one direction."""
    from imdb_core.model.kernels.engine import Kernels

    kernels = Kernels(
        cell=config.cell,
        readout=config.readout,
        parameters=weights,
        batch_size=_BATCH,
        max_length=config.max_length,
    )
    return lambda ids: _sigmoid(kernels.predict(np.ascontiguousarray(ids)))


def predict(
    network: SentimentRNN, ids: NDArray[np.int32], batch_size: int = 512
) -> NDArray[np.float32]:
    """P(positive) of each row of `ids` (N, T) by PyTorch: (N,)."""
    import torch

    with torch.inference_mode():
        batches = [
            torch.sigmoid(network(torch.from_numpy(ids[start : start + batch_size])))
            for start in range(0, len(ids), batch_size)
        ]
        probabilities: NDArray[np.float32] = torch.cat(batches).numpy()
    return probabilities


def _sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    import torch

    probabilities: NDArray[np.float32] = torch.sigmoid(torch.from_numpy(logits)).numpy()
    return probabilities


def _part(reviews: Reviews, start: int, end: int) -> Reviews:
    """Rows `start` to `end`; the ranks are shared, for offsets count from their beginning."""
    return Reviews(
        ranks=reviews.ranks,
        offsets=reviews.offsets[start : end + 1],
        labels=reviews.labels[start:end],
    )
