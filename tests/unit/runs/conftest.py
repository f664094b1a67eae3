"""Runs to export, trained once."""

from pathlib import Path

import pytest

from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary
from imdb_core.runs.execution import execute
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from imdb_core.stop_flag import StopFlag
from tests.conftest import settings_in


@pytest.fixture(scope="module")
def sample_run(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Three epochs of a small network with every kind of file; read-only."""
    store = RunStore(tmp_path_factory.mktemp("exported") / "runs")
    config = TrainConfig(source="sample", cell="gru", readout="mean_max", max_epochs=3)
    queued = store.create(config, label="näme", pinned_texts=["A good film."], guess=2)
    store.annotate(queued.id, notes="two\nlines", tags=["one", "two"])
    run = execute(queued.id, store, DataLibrary(settings_in(sample_home)), stop=StopFlag())
    assert run.state == "finished", run.error
    return run
