"""The two simple judges, review by review, on both splits."""

import sys
from pathlib import Path

import numpy as np
import pytest

from imdb_core import baselines
from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary
from imdb_core.errors import DataError
from imdb_core.evaluation import Evaluation, baseline_rows
from tests.conftest import settings_in

NEVER = [sys.executable, "-c", "raise SystemExit('nobody was to be asked')"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    DataLibrary(settings_in(home)).prepare("sample")
    return home


def test_they_are_the_baselines_of_the_train_page_and_judge_the_same_rows(
    home: Path, evaluation: Evaluation
) -> None:
    data_folder = settings_in(home).data_folder
    dataset = DataLibrary(settings_in(home)).load("sample")
    found = baseline_rows.compute(dataset, 0.2, data_folder)
    known = baselines.compute(dataset, TrainConfig(source="sample"), data_folder)

    bag, majority = found.bag_of_words_metrics, found.majority_metrics
    assert bag["validation"].accuracy == known.bag_of_words.accuracy
    assert bag["validation"].log_loss == pytest.approx(known.bag_of_words.loss, abs=1e-6)
    assert majority["validation"].accuracy == known.majority.accuracy
    assert majority["validation"].log_loss == pytest.approx(known.majority.loss)

    assert (bag["validation"].reviews, bag["test"].reviews) == (evaluation.reviews, 1000)
    assert found.is_right(evaluation).mean() == bag["validation"].accuracy
    test_is_right = (found.bag_of_words["test"] > 0.5) == (dataset.test.labels > 0)
    assert test_is_right.mean() == bag["test"].accuracy

    again = baseline_rows.compute(dataset, 0.2, data_folder, worker=NEVER)
    np.testing.assert_array_equal(again.bag_of_words["test"], found.bag_of_words["test"])
    assert baseline_rows.stored("sample", "of others", 0.2, data_folder) is None
    assert baseline_rows.stored("sample", dataset.fingerprint, 0.3, data_folder) is None


def test_a_worker_that_fails_is_explained(home: Path) -> None:
    dataset = DataLibrary(settings_in(home)).load("sample")
    with pytest.raises(DataError, match=r"The baselines could not be worked out \(nobody"):
        baseline_rows.compute(dataset, 0.4, settings_in(home).data_folder, worker=NEVER)
