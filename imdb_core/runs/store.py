"""All runs of one home folder."""

from __future__ import annotations

import contextlib
import itertools
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock

from imdb_core.config import TrainConfig
from imdb_core.errors import (
    RunDamagedError,
    RunError,
    RunExistsError,
    RunStateError,
    StorageError,
)
from imdb_core.files import is_there, parse_checked_json, write_json_atomically
from imdb_core.owner import this_process
from imdb_core.runs import transitions
from imdb_core.runs.annotations import LABEL_LIMIT, clean_label, cleaned
from imdb_core.runs.archive import without_owner
from imdb_core.runs.checkpoints import read
from imdb_core.runs.choice import NAMES, choose
from imdb_core.runs.digest import code_mark, machine_facts
from imdb_core.runs.event_log import Event, EventLog, read_events, utc_now
from imdb_core.runs.folder import EVENTS, RUN_JSON
from imdb_core.runs.reading import read_run
from imdb_core.runs.recycling import RecycleBin
from imdb_core.runs.run import SCHEMA_VERSION, DatasetInfo, Run
from imdb_core.runs.shelf import RunShelf

logger = logging.getLogger(__name__)

_PACKAGES = ("torch", "numpy", "numba")


class RunStore:
    """Creates, lists, reads and deletes run folders.

    Attributes:
        shelf: the folders themselves.

    Args:
        folder: holds one folder a run; made when the first run is.
        is_own_job: whether this process still works on a run that it owns.
        now: the clock.
    """

    def __init__(
        self,
        folder: Path,
        *,
        is_own_job: Callable[[str], bool] = lambda run_id: True,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.folder = folder
        self._now = now
        self.shelf = RunShelf(folder, is_own_job)
        self._bin = RecycleBin(folder / ".bin", now)

    def create(
        self,
        config: TrainConfig,
        *,
        label: str = "",
        parent: str | None = None,
        pinned_texts: Sequence[str] = (),
        guess: int | None = None,
        visitor: str = "",
    ) -> Run:
        """A new run, queued, owned by this process.

        Args:
            config: its settings.
            label: the user's name for it.
            parent: the run that it goes on from.
            pinned_texts: as `checked_texts` gives them.
            guess: the epoch at which the user thinks it will stop.
            visitor: the mark of whoever starts it, if a visitor does.

        Raises:
            StorageError: the folder cannot be written.
        """
        now = self._now()
        run_id = self.shelf.free_id(f"{now:%Y-%m-%d_%H%M%S}")
        facts = {
            "schema": SCHEMA_VERSION,
            "label": clean_label(label),
            "created": now.isoformat(timespec="milliseconds"),
            "config": config.model_dump(),
            "dataset": None,
            "device": "",
            "versions": {name: version(name) for name in _PACKAGES}
            | {"project": code_mark()}
            | machine_facts(),
            "parent": parent,
            "pinned_texts": list(pinned_texts),
            "guess": guess,
        }
        with self.shelf.draft() as draft:
            write_json_atomically(draft / RUN_JSON, facts)
            EventLog(draft / EVENTS, now=self._now).append(
                "queued", owner=vars(this_process()), **transitions.visitor_field(visitor)
            )
            run = read_run(draft)
            self.shelf.add(draft, run_id)  # nothing that may fail comes after it
        return replace(run, id=run_id, folder=self.folder / run_id)

    def add(self, draft: Path, run: Run, run_id: str) -> Run:
        """Take in a filled draft of the shelf.

        It gets another id, and a number behind its label, if there is another run of its id.

        Args:
            draft: the folder.
            run: as it was read from there.
            run_id: the id that it had elsewhere.

        Raises:
            RunExistsError: the very same run is here already.
        """
        created = run_id.rpartition("_")[0]
        with self._lock():
            self._check_is_new(draft, created)
            if is_there(self.folder / run_id):
                run_id = self.shelf.free_id(created)
                run = replace(run, label=self._number_label(draft))
            self.shelf.add(draft, run_id)
        return replace(run, id=run_id, folder=self.folder / run_id)

    def get(self, run_id: str) -> Run:
        """The run as it stands now.

        Raises:
            RunNotFoundError: there is none of this id.
            RunDamagedError: its folder cannot be read.
        """
        return self.shelf.read(self.shelf.find(run_id))

    def all(self) -> list[Run]:
        """All runs that can be read, newest first."""
        return self.overview()[0]

    def overview(self) -> tuple[list[Run], dict[str, str]]:
        """All runs that can be read, newest first, and the others' ids with what is wrong."""
        return self.shelf.read_all()

    def newest(self) -> Run | None:
        """The newest run that can be read."""
        return self.shelf.newest()

    def before(
        self, run_id: str, most: int, *, is_wanted: Callable[[str], bool] = lambda run_id: True
    ) -> list[Run]:
        """The newest runs with epochs that are older than `run_id`, newest first."""
        return self.shelf.before(run_id, most, is_wanted)

    def damaged(self) -> dict[str, str]:
        """Ids of the runs that cannot be read, with what is wrong."""
        return self.overview()[1]

    def resolve(self, which: str) -> Run:
        """The run called `which`: an id, `latest` or `best`; the last two have weights.

        Raises:
            RunNotFoundError: there is no such run.
            RunDamagedError: its folder cannot be read.
        """
        return choose(which, self.all()) if which in NAMES else self.get(which)

    def id_of(self, which: str) -> str:
        """The id of the run called `which`, which need not have weights; an id is not looked up.

        Raises:
            RunNotFoundError: there is no run that is latest or best.
        """
        return choose(which, self.all(), has_weights=False).id if which in NAMES else which

    def rename(self, run_id: str, label: str) -> None:
        """Give the run another label; an empty one shows its id again."""
        self.annotate(run_id, label=label)

    def annotate(
        self,
        run_id: str,
        *,
        label: str | None = None,
        notes: str | None = None,
        tags: Sequence[str] | None = None,
        is_archived: bool | None = None,
    ) -> None:
        """Change the user's own words on the run, or archive it; None changes nothing."""
        self._update(run_id, cleaned(label, notes, tags, is_archived))

    def describe(self, run_id: str, dataset: DatasetInfo, device: str) -> None:
        """Record what a run trains on, once that is known."""
        self._update(run_id, {"dataset": vars(dataset), "device": device})

    def delete(self, run_id: str) -> None:
        """Move the run to the bin, from where `restore` brings it back for a week.

        Raises:
            RunStateError: it is still at work.
        """
        with self._lock():
            self._bin.put(self._idle_folder(run_id))
            self._bin.sweep()

    def discard(self, run_id: str) -> None:
        """Remove the run and all its files for good.

        Raises:
            RunStateError: it is still at work.
        """
        with self._lock():
            self.shelf.remove(self._idle_folder(run_id))

    def restore(self, run_id: str) -> Run:
        """Bring a deleted run back.

        Raises:
            RunNotFoundError: it is not in the bin.
            RunStateError: another run has its place.
        """
        with self._lock():
            self._bin.take_back(run_id, self.folder)
        return self.get(run_id)

    def deleted(self) -> list[str]:
        """Ids of the runs in the bin, those deleted last first."""
        return self._bin.ids()

    def read_deleted(self, run_ids: Iterable[str]) -> list[Run]:
        """Those runs in the bin that can be read."""
        found = []
        for run_id in run_ids:
            with contextlib.suppress(RunError, StorageError):
                found.append(read_run(self._bin.folder / run_id))
        return found

    def empty_bin(self) -> None:
        """Remove all deleted runs for good."""
        with self._lock():
            self._bin.sweep(timedelta(0))

    def log(
        self, run_id: str, *, on_event: Callable[[Event], None] = lambda event: None
    ) -> EventLog:
        """The run's events, to append to; `on_event` is told each one that is on disk."""
        path = self.shelf.find(run_id) / EVENTS
        return EventLog(path, on_event=on_event, now=self._now)

    def claim(self, run_id: str, visitor: str = "") -> Run:
        """`transitions.claim`, by the run's id; the others likewise."""
        with self._lock():
            transitions.claim(self.get(run_id), self.log(run_id), visitor)
        return self.get(run_id)

    def keep_going(self, run_id: str, more_epochs: int, visitor: str = "") -> Run:
        """`transitions.keep_going`."""
        with self._lock():
            transitions.keep_going(self.get(run_id), self.log(run_id), more_epochs, visitor)
        return self.get(run_id)

    def change(self, run_id: str, **settings: float) -> Run:
        """`transitions.change`."""
        with self._lock():
            transitions.change(self.get(run_id), self.log(run_id), settings)
        return self.get(run_id)

    def end_paused(self, run_id: str, by: str = "") -> None:
        """`transitions.end_paused`."""
        with self._lock():
            transitions.end_paused(self.get(run_id), self.log(run_id), by)

    def withdraw(self, run_id: str) -> Run | None:
        """Take a run out of the queue before its turn; one that has only waited is gone for good.

        Returns:
            The run as it was before, if there was one.
        """
        with self._lock():
            run = self.get(run_id)
            if transitions.has_only_waited(run):
                self.shelf.remove(run.folder)
                return None
            transitions.withdraw(run, self.log(run_id))
        return self.get(run_id)

    def mark_interrupted(self) -> list[str]:
        """Write down which runs lost their process; returns their ids. Old rubbish goes.

        Raises:
            StorageError: the folder cannot be written.
        """
        if not is_there(self.folder):
            return []
        with self._lock():
            self._bin.sweep()
            self.shelf.sweep()
            return [run.id for run in self.all() if self._mark_interrupted(run)]

    def _mark_interrupted(self, run: Run) -> bool:
        try:
            return transitions.interrupt(run, self.log(run.id))
        except (RunError, StorageError) as error:  # the others are marked all the same
            logger.warning("%s", error)
            return False

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        lock = FileLock(self.folder / ".lock")
        try:
            lock.acquire()
        except OSError as error:
            raise StorageError.from_os_error(error, self.folder) from error
        try:
            yield
        finally:
            lock.release()

    def _check_is_new(self, draft: Path, created: str) -> None:
        events = without_owner(read_events(draft / EVENTS))
        for folder in self.folder.glob(f"{created}_????"):
            try:
                is_same = without_owner(read_events(folder / EVENTS)) == events
                name = self.shelf.read(folder).name
            except RunError:  # damaged, or gone meanwhile
                continue
            if is_same:
                raise RunExistsError(folder.name, name)

    def _number_label(self, draft: Path) -> str:
        """Put a number behind the draft's label where another run has the same."""
        facts = parse_checked_json(read(draft / RUN_JSON))
        label: str = facts["label"]
        labels = {run.label for run in self.all()}
        if label in labels - {""}:
            numbers = (f" ({number})" for number in itertools.count(2))
            names = (label[: LABEL_LIMIT - len(number)] + number for number in numbers)
            label = facts["label"] = next(name for name in names if name not in labels)
            write_json_atomically(draft / RUN_JSON, facts)
        return label

    def _idle_folder(self, run_id: str) -> Path:
        """The folder of a run that is not at work; a damaged one is not."""
        folder = self.shelf.find(run_id)
        with contextlib.suppress(RunDamagedError):
            if self.shelf.read(folder).is_live:
                raise RunStateError(f"Run {run_id} is still at work. Stop it first.")
        return folder

    def _update(self, run_id: str, changes: dict[str, object]) -> None:
        path = self.shelf.find(run_id) / RUN_JSON
        with self._lock():
            content = read(path)
            try:
                facts = parse_checked_json(content)
            except ValueError as error:
                raise RunDamagedError(
                    f"{path} is damaged, so the run cannot be changed. Delete it."
                ) from error
            write_json_atomically(path, facts | changes)
