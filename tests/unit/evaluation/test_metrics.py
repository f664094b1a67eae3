"""Every figure against scikit-learn's own, on the predictions that a user can export."""

import csv
import io

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics
from sklearn.calibration import calibration_curve

from imdb_core.evaluation import Evaluation
from imdb_core.evaluation.csv_export import as_csv
from imdb_core.evaluation.metrics import BINS, measure


@pytest.fixture
def exported(evaluation: Evaluation) -> tuple[np.ndarray, np.ndarray]:
    """Labels and P(positive) from the exported file."""
    rows = list(csv.DictReader(io.StringIO(as_csv(evaluation).decode())))
    labels = np.array([int(row["label"]) for row in rows])
    return labels, np.array([float(row["probability"]) for row in rows])


def test_figures_are_scikit_learns_on_the_exported_predictions(
    evaluation: Evaluation, exported: tuple[np.ndarray, np.ndarray]
) -> None:
    labels, given = exported
    found = evaluation.metrics

    assert found.reviews == len(labels) == 800
    assert found.accuracy == sklearn_metrics.accuracy_score(labels, given > 0.5)
    assert found.accuracy == evaluation.accuracy
    assert found.log_loss == pytest.approx(sklearn_metrics.log_loss(labels, given), abs=1e-12)
    assert found.brier == pytest.approx(sklearn_metrics.brier_score_loss(labels, given), abs=1e-12)
    assert found.roc_auc == pytest.approx(sklearn_metrics.roc_auc_score(labels, given), abs=1e-12)
    assert found.average_precision == pytest.approx(
        sklearn_metrics.average_precision_score(labels, given), abs=1e-12
    )


@pytest.mark.parametrize("threshold", [0.0, 0.13, 0.5, 0.77, 1.0])
def test_counts_at_any_threshold_are_scikit_learns(
    evaluation: Evaluation, exported: tuple[np.ndarray, np.ndarray], threshold: float
) -> None:
    labels, given = exported
    called = given > threshold
    counts = evaluation.counts(threshold)

    assert [
        [counts.true_negative, counts.false_positive],
        [counts.false_negative, counts.true_positive],
    ] == sklearn_metrics.confusion_matrix(labels, called).tolist()
    precision, recall, f1, _ = sklearn_metrics.precision_recall_fscore_support(
        labels, called, average="binary", zero_division=np.nan
    )
    for own, theirs in ((counts.precision, precision), (counts.recall, recall), (counts.f1, f1)):
        assert own == pytest.approx(theirs) if own is not None else np.isnan(theirs)


def test_calibration_is_scikit_learns_and_its_error_the_weighted_gap(
    evaluation: Evaluation, exported: tuple[np.ndarray, np.ndarray]
) -> None:
    labels, given = exported
    bins = evaluation.metrics.calibration
    positive, predicted = calibration_curve(labels, given, n_bins=BINS)

    assert [each.predicted for each in bins] == pytest.approx(predicted)
    assert [each.positive for each in bins] == pytest.approx(positive)
    assert sum(each.reviews for each in bins) == len(labels)

    gaps = []  # a tenth after the other, by hand
    for tenth in range(10):
        here = (given > tenth / 10) & (given <= (tenth + 1) / 10)
        if here.any():
            gaps.append(here.sum() * abs(given[here].mean() - labels[here].mean()))
    assert evaluation.metrics.ece == pytest.approx(sum(gaps) / len(labels))


def test_curves_keep_their_ends_and_lie_on_scikit_learns(
    evaluation: Evaluation, exported: tuple[np.ndarray, np.ndarray]
) -> None:
    roc, precision_recall = evaluation.metrics.roc, evaluation.metrics.precision_recall
    assert (roc.x[0], roc.y[0], roc.x[-1], roc.y[-1]) == (0, 0, 1, 1)
    assert (precision_recall.x[0], precision_recall.x[-1]) == (0, 1)

    false_positive_rate, true_positive_rate, _ = sklearn_metrics.roc_curve(*exported)
    theirs = set(zip(false_positive_rate.round(5), true_positive_rate.round(5), strict=True))
    assert set(zip(roc.x, roc.y, strict=True)) <= theirs


def test_reviews_of_one_class_have_no_curves_but_an_accuracy() -> None:
    found = measure([1, 1, 1], [0.9, 0.6, 0.2])

    assert (found.roc_auc, found.average_precision, found.roc.x) == (None, None, ())
    assert found.accuracy == pytest.approx(2 / 3)
