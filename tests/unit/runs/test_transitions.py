"""What takes a run out of the queue again."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from imdb_core.config import TrainConfig
from imdb_core.runs.ending import ending
from imdb_core.runs.export import export
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from imdb_core.ui.wording import changes_phrase
from imdb_core.visitors import TERMINAL, Visitor

EPOCH = {
    "epoch": 1, "train_loss": 0.69, "val_loss": 0.68, "val_accuracy": 0.6, "improved": True,
    "bad_epochs": 0, "best_epoch": 1, "train_seconds": 1.0, "val_seconds": 0.5,
}  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


def begun(store: RunStore) -> Run:
    """A run at work, with one epoch and a state to go on from."""
    run = store.create(TrainConfig(max_epochs=5))
    log = store.log(run.id)
    log.append("started")
    log.append("epoch", **EPOCH)
    (run.folder / "last.safetensors").write_bytes(b"")
    return store.get(run.id)


def standing(run: Run) -> tuple[object, ...]:
    return run.state, run.reason, run.error, run.error_kind, run.first_stop, run.last_epoch


def test_a_run_withdrawn_before_its_first_turn_leaves_nothing_behind(store: RunStore) -> None:
    run = store.create(TrainConfig())
    assert store.withdraw(run.id) is None
    assert not run.folder.exists()
    assert store.deleted() == []


def test_who_stopped_a_run_is_told_to_each_as_it_concerns_them(store: RunStore) -> None:
    anna, ben = Visitor(id="anna"), Visitor(id="ben")
    at_the_computer = Visitor(id="carl", is_at_computer=True)
    run = begun(store)
    store.log(run.id).append("paused", epoch=1)
    store.end_paused(run.id, anna.mark)
    stopped = store.get(run.id)
    assert (stopped.state, stopped.ended_by) == ("stopped", anna.mark)
    seen_by = {"by you": anna, "by another visitor": ben, "in another browser": at_the_computer}
    for words, visitor in seen_by.items():
        assert ending(stopped, visitor).startswith(f"Stopped {words} after epoch 1.")
    assert stopped.ending.startswith("Stopped by hand after epoch 1.")
    from_the_terminal = replace(stopped, ended_by=TERMINAL)
    assert ending(from_the_terminal, anna).startswith("Stopped from the terminal after epoch 1.")


@pytest.mark.parametrize("ending", ["paused", "failed", "interrupted"])
def test_a_withdrawn_resumption_leaves_the_run_as_it_was(store: RunStore, ending: str) -> None:
    run = begun(store)
    fields = {"error": "StorageError", "message": "The disk is full."}
    store.log(run.id).append(ending, **fields if ending == "failed" else {})
    before = store.get(run.id)
    for _ in range(2):
        store.claim(run.id)
        store.withdraw(run.id)
    assert standing(store.get(run.id)) == standing(before)
    assert store.get(run.id).is_resumable


def test_a_run_changed_while_paused_stays_paused_and_changed(store: RunStore) -> None:
    run = begun(store)
    store.log(run.id).append("paused", epoch=1)
    before = store.change(run.id, patience=7)
    store.claim(run.id)
    store.withdraw(run.id)
    after = store.get(run.id)
    assert (after.state, after.config, after.changes) == ("paused", before.config, before.changes)


def test_to_keep_going_and_think_better_of_it_changes_nothing(store: RunStore) -> None:
    run = begun(store)
    store.log(run.id).append("stopped", **run.stopped_event("patience"))
    before = store.get(run.id)
    store.keep_going(run.id, 3)
    store.withdraw(run.id)
    after = store.get(run.id)
    assert standing(after) == standing(before)
    assert after.can_keep_going


def test_a_run_whose_process_died_unnoticed_is_interrupted_again(store: RunStore) -> None:
    abandoned = RunStore(store.folder, is_own_job=lambda run_id: False)
    run = begun(store)
    abandoned.claim(run.id)
    abandoned.withdraw(run.id)
    assert store.get(run.id).state == "interrupted"


def test_settings_and_what_was_changed_on_the_way_stay_apart(store: RunStore) -> None:
    run = begun(store)
    began_with = (run.folder / "run.json").read_bytes()
    log = store.log(run.id)
    log.append("paused", epoch=1)
    store.change(run.id, learning_rate=0.003)
    store.change(run.id, learning_rate=0.002, patience=9)
    log = store.log(run.id)
    log.append("resumed", epoch=1)
    log.append("epoch", **EPOCH | {"epoch": 2, "bad_epochs": 1, "improved": False})
    changed = store.get(run.id)

    assert (run.folder / "run.json").read_bytes() == began_with
    assert changed.config == run.config
    assert changed.course("learning_rate") == ((1, 2e-4), (2, 0.002))
    assert [changed.config_of(epoch).learning_rate for epoch in (1, 2)] == [2e-4, 0.002]
    assert changed.config_in_force.patience == 9

    settings = json.loads(export(changed, "json"))
    assert settings["learning_rate"] == 2e-4
    assert settings["changes"][-1] == {"after_epoch": 1, "learning_rate": 0.002, "patience": 9}
    rows = csv.DictReader(io.StringIO(export(changed, "csv").decode()))
    assert [float(row["learning_rate"]) for row in rows] == [2e-4, 0.002]
    assert changes_phrase(changed).endswith("learning rate 0.002, patience 9.")
