"""The folder that holds one folder a run: finds, reads, adds and removes them."""

from __future__ import annotations

import contextlib
import logging
import re
import secrets
import shutil
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from imdb_core.errors import RunDamagedError, RunError, RunNotFoundError, StorageError
from imdb_core.files import is_there, move_folder, names_in, sweep, sync_folder, temporary_beside
from imdb_core.runs.folder import EPOCHS, EVALUATION, EVENTS, RUN_JSON
from imdb_core.runs.reading import read_run
from imdb_core.runs.run import Run

logger = logging.getLogger(__name__)

RUN_ID: Final = re.compile(r"\d{4}-\d{2}-\d{2}_\d{6}_[a-z0-9]{4}", re.ASCII)
_DIGITS = string.digits + string.ascii_lowercase
_ENDINGS = 36**4
_STEP = 1000  # at random: two processes may make a run at once


class RunShelf:
    """Reads a run only once after it has ended, while its files stay as they are.

    Args:
        folder: holds one folder a run; made when the first run is.
        is_own_job: whether this process still works on a run that it owns.
    """

    def __init__(self, folder: Path, is_own_job: Callable[[str], bool]) -> None:
        self._folder = folder
        self._is_own_job = is_own_job
        self._ended: dict[Path, tuple[tuple[int, ...], Run]] = {}

    def folders(self) -> list[Path]:
        """All runs' folders, the newest first.

        Raises:
            StorageError: the system does not let them be listed.
        """
        found = [name for name in names_in(self._folder) if RUN_ID.fullmatch(name)]
        return [self._folder / name for name in reversed(found)]

    def find(self, run_id: str) -> Path:
        """The run's folder.

        Raises:
            RunNotFoundError: there is no such run.
            StorageError: the system does not let one look.
        """
        folder = self._folder / run_id
        # The pattern also keeps an id from a link or a command line inside the folder.
        if not RUN_ID.fullmatch(run_id) or not is_there(folder):
            raise _not_found(run_id, self._folder)
        return folder

    def read(self, folder: Path) -> Run:
        """The run as it stands now.

        Raises:
            RunNotFoundError: somebody has removed it meanwhile.
            RunDamagedError: a file is missing or damaged.
            StorageError: the system does not let a file be read.
        """
        try:
            return self._read(folder)
        except RunDamagedError:
            if is_there(folder):
                raise
            raise _not_found(folder.name, self._folder) from None

    def _read(self, folder: Path) -> Run:
        version = _version(folder)
        if folder in self._ended and self._ended[folder][0] == version:
            return self._ended[folder][1]
        run = read_run(folder, self._is_own_job)
        # Its job may have written the end and gone after the events were read.
        while run.state == "interrupted" and _version(folder) != version:
            version = _version(folder)
            run = read_run(folder, self._is_own_job)
        if run.state in ("finished", "stopped", "failed"):
            self._ended[folder] = version, run
        return run

    def read_all(self) -> tuple[list[Run], dict[str, str]]:
        """All runs that can be read, newest first, and the others' ids with what is wrong."""
        runs, faults = [], {}
        for folder in self.folders():
            try:
                runs.append(self.read(folder))
            except RunNotFoundError:
                pass
            except (RunDamagedError, StorageError) as error:
                logger.warning("%s", error)
                faults[folder.name] = str(error)
        return runs, faults

    def newest(self) -> Run | None:
        """The newest run that can be read."""
        for folder in self.folders():
            with contextlib.suppress(RunError, StorageError):
                return self.read(folder)
        return None

    def before(self, run_id: str, most: int, is_wanted: Callable[[str], bool]) -> list[Run]:
        """The newest wanted runs with epochs that are older than `run_id`, newest first."""
        found: list[Run] = []
        for folder in self.folders():
            if folder.name < run_id and len(found) < most and is_wanted(folder.name):
                with contextlib.suppress(RunError, StorageError):
                    run = self.read(folder)
                    found += [run] if run.epochs else []
        return found

    def free_id(self, created: str) -> str:
        """An id that no run has, for one created then (`2026-11-22_101530`).

        It sorts behind those of the same second, so that the last run made stays the newest.
        """
        taken = [int(each.name[-4:], 36) for each in self.folders() if each.name[:17] == created]
        while True:
            first = max(taken) + 1 if taken else 0
            span = _STEP if taken else _ENDINGS // 2
            run_id = f"{created}_{_ending((first + secrets.randbelow(span)) % _ENDINGS)}"
            if not is_there(self._folder / run_id):
                return run_id

    @contextlib.contextmanager
    def draft(self) -> Iterator[Path]:
        """A folder to fill beside the runs', gone after the block unless `add` took it.

        Filled beside its place and moved there whole: a reader never meets half a run.

        Raises:
            StorageError: the folder cannot be written.
        """
        draft = temporary_beside(self._folder / "run")
        try:
            draft.mkdir(parents=True)
            yield draft
        except OSError as error:
            raise StorageError.from_os_error(error, self._folder) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def add(self, draft: Path, run_id: str) -> None:
        """Make a filled draft the folder of a run; its id must be free.

        Raises:
            OSError: it could not be moved; it is a draft still.
        """
        sync_folder(draft)
        move_folder(draft, self._folder / run_id)

    def sweep(self) -> None:
        """Remove what killed processes left: drafts, half removed runs, half written files.

        Others may write drafts now, but nobody may remove a run.
        """
        sweep(self._folder)
        for folder in self.folders():
            for part in (folder, folder / EPOCHS, folder / EVALUATION):
                sweep(part)

    def remove(self, folder: Path) -> None:
        """Remove a run's folder for good.

        Raises:
            StorageError: it could not be removed.
        """
        # Gone from every list at once, even if removing the files takes a while or fails.
        doomed = temporary_beside(folder)
        try:
            move_folder(folder, doomed)
            shutil.rmtree(doomed)
        except OSError as error:
            raise StorageError.from_os_error(error, folder) from error


def _not_found(run_id: str, folder: Path) -> RunNotFoundError:
    return RunNotFoundError(
        f"There is no run {run_id!r} in {folder}. Pick one on the Runs page, "
        "or list them with: python -m imdb_core runs list"
    )


def _version(folder: Path) -> tuple[int, ...]:
    """Changes whenever a file does that a run is read from; empty where one is missing."""
    try:
        stats = [(folder / name).stat() for name in (RUN_JSON, EVENTS)]
    except OSError:
        return ()
    return tuple(number for stat in stats for number in (stat.st_mtime_ns, stat.st_size))


def _ending(number: int) -> str:
    """Four digits to the base of 36, in the order in which text is sorted."""
    return "".join(_DIGITS[number // 36**place % 36] for place in (3, 2, 1, 0))
