"""What scikit-learn makes of probabilities and labels.

scikit-learn takes a second and 100 MB to import, so only a process of its own calls
`measure`: `metrics_worker` or `baseline_worker`. Reading the result needs pydantic alone.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict

BINS: Final = 10
"""Parts of equal width that the calibration curve and its error cut P(positive) into."""

_MOST_POINTS: Final = 400  # of a curve that is only looked at; areas come from all points


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Curve(_Frozen):
    """Points to draw, thinned out; empty where the reviews are all of one class."""

    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()


class CalibrationBin(_Frozen):
    """Reviews whose P(positive) lies in one tenth.

    Attributes:
        predicted: their mean P(positive).
        positive: the share of them that is positive.
        reviews: how many they are.
    """

    predicted: float
    positive: float
    reviews: int


class Metrics(_Frozen):
    """How well probabilities fit N labels.

    Attributes:
        reviews: N.
        positives: how many labels are positive.
        accuracy: share judged right, where P(positive) > 0.5 judges positive.
        log_loss: mean over reviews (nats); the history's losses are means of batch means.
        brier: mean squared distance of P(positive) from the label.
        roc_auc: area under `roc`; None where all reviews are of one class, as are the next two.
        average_precision: what scikit-learn calls so, the area under `precision_recall`.
        ece: expected calibration error over `BINS` bins of equal width: the distance of mean
            P(positive) from the share of positives, a mean weighted by the bins' reviews
            (Naeini, Cooper and Hauskrecht, 2015).
        roc: x the false positive rate, y the true positive rate.
        precision_recall: x the recall, y the precision.
        calibration: the bins that have reviews, lowest first.
    """

    reviews: int
    positives: int
    accuracy: float
    log_loss: float
    brier: float
    roc_auc: float | None
    average_precision: float | None
    ece: float
    roc: Curve
    precision_recall: Curve
    calibration: tuple[CalibrationBin, ...]


def measure(labels: ArrayLike, probabilities: ArrayLike) -> Metrics:
    """Have scikit-learn measure P(positive) (N,) against `labels` (N,), each 0 or 1; N ≥ 1."""
    from sklearn.metrics import accuracy_score, brier_score_loss, log_loss

    given = np.asarray(probabilities, dtype=np.float64)
    truth = np.asarray(labels, dtype=np.uint8)
    calibration = _calibration(truth, given)
    roc_auc, roc = _roc(truth, given)
    average_precision, precision_recall = _precision_recall(truth, given)
    return Metrics(
        reviews=len(truth),
        positives=int(truth.sum()),
        accuracy=float(accuracy_score(truth, given > 0.5)),
        log_loss=float(log_loss(truth, given, labels=[0, 1])),
        brier=float(brier_score_loss(truth, given, labels=[0, 1])),
        roc_auc=roc_auc,
        average_precision=average_precision,
        ece=sum(b.reviews * abs(b.predicted - b.positive) for b in calibration) / len(truth),
        roc=roc,
        precision_recall=precision_recall,
        calibration=calibration,
    )


def _roc(truth: NDArray[np.uint8], given: NDArray[np.float64]) -> tuple[float | None, Curve]:
    from sklearn.metrics import roc_auc_score, roc_curve

    if _is_one_class(truth):
        return None, Curve()
    false_positive_rate, true_positive_rate, _ = roc_curve(truth, given)
    return float(roc_auc_score(truth, given)), _thinned(false_positive_rate, true_positive_rate)


def _precision_recall(
    truth: NDArray[np.uint8], given: NDArray[np.float64]
) -> tuple[float | None, Curve]:
    from sklearn.metrics import average_precision_score, precision_recall_curve

    if _is_one_class(truth):
        return None, Curve()
    precision, recall, _ = precision_recall_curve(truth, given)
    return float(average_precision_score(truth, given)), _thinned(recall[::-1], precision[::-1])


def _calibration(
    truth: NDArray[np.uint8], given: NDArray[np.float64]
) -> tuple[CalibrationBin, ...]:
    from sklearn.calibration import calibration_curve

    positive, predicted = calibration_curve(truth, given, n_bins=BINS)
    inner_edges = np.linspace(0, 1, BINS + 1)[1:-1]  # as scikit-learn cuts
    counts = np.bincount(np.searchsorted(inner_edges, given), minlength=BINS)
    return tuple(
        CalibrationBin(predicted=float(mean), positive=float(share), reviews=int(count))
        for mean, share, count in zip(predicted, positive, counts[counts > 0], strict=True)
    )


def _is_one_class(truth: NDArray[np.uint8]) -> bool:
    return bool(truth.min() == truth.max())


def _thinned(x: NDArray[np.float64], y: NDArray[np.float64]) -> Curve:
    kept = np.unique(np.linspace(0, len(x) - 1, _MOST_POINTS).round().astype(int))
    return Curve(x=tuple(x[kept].round(5).tolist()), y=tuple(y[kept].round(5).tolist()))
