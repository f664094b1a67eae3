"""The export that goes back into the notebook, on real reviews."""

import csv
import io
from pathlib import Path

import pytest
import torch

from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary, Dataset
from imdb_core.data.encoded import encode_split
from imdb_core.runs.execution import execute
from imdb_core.runs.export import export
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from imdb_core.stop_flag import StopFlag
from tests.conftest import settings_in
from tests.notebook import IMDBRnn


@pytest.fixture(scope="module")
def run(keras_prepared_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    store = RunStore(tmp_path_factory.mktemp("home") / "runs")
    queued = store.create(TrainConfig(max_epochs=3, learning_rate=2e-3))
    library = DataLibrary(settings_in(keras_prepared_home))
    return execute(queued.id, store, library, stop=StopFlag())


@pytest.mark.imdb
def test_the_notebooks_class_loads_the_export_and_gives_the_reported_accuracy(
    run: Run, keras_dataset: Dataset
) -> None:
    model = IMDBRnn()
    state = torch.load(io.BytesIO(export(run, "pt")), weights_only=True)
    model.load_state_dict(state, strict=True)
    validation = encode_split(keras_dataset, "validation", run.config)

    with torch.no_grad():
        outputs = model.eval()(torch.from_numpy(validation.ids)).squeeze()
    corrects = int(((outputs > 0.5) == torch.from_numpy(validation.labels)).sum())

    assert run.best is not None
    assert corrects == round(run.best.val_accuracy * 5000)
    assert corrects / 5000 == run.best.val_accuracy


@pytest.mark.imdb
def test_the_history_as_csv_reads_back_to_the_last_bit(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(export(run, "csv").decode())))

    assert [float(row["val_loss"]) for row in rows] == [r.val_loss for r in run.epochs]
    assert [int(row["epoch"]) for row in rows] == [1, 2, 3]
