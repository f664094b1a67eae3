"""When a score is called unsure, and where that is kept."""

from pathlib import Path

import numpy as np
import pytest

from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary
from imdb_core.errors import DataError
from imdb_core.runs.execution import execute
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from imdb_core.scoring import Scorer
from imdb_core.scoring.calibration import FILE, Calibration, calibrate, calibration_of
from imdb_core.stop_flag import StopFlag
from tests.conftest import settings_in


def calibrated(right_share: list[float], reviews: int = 100) -> Calibration:
    """So many reviews in each of the 20 bins, and the share of them judged right."""
    return Calibration(
        epoch=1, fingerprint="f", reviews=(reviews,) * 20,
        correct=tuple(round(share * reviews) for share in right_share),
    )  # fmt: skip


def test_scores_right_less_than_two_times_in_three_are_unsure() -> None:
    found = calibrated([0.9] * 8 + [0.6, 0.5, 0.55] + [0.8] * 9).unsure

    assert found is not None
    assert (found.low, found.high) == (0.4, 0.55)
    assert (found.reviews, found.correct, found.accuracy) == (300, 165, 0.55)
    assert found.contains(0.5)
    assert not found.contains(0.56)


def test_a_network_that_is_always_sure_has_no_unsure_scores() -> None:
    assert calibrated([0.9] * 20).unsure is None


def test_bins_with_few_reviews_are_taken_together() -> None:
    few = calibrated([0.9] * 8 + [0.5] * 4 + [0.9] * 8, reviews=20)
    band = few.around(0.97)
    assert band is not None
    assert band.reviews >= 50
    assert few.unsure is not None


def test_a_band_stays_on_its_side_of_the_middle() -> None:
    found = calibrated([0.5] * 20, reviews=4)
    for probability in (0.0, 0.49, 0.5, 0.51, 1.0):
        band = found.around(probability)
        assert band is not None
        assert (band.low >= 0.5) == (probability > 0.5)
    assert calibrated([0.0] * 20, reviews=0).around(0.7) is None


def test_bins_count_scores_and_right_verdicts() -> None:
    found = calibration_of(
        np.array([0.02, 0.03, 0.51, 0.97, 1.0]), np.array([0, 1, 0, 1, 1], np.float32), 3, "f"
    )
    assert (found.reviews[0], found.correct[0]) == (2, 1)
    assert (found.reviews[10], found.correct[10]) == (1, 0)
    assert (found.reviews[19], found.correct[19]) == (2, 2)


@pytest.fixture(scope="module")
def library(sample_home: Path) -> DataLibrary:
    return DataLibrary(settings_in(sample_home))


@pytest.fixture
def run(library: DataLibrary, tmp_path: Path) -> Run:
    store = RunStore(tmp_path / "runs")
    queued = store.create(TrainConfig(source="sample", max_epochs=2, max_length=20))
    return execute(queued.id, store, library, stop=StopFlag())


def test_it_counts_every_validation_review_once_and_is_kept(
    run: Run, library: DataLibrary, tmp_path: Path
) -> None:
    scorer = Scorer.load(run)
    found = calibrate(run, scorer, library)
    assert run.dataset is not None
    assert sum(found.reviews) == run.dataset.validation_reviews
    assert run.best is not None
    assert sum(found.correct) / sum(found.reviews) == pytest.approx(run.best.val_accuracy)

    elsewhere = DataLibrary(settings_in(tmp_path / "empty"))
    assert calibrate(run, scorer, elsewhere) == found
    (run.folder / FILE).write_text("{}")
    with pytest.raises(DataError, match="not on this computer"):
        calibrate(run, scorer, elsewhere)
    assert calibrate(run, scorer, library) == found
