"""How well a run's best weights do on a whole split, review by review."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from imdb_core.evaluation.metrics import Metrics
from imdb_core.intervals import wilson_interval

EvaluationSplit = Literal["validation", "test"]

THRESHOLD = 0.5
"""P(positive) above this judges a review positive, in training and everywhere else."""


@dataclass(frozen=True, kw_only=True)
class Basis:
    """All that an evaluation rests on; of two equal ones, one evaluation is enough.

    Attributes:
        split: which rows.
        fingerprint: of the data set.
        epoch: whose weights were best.
        last_epoch: how far the run had come.
        weights: SHA-256 of the best weights' file, hexadecimal.
    """

    split: EvaluationSplit
    fingerprint: str
    epoch: int
    last_epoch: int
    weights: str


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What became of the reviews when those above `threshold` were called positive."""

    threshold: float
    true_positive: int
    false_positive: int
    true_negative: int
    false_negative: int

    @property
    def reviews(self) -> int:
        """All of them."""
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
        """The 95% interval of the accuracy (Wilson)."""
        return wilson_interval(self.correct, self.reviews)

    @property
    def precision(self) -> float | None:
        """Share of those called positive that are; None if none was called so."""
        called = self.true_positive + self.false_positive
        return self.true_positive / called if called else None

    @property
    def recall(self) -> float | None:
        """Share of the positive ones that were found; None if there is none."""
        positives = self.true_positive + self.false_negative
        return self.true_positive / positives if positives else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None where nothing positive is there or called."""
        twice = 2 * self.true_positive
        whole = twice + self.false_positive + self.false_negative
        return twice / whole if whole else None


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """One run's judgement of every review of a split; all arrays are in the same order, (N,).

    Attributes:
        run_id: whose weights.
        basis: which weights and rows.
        origin: of which data.
        words_at_most: how many words of a review the network reads, the last ones.
        metrics: scikit-learn's figures.
        rows: each review's place in the data set's train or test part, int64.
        labels: 1 positive, 0 negative, uint8.
        probabilities: P(positive) by the best epoch's weights, float32.
        last_probabilities: by the last epoch's, float32; None if the best epoch is the last
            one, or its weights are not kept.
        words: of each review, int32.
        negations: words such as "not" and "never" among those that the network reads, int32.
        stars: 1 to 10, uint8, where the source has them.
    """

    run_id: str
    basis: Basis
    origin: str
    words_at_most: int
    metrics: Metrics
    rows: NDArray[np.int64]
    labels: NDArray[np.uint8]
    probabilities: NDArray[np.float32]
    last_probabilities: NDArray[np.float32] | None
    words: NDArray[np.int32]
    negations: NDArray[np.int32]
    stars: NDArray[np.uint8] | None

    @property
    def split(self) -> EvaluationSplit:
        """Which rows."""
        return self.basis.split

    @property
    def epoch(self) -> int:
        """The epoch that the weights are from."""
        return self.basis.epoch

    @property
    def reviews(self) -> int:
        """How many reviews were judged."""
        return len(self.rows)

    @property
    def is_right(self) -> NDArray[np.bool_]:
        """Which reviews are judged right, (N,)."""
        return judged_right(self.labels, self.probabilities)

    @property
    def accuracy(self) -> float:
        """Share judged right."""
        return self.counts().accuracy

    def summary(self) -> dict[str, Any]:
        """The figures as plain values, without curves."""
        counts = self.counts()
        return {
            "run_id": self.run_id,
            "epoch": self.epoch,
            "split": self.split,
            "origin": self.origin,
            "reviews": self.reviews,
            "correct": counts.correct,
            "accuracy": counts.accuracy,
            "interval": list(counts.interval),
            "true_positive": counts.true_positive,
            "true_negative": counts.true_negative,
            "false_positive": counts.false_positive,
            "false_negative": counts.false_negative,
            "precision": counts.precision,
            "recall": counts.recall,
            "f1": counts.f1,
            "log_loss": self.metrics.log_loss,
            "brier": self.metrics.brier,
            "roc_auc": self.metrics.roc_auc,
            "average_precision": self.metrics.average_precision,
            "ece": self.metrics.ece,
        }

    def counts(self, threshold: float = THRESHOLD) -> Counts:
        """The confusion matrix at a threshold."""
        positive = self.labels > 0
        # As float64: a float32 beside a Python number would round the threshold.
        called = self.probabilities.astype(np.float64) > threshold
        return Counts(
            threshold=threshold,
            true_positive=int(np.sum(positive & called)),
            false_positive=int(np.sum(~positive & called)),
            true_negative=int(np.sum(~positive & ~called)),
            false_negative=int(np.sum(positive & ~called)),
        )


def judged_right(
    labels: NDArray[np.uint8], probabilities: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Where P(positive) lies on the label's side of `THRESHOLD`."""
    is_right: NDArray[np.bool_] = (probabilities > THRESHOLD) == (labels > 0)
    return is_right
