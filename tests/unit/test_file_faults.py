"""A file call that fails, whichever it is, is told in one sentence and harms nothing."""

import errno
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest

from imdb_core.cli import main
from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary
from imdb_core.data.tables.report import OwnReviews
from imdb_core.errors import StudioError
from imdb_core.runs.archive import as_zip
from imdb_core.runs.archive_import import import_run
from imdb_core.runs.execution import execute
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from imdb_core.scoring import Scorer
from imdb_core.stop_flag import StopFlag
from tests.conftest import settings_in
from tests.unit.disk import WRITES, files_in, read_only, watched

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="watches files by /proc")

CONFIG = TrainConfig(
    source="sample", max_epochs=2, vocab_size=100, embedding_dim=2, hidden_size=2, max_length=10,
    batch_size=500,
)  # fmt: skip
WRITING = [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT, errno.EACCES]
READING = [errno.EIO, errno.EACCES]
OPENING = ("open to read", "open to write", "scandir", "listdir")
_MOST_CALLS = 400
WRONG = re.compile(r"damaged|missing|safetensors file|no file of|Unexpected|Traceback|delete")


@pytest.fixture
def home(tmp_path: Path, sample_home: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sample").symlink_to(sample_home / "data" / "sample")
    return tmp_path


@pytest.fixture
def library(home: Path) -> DataLibrary:
    return DataLibrary(settings_in(home))


@pytest.fixture
def store(home: Path) -> RunStore:
    return RunStore(home / "runs", is_own_job=lambda run_id: False)


@pytest.fixture
def run(store: RunStore, library: DataLibrary) -> Run:
    """One that was there before; nothing may happen to it."""
    return execute(store.create(CONFIG).id, store, library, stop=StopFlag())


def errors_of(kind: str) -> list[int]:
    """What the system may answer to such a call."""
    return (WRITING if kind in WRITES else READING) + [errno.EMFILE] * (kind in OPENING)


class Fault:
    """Lets the calls up to one through, then fails it, or it and all that may fail likewise.

    Attributes:
        said: the error, once it happened.
    """

    def __init__(self, number: int, *, lasts: bool) -> None:
        self._number, self._lasts = number, lasts
        self._calls = 0
        self.said: OSError | None = None

    def __call__(self, kind: str, path: Path) -> None:
        self._calls += 1
        errors = errors_of(kind)
        if self._calls == self._number:
            code = errors[(self._number // 3 + self._lasts) % len(errors)]
        elif self.said is not None and self._lasts and self.said.errno in errors:
            code = self.said.errno
        else:
            return
        self.said = self.said or OSError(code, f"{os.strerror(code)} ({kind})", str(path))
        raise OSError(code, os.strerror(code), str(path))


def each_fault(home: Path, act: Callable[[], object]) -> Iterator[StudioError | None]:
    """Do `act` again and again, each time with the next call failing, once or from there on; gives
    what it raised. Any other error than a StudioError is a defect and ends the test.
    """
    for lasts in (False, True):
        for number in range(1, _MOST_CALLS):
            fault = Fault(number, lasts=lasts)
            raised = tried(home, fault, act)
            assert not WRONG.search(str(raised)), f"call {number}, {fault.said!r}: {raised!r}"
            yield raised
            if fault.said is None:
                assert raised is None
                break
        else:
            raise AssertionError("it never ends: does what it leaves behind make it call more?")


def tried(home: Path, fault: Fault, act: Callable[[], object]) -> StudioError | None:
    try:
        with watched(home, fault):
            act()
    except StudioError as error:
        return error
    except Exception as error:
        raise AssertionError(f"{fault.said!r}") from error
    return None


def test_a_training_that_fails_says_why_and_harms_no_other_run(
    home: Path, store: RunStore, library: DataLibrary, run: Run
) -> None:
    before = files_in(run.folder)

    def train() -> None:
        run_id = store.create(CONFIG.changed(max_epochs=1)).id
        ended = execute(run_id, store, library, stop=StopFlag())
        if ended.state == "failed":
            assert ended.error is not None
            assert not WRONG.search(ended.error), ended.error

    for _ in each_fault(home, train):
        assert files_in(run.folder) == before
        runs, faults = store.overview()
        assert not faults
        assert runs.pop().id == run.id
        for failed in runs:
            store.discard(failed.id)


def test_reading_that_fails_says_why(home: Path, store: RunStore, run: Run) -> None:
    def read() -> None:
        found, faults = RunStore(store.folder).overview()
        assert not any(WRONG.search(fault) for fault in faults.values()), faults
        assert len(found) + len(faults) == 1
        again = RunStore(store.folder).get(run.id)
        for epoch in (None, 1, 2):
            Scorer.load(again, epoch).score("A good film.")
        as_zip(again)
        store.newest()
        store.deleted()

    for _ in each_fault(home, read):
        pass


def test_a_change_that_fails_leaves_the_run_as_it_was_or_as_it_was_to_be(
    home: Path, store: RunStore, run: Run
) -> None:
    def change() -> None:
        store.annotate(run.id, notes="changed")
        store.delete(run.id)
        store.restore(run.id)
        store.keep_going(run.id, 1)
        store.withdraw(run.id)

    for _ in each_fault(home, change):
        if run.id in store.deleted():
            store.restore(run.id)
        assert store.get(run.id).notes in ("", "changed")
        assert store.get(run.id).epochs == run.epochs
        if store.get(run.id).state == "interrupted":  # queued, and that was not withdrawn
            store.log(run.id).append("stopped", reason="max_epochs")


def test_an_import_that_fails_leaves_nothing_and_one_that_does_not_leaves_a_run(
    home: Path, store: RunStore, library: DataLibrary, run: Run
) -> None:
    elsewhere = execute(store.create(CONFIG).id, store, library, stop=StopFlag())
    content = as_zip(elsewhere)
    store.discard(elsewhere.id)
    for raised in each_fault(home, lambda: import_run(store, BytesIO(content))):
        runs, faults = store.overview()
        assert not faults
        assert len(runs) == (1 if raised else 2), raised
        for imported in runs:
            if imported.id != run.id:
                store.discard(imported.id)


def test_own_reviews_whose_adding_fails_are_not_called_damaged(
    home: Path, library: DataLibrary
) -> None:
    texts = [f"film {number}" for number in range(10)]
    reviews = OwnReviews(texts=texts, labels=[1, 0] * 5, stars=None)

    def add() -> None:
        for status in [library.status("own-films")]:
            assert status.is_prepared or "are not here" in status.advice or "read" in status.advice
        library.add_own("films", reviews, file_name="films.csv")
        DataLibrary(settings_in(home)).load("own-films")
        library.delete("own-films")

    for _ in each_fault(home, add):
        library.delete("own-films")
        for left in (home / "data").glob(".own-*.tmp"):  # what could not be removed, until a start
            shutil.rmtree(left)
    left_there = [path.name for path in (home / "data").iterdir() if path.is_dir()]
    assert left_there == ["sample"]


COMMANDS = [["runs", "list"], ["runs", "show", "best"], ["score", "A good film."],
            ["evaluate", "--json"], ["data", "status"]]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_home_that_is_read_only_is_read(
    command: list[str],
    home: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("IMDB_STUDIO_HOME", str(home))

    with watched(home, read_only):
        assert main(command) == 0

    said = capsys.readouterr()
    assert said.out
    assert said.err == ""


NEED_WRITING = [["train", "--source", "sample"], ["runs", "delete", "ID"], ["runs", "resume", "ID"]]


@pytest.mark.parametrize("command", NEED_WRITING, ids=" ".join)
def test_what_needs_a_home_that_can_be_written_says_so_in_one_line(
    command: list[str],
    home: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("IMDB_STUDIO_HOME", str(home))

    with watched(home, read_only):
        assert main([run.id if word == "ID" else word for word in command]) == 1

    (line,) = capsys.readouterr().err.splitlines()
    assert "its disk is read-only" in line
