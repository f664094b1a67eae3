"""The Evaluate page, from the first visit of a run to its flips."""

import shutil
from pathlib import Path

import pytest
from sklearn.calibration import calibration_curve
from streamlit.testing.v1 import AppTest

from imdb_core.config import TrainConfig
from imdb_core.evaluation import EvaluationSplit, cached, stored
from imdb_core.evaluation.listing import flips
from imdb_core.jobs import Job
from imdb_core.runs.run import Run
from imdb_core.studio import Studio
from tests.browser.homes import lend, train
from tests.limits import LIMIT_S
from tests.pages.conftest import OpenPage, traces

PAGE = "pages/2_Evaluate.py"


@pytest.fixture(scope="module")
def flipping_home(tmp_path_factory: pytest.TempPathFactory, sample_home: Path) -> Path:
    """A home with a run whose patience ended it, past its best epoch; read-only."""
    home = tmp_path_factory.mktemp("flipping") / "home"
    lend(sample_home, "sample", home)
    train(home, TrainConfig(source="sample", learning_rate=0.05, patience=1))
    return home


@pytest.fixture
def home(tmp_path: Path, flipping_home: Path) -> Path:
    return Path(shutil.copytree(flipping_home, tmp_path / "home", symlinks=True))


@pytest.fixture
def run(studio: Studio) -> Run:
    (run,) = studio.store.all()
    return run


def done(page: AppTest, run: Run, studio: Studio, split: EvaluationSplit = "validation") -> AppTest:
    """The page once all that it works out beside itself has ended."""
    job = studio.evaluator.job(run, split)
    assert job is not None
    assert job.wait(LIMIT_S)
    assert job.error is None, job.error
    page.run()
    baselines = studio.evaluator.baselines(run, studio.library, studio.settings.data_folder)
    if isinstance(baselines, Job):
        assert baselines.wait(LIMIT_S)
        page.run()
    assert not page.exception, page.exception
    assert not page.error
    return page


def opened(page: AppTest, tab: str) -> AppTest:
    page.session_state["parts"] = tab
    return page.run()


def texts(page: AppTest) -> str:
    shown = [*page.markdown, *page.caption, *page.info, *page.warning]
    return " ".join(element.value for element in shown).replace("\\", "")


def test_validation_is_worked_out_unasked_and_said_with_its_origin(
    open_page: OpenPage, run: Run, studio: Studio
) -> None:
    page = done(open_page(PAGE, run=run.id), run, studio)

    evaluation = cached(run, "validation")
    assert evaluation is not None
    metrics = {metric.label: metric.value for metric in page.metric}
    assert metrics["Accuracy"] == f"{evaluation.accuracy:.1%}"
    assert {"Bag of words", "Majority"} <= metrics.keys()
    counts = evaluation.counts()
    said = texts(page)
    assert f"{counts.correct:,} of 800 validation reviews" in said
    assert f"Weights of epoch {evaluation.epoch} of {run.name}" in said
    assert "Synthetic sample, not IMDB" in said


def test_the_test_split_waits_for_a_click_and_counts_who_looked(
    open_page: OpenPage, run: Run, studio: Studio
) -> None:
    page = open_page(PAGE, run=run.id, split="test")
    assert "No run has been looked at" in texts(page)
    assert not page.metric
    assert stored(run, "test") is None

    page.button(key="evaluate").click().run()
    done(page, run, studio, "test")
    assert "of 1,000 test reviews" in texts(page)
    assert "1 run has been looked at" in texts(page)


def test_every_part_unfolds(open_page: OpenPage, run: Run, studio: Studio) -> None:
    page = done(open_page(PAGE), run, studio)

    opened(page, "Mistakes")
    assert len(page.expander) == 10
    page.button(key="more_mistakes").click().run()
    assert len(page.expander) == 20
    opened(page, "Flips")
    assert f"and wrong by epoch {run.epochs[-1].epoch}, the last one" in texts(page)
    assert page.expander
    assert not page.exception


def test_calibration_and_weak_spots_are_drawn_as_the_judgements_have_them(
    open_page: OpenPage, run: Run, studio: Studio
) -> None:
    page = opened(done(open_page(PAGE), run, studio), "Calibration")
    evaluation = cached(run, "validation")
    assert evaluation is not None
    positive, predicted = calibration_curve(
        evaluation.labels, evaluation.probabilities, n_bins=10, strategy="uniform"
    )
    assert "Calibration error (ECE)" in [metric.label for metric in page.metric]
    drawn = traces(page, "calibration_chart")
    assert drawn["this network"]["x"] == pytest.approx(predicted.tolist())
    assert drawn["this network"]["y"] == pytest.approx(positive.tolist())

    opened(page, "Weak spots")
    assert evaluation.stars is not None
    drawn = traces(page, "slices_stars")
    for name, accuracy in zip(drawn["this network"]["y"], drawn["this network"]["x"], strict=True):
        has_them = evaluation.stars == int(name.split()[0])
        assert accuracy == pytest.approx(evaluation.is_right[has_them].mean())
    for key in ("slices_length", "slices_negations"):
        counted = traces(page, key)["this network"]
        assert len(counted["x"]) == len(counted["y"]) > 1


def test_stars_that_no_review_has_are_told_only_where_that_is_so(
    open_page: OpenPage, run: Run, studio: Studio
) -> None:
    page = opened(done(open_page(PAGE), run, studio), "Weak spots")
    evaluation = cached(run, "validation")
    assert evaluation is not None
    assert evaluation.stars is not None
    has_them = {5, 6} & set(evaluation.stars.tolist())
    assert ("5 and 6 stars" in texts(page)) != bool(has_them)

    evaluation.stars[0] = 5
    assert "5 and 6 stars" not in texts(page.run())


def test_a_review_unfolds_in_full_with_its_reading_curve(
    open_page: OpenPage, run: Run, studio: Studio
) -> None:
    page = opened(done(open_page(PAGE), run, studio), "Flips")
    assert not page.get("plotly_chart")
    evaluation = cached(run, "validation")
    assert evaluation is not None
    row = int(evaluation.rows[flips(evaluation)[0]])
    # AppTest cannot click an expander open; a browser does so by this value.
    page.session_state[f"flips_validation_{row}"] = True
    page.run()

    dataset = studio.library.load("sample")
    words = dataset.text(dataset.train, row).split()
    shown = " ".join(element.value for element in page.text).split()
    assert shown == words
    assert len(page.get("plotly_chart")) == 1


def test_a_failure_is_a_sentence_with_a_way_on(
    open_page: OpenPage, run: Run, studio: Studio, home: Path
) -> None:
    (home / "data" / "sample").unlink()
    page = open_page(PAGE)
    job = studio.evaluator.job(run, "validation")
    assert job is not None
    assert job.wait(LIMIT_S)
    page.run()

    assert not page.exception
    assert "not prepared yet" in page.error[0].value
    assert page.button(key="evaluate").label == "Try again"
