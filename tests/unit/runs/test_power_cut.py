"""Whatever a kill, a power cut or a copy leaves of a run, it goes on to the same end."""

import shutil
import sys
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest

from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary
from imdb_core.errors import RunDamagedError
from imdb_core.runs import checkpoints
from imdb_core.runs.archive import as_zip
from imdb_core.runs.archive_import import import_run
from imdb_core.runs.checkpoints import load_state, load_weights
from imdb_core.runs.event_log import read_events
from imdb_core.runs.execution import execute
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from imdb_core.runs.weights import load_best
from imdb_core.scoring import Scorer
from imdb_core.stop_flag import StopFlag
from tests.conftest import settings_in
from tests.unit.disk import Files, Forgetful, files_in, watched, write_files

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="watches files by /proc")

CONFIG = TrainConfig(
    source="sample", max_epochs=4, patience=4, vocab_size=100, embedding_dim=8, hidden_size=2,
    max_length=20, learning_rate=0.1, dropout=0.2, batch_size=250, seed=2,
)  # fmt: skip


@pytest.fixture(scope="module")
def library(sample_home: Path) -> DataLibrary:
    return DataLibrary(settings_in(sample_home))


class Watch:
    """A whole training, and its folder after every step."""

    def __init__(self, folder: Path, library: DataLibrary) -> None:
        store = RunStore(folder)
        run = store.create(CONFIG, label="watched")
        self.killed: list[Files] = []
        self.without_power: list[Files] = []
        disk = Forgetful(run.folder)

        def step(kind: str, path: Path) -> None:
            if kind == "fsync":
                disk.sync(path)
            if kind in ("fsync", "replace", "mkdir"):
                keep(self.killed, files_in(run.folder))
                keep(self.without_power, disk.left())

        with watched(run.folder, lambda kind, path: None, step):
            self.run = execute(run.id, store, library, stop=StopFlag())
        assert self.run.state == "finished", self.run.error
        # Or the states below would all be alike.
        assert [record.improved for record in self.run.epochs] == [True, True, False, True]

    @property
    def moments(self) -> list[Files]:
        """The folder right after each epoch's event."""
        found: dict[int, Files] = {}
        for files in self.killed:
            epochs = files["events.jsonl"].count(b'"event": "epoch"')
            found.setdefault(epochs, files)
        return [found[epoch] for epoch in (1, 2, 3, 4)]


def keep(states: list[Files], files: Files) -> None:
    if files not in states:
        states.append(files)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, library: DataLibrary) -> Watch:
    return Watch(tmp_path_factory.mktemp("watched") / "runs", library)


@pytest.fixture
def folder(tmp_path: Path, seen: Watch) -> Path:
    """Where the run stands in a store of its own."""
    return tmp_path / "runs" / seen.run.id


def left(folder: Path, files: Files) -> RunStore:
    """A store where a run of a process that is gone is left so."""
    shutil.rmtree(folder, ignore_errors=True)
    write_files(folder, files)
    return RunStore(folder.parent, is_own_job=lambda run_id: False)


def end_of(store: RunStore, run_id: str, library: DataLibrary) -> Run:
    store.claim(run_id)
    return execute(run_id, store, library, stop=StopFlag())


def check_same_end(run: Run, expected: Run) -> None:
    assert run.state == "finished", run.error

    def curve(run: Run) -> list[tuple[float, ...]]:
        return [record[:-2] for record in run.epochs]

    assert curve(run) == curve(expected)
    epochs = [e["epoch"] for e in read_events(run.folder / "events.jsonl") if e["event"] == "epoch"]
    assert epochs == [1, 2, 3, 4]
    for path in (expected.folder / "best.safetensors", *expected.folder.glob("epochs/*")):
        name = path.relative_to(expected.folder)
        weights, epoch = load_weights(run.folder / name, run.weights_sha256)
        theirs, their_epoch = load_weights(expected.folder / name, expected.weights_sha256)
        assert epoch == their_epoch
        assert all((weights[key] == theirs[key]).all() for key in theirs)
    state, _ = load_state(run.folder, run.state_sha256)
    their_state, _ = load_state(expected.folder, expected.state_sha256)
    assert (state.generator == their_state.generator).all()
    assert all((state.optimizer[k] == v).all() for k, v in their_state.optimizer.items())


def check_goes_on(files: Files, folder: Path, seen: Watch, library: DataLibrary) -> None:
    """Shown, scored, exported, imported and resumed, here and there: the same end."""
    store = left(folder, files)
    run = store.get(folder.name)
    if run.is_resumable:
        if run.can_score:
            Scorer.load(run).score("A good film.")
        content = as_zip(run)
        elsewhere = RunStore(folder.parent / "elsewhere")
        imported = import_run(elsewhere, BytesIO(content))
        check_same_end(end_of(elsewhere, imported.id, library), seen.run)
        shutil.rmtree(elsewhere.folder)
        check_same_end(end_of(store, run.id, library), seen.run)
    else:
        check_same_end(run, seen.run)


def test_a_run_killed_after_any_step_goes_on_to_the_same_end(
    seen: Watch, folder: Path, library: DataLibrary
) -> None:
    assert len(seen.killed) > 30
    for files in seen.killed:
        check_goes_on(files, folder, seen, library)


def test_a_network_too_large_to_keep_each_epoch_goes_on_to_the_same_end(
    tmp_path: Path, library: DataLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "EPOCH_LIMIT_BYTES", 0)
    seen = Watch(tmp_path / "watched", library)
    assert not (seen.run.folder / "epochs").exists()

    states = [files for files in seen.killed if files not in seen.without_power]
    for files in (*states, *seen.without_power):
        check_goes_on(files, tmp_path / "runs" / seen.run.id, seen, library)


def test_a_run_whose_last_event_is_torn_goes_on_to_the_same_end(
    seen: Watch, folder: Path, library: DataLibrary
) -> None:
    for files in seen.moments:
        torn = files | {"events.jsonl": files["events.jsonl"][:-20]}
        check_goes_on(torn, folder, seen, library)


def test_a_power_cut_after_any_step_loses_no_epoch_that_was_told(
    seen: Watch, folder: Path, library: DataLibrary
) -> None:
    assert len(seen.without_power) > 14
    for files in seen.without_power:
        epochs = files["events.jsonl"].count(b'"event": "epoch"')
        store = left(folder, files)
        if epochs:
            state, _ = load_state(folder, store.get(folder.name).state_sha256)
            assert state.epoch in (epochs, epochs + 1)
        check_goes_on(files, folder, seen, library)


@pytest.mark.parametrize("events", [1, 2, 3, 4])
@pytest.mark.parametrize("weights", [1, 2, 3, 4])
def test_events_and_weights_of_two_moments_are_brought_together(
    events: int, weights: int, seen: Watch, folder: Path, library: DataLibrary
) -> None:
    """As where a disk kept less than it promised."""
    told = seen.moments[events - 1]
    files = seen.moments[weights - 1] | {"events.jsonl": told["events.jsonl"]}
    store = left(folder, files)
    run = store.get(folder.name)
    assert run.best is not None
    with suppress(RunDamagedError):  # which it is told of where weights are of another epoch
        assert load_best(run)[1] in (run.best.epoch, len(run.epochs) + 1)
    resumed = end_of(store, run.id, library)

    check_same_end(resumed, seen.run)
    (went_on,) = (e for e in read_events(folder / "events.jsonl") if e["event"] == "resumed")
    assert went_on["epoch"] == (weights if weights <= events + 1 else 0)


@pytest.mark.parametrize("name", ["best.safetensors", "last.safetensors", "vocabulary.json"])
def test_a_file_that_is_lost_is_made_again(
    name: str, seen: Watch, folder: Path, library: DataLibrary
) -> None:
    files = dict(seen.moments[2])
    del files[name]

    check_same_end(end_of(left(folder, files), folder.name, library), seen.run)


def test_best_weights_that_are_damaged_are_taken_from_their_epoch(
    seen: Watch, folder: Path, library: DataLibrary
) -> None:
    files = seen.moments[2] | {"best.safetensors": b""}

    check_same_end(end_of(left(folder, files), folder.name, library), seen.run)


def test_a_damaged_state_is_named_and_not_trained_on(
    seen: Watch, folder: Path, library: DataLibrary
) -> None:
    before = seen.moments[2]
    content = bytearray(before["last.safetensors"])
    content[-1] ^= 1
    run = end_of(left(folder, before | {"last.safetensors": bytes(content)}), folder.name, library)

    assert run.state == "failed"
    assert "last.safetensors is damaged" in str(run.error)
    assert len(run.epochs) == 3
    assert files_in(folder)["best.safetensors"] == before["best.safetensors"]


def test_weights_of_another_moment_under_the_name_of_an_epoch_are_refused(
    seen: Watch, folder: Path
) -> None:
    files = dict(seen.moments[3])
    files["epochs/0002.safetensors"] = files["epochs/0001.safetensors"]
    run = left(folder, files).get(folder.name)

    with pytest.raises(RunDamagedError, match=r"0002\.safetensors is damaged.*of epoch 1"):
        Scorer.load(run, 2)


def test_a_run_is_exported_whole_at_every_moment_while_it_trains(
    tmp_path: Path, library: DataLibrary
) -> None:
    store = RunStore(tmp_path / "runs")
    run_id = store.create(CONFIG).id
    epochs: list[int] = []

    def export(kind: str, path: Path) -> None:
        if kind == "replace":
            content = as_zip(store.get(run_id))
            elsewhere = RunStore(tmp_path / f"elsewhere {len(epochs)}")
            epochs.append(len(import_run(elsewhere, BytesIO(content)).epochs))

    with watched(store.folder / run_id, lambda kind, path: None, export):
        execute(run_id, store, library, stop=StopFlag())

    assert set(epochs) == {0, 1, 2, 3}
    assert epochs == sorted(epochs)
