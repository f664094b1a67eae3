"""How far a score can be trusted, by how often such scores were right before."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imdb_core.data import DataLibrary
from imdb_core.data.encoded import encode_split
from imdb_core.errors import DataChangedError, DataError, DataNotPreparedError, StorageError
from imdb_core.files import parse_checked_json, write_json_atomically
from imdb_core.runs.run import Run
from imdb_core.runs.trained_on import dataset_of
from imdb_core.scoring.scorer import Scorer

logger = logging.getLogger(__name__)

FILE = "calibration.json"
BINS = 20
LEAST_REVIEWS = 50
"""A share of fewer reviews says little; neighbouring bins are taken together up to this."""
SURE_FROM = 2 / 3
"""Scores that were right less often than this are called unsure."""

_SCHEMA = 1
_ROWS_AT_ONCE = 128


@dataclass(frozen=True, kw_only=True)
class Band:
    """Validation reviews with scores of a range, and how often the verdict was right.

    Attributes:
        low: P(positive) from here on.
        high: up to here.
        reviews: how many.
        correct: how many of them were judged right.
    """

    low: float
    high: float
    reviews: int
    correct: int

    @property
    def accuracy(self) -> float:
        """Share judged right."""
        return self.correct / self.reviews

    def contains(self, probability: float) -> bool:
        """Whether a score is in its range."""
        return self.low <= probability <= self.high


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """The validation reviews by score, in 20 bins of five points.

    Attributes:
        epoch: whose weights judged.
        fingerprint: of the data.
        reviews: how many reviews were scored in each bin.
        correct: how many of those were judged right.
    """

    epoch: int
    fingerprint: str
    reviews: tuple[int, ...]
    correct: tuple[int, ...]

    @property
    def unsure(self) -> Band | None:
        """The scores around 50 % that were right less than two times in three, if any.

        From the middle outwards on either side, bins with few reviews together with the next.
        """
        middle = BINS // 2
        high = middle + self._unsure_bins(range(middle, BINS))
        low = middle - self._unsure_bins(range(middle - 1, -1, -1))
        return self._band(low, high) if high > low else None

    def around(self, probability: float) -> Band | None:
        """The bins around a score, on its side of 50 %: 50 reviews, or all there are."""
        at = min(int(probability * BINS), BINS - 1)
        least, most = (BINS // 2, BINS) if probability > 0.5 else (0, BINS // 2)
        at = min(max(at, least), most - 1)
        low, high = at, at + 1
        while sum(self.reviews[low:high]) < LEAST_REVIEWS and (low > least or high < most):
            low, high = max(low - 1, least), min(high + 1, most)
        return self._band(low, high) if sum(self.reviews[low:high]) else None

    def _unsure_bins(self, bins: range) -> int:
        """How many of `bins`, from the first on, were right too seldom."""
        unsure = reviews = correct = 0
        for count, index in enumerate(bins, start=1):
            reviews += self.reviews[index]
            correct += self.correct[index]
            if reviews >= LEAST_REVIEWS:
                if correct >= SURE_FROM * reviews:
                    break
                unsure, reviews, correct = count, 0, 0
        return unsure

    def _band(self, low: int, high: int) -> Band:
        return Band(
            low=low / BINS,
            high=high / BINS,
            reviews=sum(self.reviews[low:high]),
            correct=sum(self.correct[low:high]),
        )


def calibration_of(
    probabilities: NDArray[np.float64], labels: NDArray[np.float32], epoch: int, fingerprint: str
) -> Calibration:
    """Count scores (N,) and whether they agree with labels (N,) by bin."""
    bins = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    is_right = (probabilities > 0.5) == (labels > 0.5)
    reviews = np.bincount(bins, minlength=BINS)
    correct = np.bincount(bins[is_right], minlength=BINS)
    return Calibration(
        epoch=epoch,
        fingerprint=fingerprint,
        reviews=tuple(reviews.tolist()),
        correct=tuple(correct.tolist()),
    )


def calibrate(run: Run, scorer: Scorer, library: DataLibrary) -> Calibration:
    """How often the scores of the best weights were right on the run's validation reviews.

    Kept in the run's folder; read from there while the weights are the same.

    Raises:
        DataError: the reviews are not here any more, or are others.
    """
    kept = _read(run.folder / FILE)
    fingerprint = run.dataset.fingerprint if run.dataset is not None else None
    if kept is not None and (kept.epoch, kept.fingerprint) == (scorer.epoch, fingerprint):
        return kept
    found = _judge(run, scorer, library)
    try:
        write_json_atomically(run.folder / FILE, {"schema": _SCHEMA} | vars(found))
    except StorageError as error:
        logger.warning("%s", error)  # it is as true without being kept
    return found


def _judge(run: Run, scorer: Scorer, library: DataLibrary) -> Calibration:
    if run.dataset is None:
        raise DataError("it does not say which reviews it was trained on.")
    try:
        dataset = dataset_of(run, library)
    except DataNotPreparedError as error:
        raise DataError("its validation reviews are not on this computer.") from error
    except DataChangedError as error:
        raise DataError("the reviews on this computer are not those it was trained on.") from error
    split = encode_split(dataset, "validation", run.config)
    predict = scorer.predictor(len(split))
    probabilities = np.concatenate(
        [
            predict(split.ids[start : start + _ROWS_AT_ONCE]).astype(np.float64)
            for start in range(0, len(split), _ROWS_AT_ONCE)
        ]
    )
    return calibration_of(probabilities, split.labels, scorer.epoch, dataset.fingerprint)


def _read(path: Path) -> Calibration | None:
    """What was kept, unless it is missing or no such file."""
    try:
        facts = parse_checked_json(path.read_bytes())
        if facts.pop("schema") != _SCHEMA:
            return None
        counts = {name: tuple(map(int, facts.pop(name))) for name in ("reviews", "correct")}
        if any(len(values) != BINS for values in counts.values()):
            return None
        return Calibration(
            epoch=int(facts["epoch"]), fingerprint=str(facts["fingerprint"]), **counts
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
