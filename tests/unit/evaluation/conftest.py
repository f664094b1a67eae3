"""One run on the sample that went on past its best epoch."""

import shutil
from pathlib import Path

import pytest

from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary
from imdb_core.evaluation import Evaluation, evaluate
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from tests.browser.homes import lend, train
from tests.conftest import settings_in

WORSE_AT_LAST = TrainConfig(source="sample", learning_rate=0.05, patience=1)


@pytest.fixture(scope="session")
def evaluated_home(tmp_path_factory: pytest.TempPathFactory, sample_home: Path) -> Path:
    """A home with the sample and one run, evaluated on its validation split; read-only."""
    home = tmp_path_factory.mktemp("evaluated") / "home"
    lend(sample_home, "sample", home)
    evaluate(train(home, WORSE_AT_LAST), DataLibrary(settings_in(home)), "validation")
    return home


@pytest.fixture(scope="session")
def library(evaluated_home: Path) -> DataLibrary:
    return DataLibrary(settings_in(evaluated_home))


@pytest.fixture(scope="session")
def evaluation(evaluated_home: Path, library: DataLibrary) -> Evaluation:
    (run,) = RunStore(evaluated_home / "runs").all()
    return evaluate(run, library, "validation")


@pytest.fixture
def run(evaluated_home: Path, tmp_path: Path) -> Run:
    """A copy of the run, with its evaluation, to be changed at will."""
    shutil.copytree(evaluated_home / "runs", tmp_path / "runs")
    (run,) = RunStore(tmp_path / "runs").all()
    return run
