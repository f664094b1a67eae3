"""How well a run's best weights do on a whole split."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from imdb_core.data import DataLibrary
from imdb_core.data.encoded import encode_split
from imdb_core.errors import DataError, RunStateError
from imdb_core.model import SentimentRNN
from imdb_core.runs.checkpoints import load_weights
from imdb_core.runs.run import Run

EvaluationSplit = Literal["validation", "test"]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Counts on one split, and what follows from them.

    Attributes:
        run_id: whose weights.
        epoch: the epoch that they are from.
        split: which rows.
        origin: of which data.
        true_positive: positive reviews judged positive; the other three likewise.
        log_loss: mean over reviews, in nats (the history's losses are means of batch means).
    """

    run_id: str
    epoch: int
    split: EvaluationSplit
    origin: str
    true_positive: int
    true_negative: int
    false_positive: int
    false_negative: int
    log_loss: float

    @property
    def reviews(self) -> int:
        """How many reviews were judged."""
        return self.correct + self.false_positive + self.false_negative

    @property
    def correct(self) -> int:
        """How many were judged right."""
        return self.true_positive + self.true_negative

    @property
    def accuracy(self) -> float:
        """Share judged right."""
        return self.correct / self.reviews

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the accuracy."""
        return wilson_interval(self.correct, self.reviews)


def wilson_interval(successes: int, trials: int, z: float = 1.959964) -> tuple[float, float]:
    """The score interval of a share (Wilson, 1927); `z` = 1.96 makes it 95 %."""
    share = successes / trials
    scale = 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / scale
    spread = share * (1 - share) / trials + z * z / (4 * trials * trials)
    half = z * math.sqrt(spread) / scale
    return centre - half, centre + half


def evaluate(run: Run, library: DataLibrary, split: EvaluationSplit) -> Evaluation:
    """Judge every review of `split` with the best weights of `run`.

    Raises:
        RunStateError: the run has no weights, or the data are not those it was trained on.
        DataNotPreparedError: its data are not here.
    """
    weights, epoch = load_weights(run.best_weights)
    if run.dataset is None:
        raise RunStateError(f"Run {run.id} does not say which data it was trained on.")
    dataset = library.load(run.dataset.source)
    if dataset.fingerprint != run.dataset.fingerprint:
        raise DataError(
            f"Run {run.id} was trained on other data than the {dataset.origin} here: their "
            "fingerprints differ. Prepare the data it was trained on, or train again."
        )
    encoded = encode_split(dataset, split, run.config)
    network = SentimentRNN.with_weights(run.config, weights)
    probabilities = predict(network, encoded.ids)
    positive, judged_positive = encoded.labels > 0.5, probabilities > 0.5
    return Evaluation(
        run_id=run.id,
        epoch=epoch,
        split=split,
        origin=dataset.origin,
        true_positive=int(np.sum(positive & judged_positive)),
        true_negative=int(np.sum(~positive & ~judged_positive)),
        false_positive=int(np.sum(~positive & judged_positive)),
        false_negative=int(np.sum(positive & ~judged_positive)),
        log_loss=_log_loss(probabilities, positive),
    )


@torch.inference_mode()
def predict(
    network: SentimentRNN, ids: NDArray[np.int32], batch_size: int = 512
) -> NDArray[np.float32]:
    """P(positive) of each row of `ids` (N, T): (N,)."""
    batches = [
        torch.sigmoid(network(torch.from_numpy(ids[start : start + batch_size])))
        for start in range(0, len(ids), batch_size)
    ]
    probabilities: NDArray[np.float32] = torch.cat(batches).numpy()
    return probabilities


def _log_loss(probabilities: NDArray[np.float32], positive: NDArray[np.bool_]) -> float:
    given = np.where(positive, probabilities, 1 - probabilities).astype(np.float64)
    return float(-np.log(np.clip(given, 1e-12, None)).mean())
