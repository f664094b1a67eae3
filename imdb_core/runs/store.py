"""All runs of one home folder."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import secrets
import shutil
import string
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock

from imdb_core.config import TrainConfig
from imdb_core.errors import RunDamagedError, RunNotFoundError, RunStateError, StorageError
from imdb_core.files import write_json_atomically
from imdb_core.runs.event_log import Event, EventLog, utc_now
from imdb_core.runs.owner import this_process
from imdb_core.runs.run import SCHEMA_VERSION, DatasetInfo, Run, read_run

logger = logging.getLogger(__name__)

_RUN_ID = re.compile(r"\d{4}-\d{2}-\d{2}_\d{6}_[a-z0-9]{4}")
_PACKAGES = ("torch", "numpy", "numba")
LABEL_LIMIT = 80


class RunStore:
    """Creates, lists, reads and deletes run folders.

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
        self._is_own_job = is_own_job
        self._now = now
        self._ended: dict[Path, tuple[tuple[int, ...], Run]] = {}

    def create(self, config: TrainConfig, *, label: str = "", parent: str | None = None) -> Run:
        """A new run, queued, owned by this process.

        Raises:
            StorageError: the folder cannot be written.
        """
        letters = string.ascii_lowercase + string.digits
        suffix = "".join(secrets.choice(letters) for _ in range(4))
        now = self._now()
        run_id = f"{now:%Y-%m-%d_%H%M%S}_{suffix}"
        facts = {
            "schema": SCHEMA_VERSION,
            "label": _clean_label(label),
            "created": now.isoformat(timespec="milliseconds"),
            "config": config.model_dump(),
            "dataset": None,
            "device": "",
            "versions": {package: version(package) for package in _PACKAGES},
            "parent": parent,
        }
        # Built beside its place and moved there whole: a reader never meets half a run.
        draft = self.folder / f".{run_id}.new"
        try:
            draft.mkdir(parents=True)
            write_json_atomically(draft / "run.json", facts)
            EventLog(draft / "events.jsonl", now=self._now).append(
                "queued", owner=vars(this_process())
            )
            draft.rename(self.folder / run_id)
        except OSError as error:
            raise StorageError.from_os_error(error, self.folder) from error
        return self.get(run_id)

    def get(self, run_id: str) -> Run:
        """The run as it stands now.

        Raises:
            RunNotFoundError: there is none of this id.
            RunDamagedError: its folder cannot be read.
        """
        return self._read(self._folder_of(run_id))

    def all(self) -> list[Run]:
        """All runs that can be read, newest first."""
        runs = []
        for folder in self._folders():
            try:
                runs.append(self._read(folder))
            except RunDamagedError as error:
                logger.warning("%s", error)
        return runs

    def newest(self) -> Run | None:
        """The newest run that can be read."""
        for folder in self._folders():
            with contextlib.suppress(RunDamagedError):
                return self._read(folder)
        return None

    def damaged(self) -> dict[str, str]:
        """Ids of the runs that cannot be read, with what is wrong."""
        faults = {}
        for folder in self._folders():
            try:
                self._read(folder)
            except RunDamagedError as error:
                faults[folder.name] = str(error)
        return faults

    def resolve(self, which: str) -> Run:
        """The run called `which`: an id, `latest` or `best`; the last two have weights.

        Raises:
            RunNotFoundError: there is no such run.
            RunDamagedError: its folder cannot be read.
        """
        if which not in ("best", "latest"):
            return self.get(which)
        run = best_run(self.all()) if which == "best" else latest_run(self.all())
        if run is None:
            raise RunNotFoundError(
                "There is no trained run yet. Train one on the Train page, "
                "or with: python -m imdb_core train"
            )
        return run

    def rename(self, run_id: str, label: str) -> None:
        """Give the run another label; an empty one shows its id again."""
        self._update(run_id, {"label": _clean_label(label)})

    def describe(self, run_id: str, dataset: DatasetInfo, device: str) -> None:
        """Record what a run trains on, once that is known."""
        self._update(run_id, {"dataset": vars(dataset), "device": device})

    def delete(self, run_id: str) -> None:
        """Remove the run and all its files.

        Raises:
            RunStateError: it is still at work.
        """
        folder = self._folder_of(run_id)
        try:
            is_live = self._read(folder).is_live
        except RunDamagedError:
            is_live = False
        if is_live:
            raise RunStateError(f"Run {run_id} is still at work. Stop it first.")
        # Gone from every list at once, even if removing the files takes a while or fails.
        doomed = folder.with_name(f".{folder.name}.deleted")
        try:
            folder.rename(doomed)
            shutil.rmtree(doomed)
        except OSError as error:
            raise StorageError.from_os_error(error, folder) from error

    def log(
        self, run_id: str, *, on_event: Callable[[Event], None] = lambda event: None
    ) -> EventLog:
        """The run's events, to append to; `on_event` is told each one that is on disk."""
        path = self._folder_of(run_id) / "events.jsonl"
        return EventLog(path, on_event=on_event, now=self._now)

    def claim(self, run_id: str) -> Run:
        """Queue a run again that has stopped, as this process's own.

        Raises:
            RunStateError: it is at work, or came to its end by a rule.
        """
        with self._lock():
            run = self.get(run_id)
            run.check_resumable()
            self.log(run_id).append("queued", owner=vars(this_process()))
        return self.get(run_id)

    def mark_interrupted(self) -> list[str]:
        """Write down which runs lost their process; returns their ids."""
        if not self.folder.exists():
            return []
        marked = []
        with self._lock():
            for run in self.all():
                if run.state == "interrupted" and not _says_interrupted(run):
                    self.log(run.id).append("interrupted")
                    marked.append(run.id)
        return marked

    def _read(self, folder: Path) -> Run:
        """`read_run`, but an ended run only once while its files stay as they are."""
        try:
            stats = [(folder / name).stat() for name in ("run.json", "events.jsonl")]
        except OSError:
            return read_run(folder, self._is_own_job)  # says which file is missing
        version = tuple(number for stat in stats for number in (stat.st_mtime_ns, stat.st_size))
        if folder in self._ended and self._ended[folder][0] == version:
            return self._ended[folder][1]
        run = read_run(folder, self._is_own_job)
        if run.state in ("finished", "failed"):
            self._ended[folder] = version, run
        return run

    def _lock(self) -> FileLock:
        return FileLock(self.folder / ".lock")

    def _folders(self) -> list[Path]:
        if not self.folder.exists():
            return []
        found = [path for path in self.folder.iterdir() if _RUN_ID.fullmatch(path.name)]
        return sorted(found, reverse=True)

    def _folder_of(self, run_id: str) -> Path:
        folder = self.folder / run_id
        # The pattern also keeps an id from a link or a command line inside the folder.
        if not _RUN_ID.fullmatch(run_id) or not folder.is_dir():
            raise RunNotFoundError(
                f"There is no run {run_id!r} in {self.folder}. Pick one on the Runs page, "
                "or list them with: python -m imdb_core runs list"
            )
        return folder

    def _update(self, run_id: str, changes: dict[str, object]) -> None:
        path = self._folder_of(run_id) / "run.json"
        with self._lock():
            write_json_atomically(path, json.loads(path.read_bytes()) | changes)


def best_run(runs: list[Run]) -> Run | None:
    """The run to score with: highest validation accuracy, real data before synthetic,
    finished runs before others, the newest of equals.
    """
    scorable = [run for run in runs if run.can_score]
    return max(scorable, key=_merit, default=None)


def latest_run(runs: list[Run]) -> Run | None:
    """The newest run with weights."""
    return max((run for run in runs if run.can_score), key=lambda run: run.id, default=None)


def _merit(run: Run) -> tuple[bool, bool, float, str]:
    assert run.best is not None
    is_real = run.dataset is not None and not run.dataset.is_synthetic
    return run.state == "finished", is_real, run.best.val_accuracy, run.id


def _says_interrupted(run: Run) -> bool:
    last_line = (run.folder / "events.jsonl").read_bytes().splitlines()[-1]
    return b'"event": "interrupted"' in last_line


def _clean_label(label: str) -> str:
    return " ".join(label.split())[:LABEL_LIMIT]
