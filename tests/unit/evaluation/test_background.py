"""What is worked out beside the pages is begun once, and failures pass."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from imdb_core.data import DataLibrary
from imdb_core.errors import DataError, PreparationCancelledError, StudioError
from imdb_core.evaluation import background, baseline_rows
from imdb_core.evaluation.background import Evaluator
from imdb_core.evaluation.baseline_rows import BaselineRows
from imdb_core.jobs import Job
from imdb_core.runs.run import Run
from tests.limits import LIMIT_S


@pytest.fixture
def unjudged(run: Run) -> Run:
    """The run without its evaluation."""
    shutil.rmtree(run.folder / "evaluation")
    return run


@pytest.fixture
def evaluator() -> Iterator[Evaluator]:
    evaluator = Evaluator()
    yield evaluator
    evaluator.end()


class Asked:
    """Stands for `evaluate`: counts its calls and fails as it is told."""

    def __init__(self, error: Exception) -> None:
        self.times = 0
        self.error = error

    def __call__(self, *_: object, **__: object) -> None:
        self.times += 1
        raise self.error


def ended(evaluator: Evaluator, run: Run) -> None:
    job = evaluator.job(run, "validation")
    assert job is not None
    assert job.wait(LIMIT_S)


def test_the_first_question_has_it_worked_out_and_the_folder_knows_it_then(
    evaluator: Evaluator, unjudged: Run, library: DataLibrary
) -> None:
    assert evaluator.get(unjudged, "validation", library) is None
    ended(evaluator, unjudged)

    for each in (evaluator, Evaluator()):
        found = each.get(unjudged, "validation", library)
        assert found is not None
        assert found.accuracy == unjudged.best.val_accuracy  # type: ignore[union-attr]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Asked:
    asked = Asked(request.param)
    monkeypatch.setattr(background, "evaluate", asked)
    return asked


@pytest.mark.parametrize("asked", [PreparationCancelledError("cancelled")], indirect=True)
def test_what_was_cancelled_is_begun_anew(
    evaluator: Evaluator, asked: Asked, unjudged: Run, library: DataLibrary
) -> None:
    for times in (1, 2):
        assert evaluator.get(unjudged, "validation", library) is None
        ended(evaluator, unjudged)
        assert asked.times == times


@pytest.mark.parametrize("asked", [DataError("not prepared yet")], indirect=True)
def test_a_failure_stays_until_it_is_forgotten(
    evaluator: Evaluator,
    asked: Asked,
    unjudged: Run,
    library: DataLibrary,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    evaluator.get(unjudged, "validation", library)
    ended(evaluator, unjudged)
    for _ in range(2):
        with pytest.raises(DataError, match="not prepared yet"):
            evaluator.get(unjudged, "validation", library)
    assert asked.times == 1

    monkeypatch.undo()
    evaluator.forget(unjudged, "validation")
    assert evaluator.get(unjudged, "validation", library) is None
    ended(evaluator, unjudged)
    assert evaluator.get(unjudged, "validation", library) is not None


@pytest.mark.parametrize("asked", [ZeroDivisionError()], indirect=True)
def test_a_defect_is_met_once_only(
    evaluator: Evaluator, asked: Asked, unjudged: Run, library: DataLibrary
) -> None:
    evaluator.get(unjudged, "validation", library)
    ended(evaluator, unjudged)
    evaluator.forget(unjudged, "validation")
    with pytest.raises(StudioError, match="log says why"):
        evaluator.get(unjudged, "validation", library)
    assert asked.times == 1


def test_baselines_that_failed_are_found_when_they_are_asked_for_again(
    evaluator: Evaluator,
    run: Run,
    library: DataLibrary,
    evaluated_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = evaluated_home / "data"
    shutil.rmtree(folder / "sample" / "baselines", ignore_errors=True)
    with monkeypatch.context() as patch:
        patch.setattr(baseline_rows, "compute", Asked(DataError("memory ran out")))
        failed = evaluator.baselines(run, library, folder)
        assert isinstance(failed, Job)
        assert failed.wait(LIMIT_S)
        assert isinstance(failed.error, DataError)

    again = evaluator.baselines(run, library, folder)
    assert isinstance(again, Job)
    assert again.wait(LIMIT_S)
    assert isinstance(evaluator.baselines(run, library, folder), BaselineRows)
