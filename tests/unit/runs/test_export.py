"""The export that goes back into the notebook, on real reviews."""

import csv
import io
import json
from pathlib import Path

import pytest
import torch

from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary, Dataset
from imdb_core.data.encoded import encode_split
from imdb_core.runs.execution import execute
from imdb_core.runs.export import export, file_name
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


def test_tensorboard_reads_every_epoch_and_the_settings(sample_run: Run, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

    path = tmp_path / file_name(sample_run, "tensorboard")
    path.write_bytes(export(sample_run, "tensorboard"))
    first, settings, *epochs = LegacyEventFileLoader(str(path)).Load()

    assert path.name.startswith("events.out.tfevents.")
    assert first.file_version == "brain.Event:2"
    assert "|patience|2|" in settings.summary.value[0].tensor.string_val[0].decode()
    told = [{value.tag: value.simple_value for value in r.summary.value} for r in epochs]
    assert [record.step for record in epochs] == [1, 2, 3]
    assert [scalars["loss/validation"] for scalars in told] == [
        pytest.approx(record.val_loss) for record in sample_run.epochs
    ]


def test_the_settings_as_json_make_the_same_run_again(sample_run: Run) -> None:
    assert TrainConfig.parse(json.loads(export(sample_run, "json"))) == sample_run.config
