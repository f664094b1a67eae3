import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from imdb_core.config import TrainConfig
from imdb_core.errors import RunDamagedError, RunNotFoundError, RunStateError
from imdb_core.files import parse_checked_json, write_json_atomically
from imdb_core.runs import shelf
from imdb_core.runs.event_log import as_line, read_events
from imdb_core.runs.reading import read_run
from imdb_core.runs.run import DatasetInfo, Run
from imdb_core.runs.store import RunStore

REAL = DatasetInfo(
    source="imdb", origin="IMDB", fingerprint="f", is_synthetic=False,
    train_reviews=4, validation_reviews=2,
)  # fmt: skip
MADE_UP = DatasetInfo(**vars(REAL) | {"is_synthetic": True})


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


def finished_run(
    store: RunStore, accuracies: list[float], dataset: DatasetInfo = REAL, reason: str = "patience"
) -> Run:
    """A run whose best epoch is its last."""
    run = store.create(TrainConfig())
    store.describe(run.id, dataset, "CPU")
    log = store.log(run.id)
    log.append("started")
    for epoch, accuracy in enumerate(accuracies, start=1):
        log.append(
            "epoch", epoch=epoch, train_loss=0.7 - epoch / 1000, val_loss=0.7 - epoch / 1000,
            val_accuracy=accuracy, improved=True, bad_epochs=0, best_epoch=epoch,
            train_seconds=1.0, val_seconds=0.5,
        )  # fmt: skip
    log.append("stopped", reason=reason)
    return store.get(run.id)


def test_a_run_read_back_says_what_was_written(store: RunStore) -> None:
    run = finished_run(store, [0.6, 0.5])

    assert run.state == "finished"
    assert run.best is not None
    assert (run.best.epoch, run.best.val_accuracy) == (2, 0.5)
    assert run.training_seconds == 3.0
    assert run.dataset == REAL
    assert run.ending == (
        "Stopped after epoch 2: 2 epochs in a row without a better validation loss (patience 2). "
        "Epoch 2 was best: validation loss 0.6980, accuracy 50.0% on 2 reviews "
        "(95% interval 9.5% to 90.5%). Its weights are kept, and will score reviews."
    )


def run_of_epochs(store: RunStore, numbers: list[int], **more: object) -> Run:
    run = store.create(TrainConfig())
    store.describe(run.id, REAL, "CPU")
    for number in numbers:
        store.log(run.id).append(
            "epoch", epoch=number, train_loss=0.7, val_loss=0.7, val_accuracy=0.5, improved=False,
            bad_epochs=number - 1, best_epoch=1, train_seconds=1.0, val_seconds=0.5, **more,
        )  # fmt: skip
    return run


def test_a_run_with_a_gap_between_its_epochs_is_damaged_and_the_others_are_listed(
    store: RunStore,
) -> None:
    whole = finished_run(store, [0.6])
    gap = run_of_epochs(store, [1, 2, 5, 6])

    runs, faults = store.overview()
    assert [run.id for run in runs] == [whole.id]
    assert "events.jsonl is damaged" in faults[gap.id]
    assert store.resolve("best").id == store.resolve("latest").id == whole.id


def test_epochs_that_an_older_version_trained_twice_are_read_once(store: RunStore) -> None:
    run = store.get(run_of_epochs(store, [1, 2, 3, 4, 3, 4, 5, 6]).id)

    assert [record.epoch for record in run.epochs] == [1, 2, 3, 4, 5, 6]
    assert len(run.pinned) == 6


def test_a_measurement_that_is_not_known_here_makes_no_run_damaged(store: RunStore) -> None:
    run = store.get(run_of_epochs(store, [1, 2], gradient_norm=0.25).id)

    assert len(run.epochs) == 2
    assert read_events(run.folder / "events.jsonl")[-1]["gradient_norm"] == 0.25


def test_ids_sort_by_time(tmp_path: Path) -> None:
    days = iter(datetime(2026, 11, day, 10, tzinfo=UTC) for day in (3, 3, 1, 1, 2, 2))
    store = RunStore(tmp_path / "runs", now=lambda: next(days))
    for _ in range(3):
        store.create(TrainConfig())

    assert [run.id[:10] for run in store.all()] == ["2026-11-03", "2026-11-02", "2026-11-01"]


def test_best_is_the_most_accurate_on_real_data(store: RunStore) -> None:
    good = finished_run(store, [0.8])
    finished_run(store, [0.7])
    finished_run(store, [0.95], MADE_UP)

    assert store.resolve("best").id == good.id


def test_without_a_trained_run_best_says_how_to_get_one(store: RunStore) -> None:
    store.create(TrainConfig())

    with pytest.raises(RunNotFoundError, match=r"no trained run yet\. Train one"):
        store.resolve("best")


@pytest.mark.parametrize("run_id", ["../../etc", "", ".", "2026-11-22_101530_k3f9", "a\x00b"])
def test_an_id_never_leaves_the_folder(store: RunStore, run_id: str) -> None:
    finished_run(store, [0.5])

    with pytest.raises(RunNotFoundError, match="There is no run"):
        store.get(run_id)


def test_a_live_run_is_not_deleted_and_an_ended_one_is_gone_whole(store: RunStore) -> None:
    live = store.create(TrainConfig())
    ended = finished_run(store, [0.5])

    for remove in (store.delete, store.discard):
        with pytest.raises(RunStateError, match="still at work"):
            remove(live.id)
    store.discard(ended.id)

    assert [run.id for run in store.all()] == [live.id]
    assert not list(store.folder.rglob(f"*{ended.id}*"))


def test_a_deleted_run_comes_back_bit_for_bit(store: RunStore) -> None:
    first, second = finished_run(store, [0.5]), finished_run(store, [0.6])
    store.annotate(first.id, notes="mine")
    before = {path.name: path.read_bytes() for path in first.folder.iterdir()}
    store.delete(first.id)
    store.delete(second.id)

    assert store.all() == []
    assert set(store.deleted()) == {first.id, second.id}
    assert store.restore(first.id).notes == "mine"
    assert {path.name: path.read_bytes() for path in first.folder.iterdir()} == before
    with pytest.raises(RunNotFoundError, match="not in the bin"):
        store.restore(first.id)


@pytest.mark.parametrize("run_id", ["../../runs", "..", "", "2026-11-22_101530_k3f9"])
def test_only_what_is_in_the_bin_is_brought_back(store: RunStore, run_id: str) -> None:
    store.delete(finished_run(store, [0.5]).id)

    with pytest.raises(RunNotFoundError, match="not in the bin"):
        store.restore(run_id)


def test_the_bin_keeps_a_run_for_a_week(tmp_path: Path) -> None:
    today = datetime(2026, 11, 1, tzinfo=UTC)
    store = RunStore(tmp_path / "runs", now=lambda: today)
    old, new = finished_run(store, [0.5]), finished_run(store, [0.5])
    store.delete(old.id)
    today += timedelta(days=6)
    store.delete(new.id)
    assert store.deleted() == [new.id, old.id]

    today += timedelta(days=1)
    store.mark_interrupted()
    assert store.deleted() == [new.id]
    store.empty_bin()
    assert store.deleted() == []


def test_a_run_that_goes_for_good_while_the_bin_is_listed_is_left_out(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, kept = finished_run(store, [0.5]), finished_run(store, [0.5])
    for run in (gone, kept):
        store.delete(run.id)
    listed = list((store.folder / ".bin").iterdir())
    shutil.rmtree(store.folder / ".bin" / gone.id)
    monkeypatch.setattr(Path, "iterdir", lambda folder: iter(listed))

    assert store.deleted() == [kept.id]


def test_notes_tags_and_the_archive_outlast_the_process(store: RunStore) -> None:
    run = finished_run(store, [0.5])
    store.annotate(run.id, notes=" two\nlines ", tags=["a, b", " a ", "x" * 99], is_archived=True)
    store.annotate(run.id, label="named")

    again = RunStore(store.folder).get(run.id)
    assert (again.label, again.notes, again.is_archived) == ("named", "two\nlines", True)
    assert again.tags == ("a", "b", "x" * 30)


def test_an_archived_run_is_best_only_if_there_is_no_other(store: RunStore) -> None:
    good, other = finished_run(store, [0.8]), finished_run(store, [0.7])
    store.annotate(good.id, is_archived=True)
    assert store.resolve("best").id == other.id

    store.annotate(other.id, is_archived=True)
    assert store.resolve("best").id == good.id


def test_a_label_is_one_line_of_limited_length(store: RunStore) -> None:
    run = finished_run(store, [0.5])
    store.rename(run.id, "  my\nrun " + "x" * 200)

    label = store.get(run.id).label
    assert label.startswith("my run x")
    assert len(label) == 80
    store.rename(run.id, "")
    assert store.get(run.id).name == f"RNN-8 {run.id[-4:]}"


def test_a_damaged_run_is_named_and_hides_no_other(store: RunStore) -> None:
    damaged, sound = finished_run(store, [0.5]), finished_run(store, [0.6])
    (damaged.folder / "run.json").write_text("{")

    assert [run.id for run in store.all()] == [sound.id]
    assert list(store.damaged()) == [damaged.id]
    with pytest.raises(RunDamagedError, match="is damaged"):
        store.get(damaged.id)
    store.delete(damaged.id)
    assert store.damaged() == {}


def test_a_run_that_is_removed_while_one_reads_it_is_not_called_damaged(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = finished_run(store, [0.5])

    def read_too_late(folder: Path, is_own_job: Callable[[str], bool]) -> Run:
        shutil.rmtree(folder)
        return read_run(folder, is_own_job)

    monkeypatch.setattr(shelf, "read_run", read_too_late)
    for ending in ("k3f9", "k3fa"):
        shutil.copytree(run.folder, run.folder.with_name(f"2026-11-22_101530_{ending}"))
    with pytest.raises(RunNotFoundError):
        store.get("2026-11-22_101530_k3f9")
    assert store.overview() == ([run], {})


def test_a_run_of_a_newer_version_is_left_alone_with_advice(store: RunStore) -> None:
    run = finished_run(store, [0.5])
    path = run.folder / "run.json"
    write_json_atomically(path, parse_checked_json(path.read_bytes()) | {"schema": 2})

    with pytest.raises(RunDamagedError, match="newer version"):
        store.get(run.id)


def test_a_run_that_ends_while_one_reads_it_is_not_taken_for_interrupted(tmp_path: Path) -> None:
    def end(run_id: str) -> bool:
        store.log(run_id).append("stopped", reason="user")
        return False

    store = RunStore(tmp_path / "runs", is_own_job=end)
    assert store.get(store.create(TrainConfig()).id).state == "stopped"


def test_a_run_whose_process_ended_is_interrupted_and_marked_once(store: RunStore) -> None:
    code = (
        "import sys; from pathlib import Path; from imdb_core.config import TrainConfig;"
        "from imdb_core.runs.store import RunStore;"
        "print(RunStore(Path(sys.argv[1])).create(TrainConfig()).id)"
    )
    process = subprocess.run(
        [sys.executable, "-c", code, store.folder], capture_output=True, text=True, check=True
    )
    run_id = process.stdout.strip()
    own = store.create(TrainConfig())

    assert store.get(run_id).state == "interrupted"
    assert store.mark_interrupted() == [run_id]
    assert store.mark_interrupted() == []
    assert store.get(run_id).is_resumable
    assert store.get(own.id).state == "queued"


def test_a_later_process_with_the_same_number_is_not_the_owner(store: RunStore) -> None:
    run = store.create(TrainConfig())
    path = run.folder / "events.jsonl"
    event = json.loads(path.read_text())
    event["owner"]["started_at"] -= 3600
    path.write_bytes(as_line(event))

    assert store.get(run.id).state == "interrupted"


@pytest.mark.parametrize(
    ("reason", "is_resumable"), [("user", True), ("patience", False), ("max_epochs", False)]
)
def test_only_a_run_that_no_rule_ended_is_resumed(
    store: RunStore, reason: str, is_resumable: bool
) -> None:
    run = finished_run(store, [0.5], reason=reason)

    if is_resumable:
        assert store.claim(run.id).state == "queued"
    else:
        with pytest.raises(RunStateError, match="nothing left to resume"):
            store.claim(run.id)


def test_runs_of_one_second_stand_in_the_order_in_which_they_were_made(tmp_path: Path) -> None:
    noon = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
    store = RunStore(tmp_path / "runs", now=lambda: noon)
    made = [store.create(TrainConfig()).id for _ in range(8)]

    assert [run.id for run in store.all()] == made[::-1]
