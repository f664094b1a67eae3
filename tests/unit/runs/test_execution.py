"""Whole runs on the sample, in this process."""

from pathlib import Path
from typing import Any

import pytest
import torch

from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary
from imdb_core.evaluation import evaluate
from imdb_core.runs.checkpoints import load_weights
from imdb_core.runs.event_log import Event
from imdb_core.runs.execution import execute
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from imdb_core.stop_flag import StopFlag
from imdb_core.training.fast_engine import FastEngine
from imdb_core.training.torch_engine import TorchEngine
from tests.conftest import settings_in

SAMPLE = TrainConfig(source="sample", max_epochs=4, patience=4, learning_rate=3e-3)


@pytest.fixture
def library(sample_home: Path) -> DataLibrary:
    return DataLibrary(settings_in(sample_home))


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


def trained(store: RunStore, library: DataLibrary, config: TrainConfig) -> Run:
    run = store.create(config)
    return execute(run.id, store, library, stop=StopFlag())


@pytest.mark.parametrize(
    "changes",
    [
        {"cell": "rnn", "num_layers": 2},
        {"cell": "gru", "bidirectional": True, "dropout": 0.5},
        {"cell": "lstm", "readout": "mean_max", "weight_decay": 0.01},
        {"initialization": "keras", "gradient_clip": 1.0, "batch_size": 100},
        {"initialization": "word_vectors", "weight_average": 0.9, "engine": "fast"},
        {"initialization": "word_vectors", "weight_average": 0.9, "engine": "torch"},
    ],
)
def test_the_reported_accuracy_is_that_of_the_kept_weights(
    store: RunStore, library: DataLibrary, changes: dict[str, object]
) -> None:
    run = trained(store, library, SAMPLE.changed(max_epochs=2, max_length=30, **changes))

    assert run.state == "finished", run.error
    assert run.best is not None
    evaluation = evaluate(run, library, "validation")
    assert (evaluation.epoch, evaluation.accuracy) == (run.best.epoch, run.best.val_accuracy)
    assert evaluation.reviews == 800


def test_training_for_exactly_the_best_epochs_gives_the_kept_weights(
    store: RunStore, library: DataLibrary
) -> None:
    config = SAMPLE.changed(learning_rate=0.05, max_epochs=30, patience=3)
    run = trained(store, library, config)
    assert run.best is not None
    assert run.best.epoch < len(run.epochs)

    short = trained(store, library, config.changed(max_epochs=run.best.epoch))

    kept, epoch = load_weights(run.best_weights)
    last, _ = load_weights(short.folder / "epochs" / f"{run.best.epoch:04d}.safetensors")
    assert epoch == run.best.epoch
    assert all((kept[name] == last[name]).all() for name in last)


def test_weights_are_on_disk_before_the_event_that_announces_them(
    store: RunStore, library: DataLibrary
) -> None:
    run = store.create(SAMPLE)
    epochs_on_disk = []

    def look(event: Event) -> None:
        if event["event"] == "epoch":
            assert load_weights(run.folder / "best.safetensors")[1] == event["best_epoch"]
            epochs_on_disk.append(event["epoch"])

    execute(run.id, store, library, stop=StopFlag(), on_event=look)

    assert epochs_on_disk == [1, 2, 3, 4]


def test_a_stop_is_noticed_and_keeps_what_is_finished(
    store: RunStore, library: DataLibrary
) -> None:
    run = store.create(SAMPLE.changed(max_epochs=50))
    stop = StopFlag()

    def stop_after_two(event: Event) -> None:
        if event.get("epoch") == 2:
            stop.set()

    ended = execute(run.id, store, library, stop=stop, on_event=stop_after_two)

    assert (ended.state, ended.reason, len(ended.epochs)) == ("stopped", "user", 2)
    assert ended.can_score


def test_a_run_stopped_before_its_first_epoch_has_nothing_to_score(
    store: RunStore, library: DataLibrary
) -> None:
    run = store.create(SAMPLE)
    stop = StopFlag()
    stop.set()
    ended = execute(run.id, store, library, stop=stop)

    assert (ended.state, ended.reason, ended.can_score) == ("stopped", "user", False)


def test_a_run_killed_before_its_end_was_written_down_trains_no_further(
    store: RunStore, library: DataLibrary
) -> None:
    ended = trained(store, library, SAMPLE.changed(learning_rate=0.05, patience=1, max_epochs=50))
    assert ended.reason == "patience"
    events = ended.folder / "events.jsonl"
    events.write_bytes(b"".join(events.read_bytes().splitlines(keepends=True)[:-1]))

    killed = RunStore(store.folder, is_own_job=lambda run_id: False)
    killed.claim(ended.id)
    resumed = execute(ended.id, store, library, stop=StopFlag())

    assert (resumed.reason, resumed.epochs) == ("patience", ended.epochs)


@pytest.mark.parametrize("engine", [TorchEngine, FastEngine])
def test_a_loss_that_explodes_ends_the_run_with_advice_and_keeps_the_best(
    store: RunStore, library: DataLibrary, monkeypatch: pytest.MonkeyPatch, engine: Any
) -> None:
    train_epoch = engine.train_epoch
    epochs = 0

    def poisoned(self: Any, *arguments: Any) -> float | None:
        nonlocal epochs
        epochs += 1
        if epochs == 2:
            weights = self.weights()
            weights["dense.bias"][:] = float("nan")
            self.restore(weights, self.optimizer_state())
        return train_epoch(self, *arguments)

    monkeypatch.setattr(engine, "train_epoch", poisoned)
    ended = trained(store, library, SAMPLE.changed(engine=engine.name))

    assert ended.state == "failed"
    assert "training loss became nan in epoch 2. Lower the learning rate" in (ended.error or "")
    assert ended.best is not None
    assert ended.best.epoch == 1
    assert ended.has_exploded
    assert not ended.is_resumable


def test_a_device_that_is_not_there_fails_with_its_name(
    store: RunStore, library: DataLibrary
) -> None:
    missing = "mps" if torch.cuda.is_available() else "cuda"
    ended = trained(store, library, SAMPLE.changed(device=missing))

    assert ended.state == "failed"
    assert f"no {missing} device" in (ended.error or "")


def test_epoch_weights_above_the_limit_are_not_kept(store: RunStore, library: DataLibrary) -> None:
    config = SAMPLE.changed(vocab_size=40_000, embedding_dim=64, max_epochs=1)
    run = trained(store, library, config)

    assert run.can_score
    assert not (run.folder / "epochs").exists()


def test_the_same_seed_gives_the_same_curve_and_another_one_another(
    store: RunStore, library: DataLibrary
) -> None:
    config = SAMPLE.changed(cell="lstm", dropout=0.2, max_epochs=2)
    first, second = trained(store, library, config), trained(store, library, config)
    other = trained(store, library, config.changed(seed=1))

    losses = [[r.val_loss for r in run.epochs] for run in (first, second, other)]
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]
