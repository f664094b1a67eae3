"""The bin: deleted runs, until they are brought back or a week has passed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from imdb_core.errors import RunNotFoundError, RunStateError, StorageError
from imdb_core.files import is_there, move_folder, names_in, sync_folder

KEPT_FOR = timedelta(days=7)


class RecycleBin:
    """A hidden folder beside the runs, so that moving one there is a rename.

    Args:
        folder: made when the first run is put there.
        now: the clock.
    """

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self.folder = folder
        self._now = now

    def put(self, run_folder: Path) -> None:
        """Move a run here; it is gone from every list at once.

        Raises:
            StorageError: it could not be moved.
        """
        place = self.folder / run_folder.name
        moment = self._now().timestamp()
        try:
            self.folder.mkdir(exist_ok=True)
            if is_there(place):  # deleted before, and imported again since
                shutil.rmtree(place)
            move_folder(run_folder, place)
            sync_folder(run_folder.parent)
            os.utime(place, (moment, moment))
        except OSError as error:
            raise StorageError.from_os_error(error, run_folder) from error

    def take_back(self, run_id: str, runs_folder: Path) -> None:
        """Move a run back to where it was.

        Raises:
            RunNotFoundError: it is not here, or no longer.
            RunStateError: another run has its place.
            StorageError: it could not be moved.
        """
        if run_id not in self.ids():
            raise RunNotFoundError(
                f"Run {run_id!r} is not in the bin; deleted runs stay there for "
                f"{KEPT_FOR.days} days."
            )
        place = runs_folder / run_id
        if is_there(place):
            raise RunStateError(f"Run {run_id} is there already; delete that one first.")
        try:
            move_folder(self.folder / run_id, place)
        except OSError as error:
            raise StorageError.from_os_error(error, place) from error

    def ids(self) -> list[str]:
        """The runs here, those deleted last first."""
        deleted_at = self._deleted_at()
        return sorted(deleted_at, key=deleted_at.__getitem__, reverse=True)

    def sweep(self, kept_for: timedelta = KEPT_FOR) -> None:
        """Remove for good what was deleted longer ago than `kept_for`.

        What cannot be removed is tried again the next time.
        """
        limit = (self._now() - kept_for).timestamp()
        for run_id, deleted_at in self._deleted_at().items():
            if deleted_at <= limit:
                shutil.rmtree(self.folder / run_id, ignore_errors=True)

    def _deleted_at(self) -> dict[str, float]:
        """When each run here was deleted (seconds since 1970), by its id."""
        times: dict[str, float] = {}
        for run_id in names_in(self.folder):
            folder = self.folder / run_id
            try:
                times[run_id] = folder.stat().st_mtime
            except FileNotFoundError:  # pages ask without a lock: somebody empties the bin
                pass
            except OSError as error:
                raise StorageError.from_reading(error, folder) from error
        return times
