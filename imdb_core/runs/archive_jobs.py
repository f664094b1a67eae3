"""Imports beside the pages: checking a large run takes seconds."""

from __future__ import annotations

import secrets
from typing import IO

from imdb_core.data import Progress
from imdb_core.errors import RunArchiveError, StudioError
from imdb_core.jobs import Job, JobQueue
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore


class RunImport:
    """One zip on its way in.

    Attributes:
        name: the file's.
        job: the work; its `progress` tells how far it has come.
        run: what was imported, once it is.

    Args:
        queue: works the imports off one after another.
        store: takes the run in.
        name: the file's.
        file: a zip, perhaps of a run; this closes it.
    """

    def __init__(self, queue: JobQueue, store: RunStore, name: str, file: IO[bytes]) -> None:
        self.name = name
        self.run: Run | None = None
        self.job = queue.submit(secrets.token_hex(8), lambda job: self._work(job, store, file))

    @property
    def error(self) -> StudioError | None:
        """Why it failed, if it did."""
        error = self.job.error
        if error is None or isinstance(error, StudioError):
            return error
        return RunArchiveError(f"{self.name} was not imported; the program's log says why.")

    def _work(self, job: Job, store: RunStore, file: IO[bytes]) -> None:
        # Imported where it is needed: it takes a while, and few visitors import runs.
        from imdb_core.runs.archive_import import import_run

        def report(progress: Progress) -> None:
            job.progress = progress

        with file:
            self.run = import_run(store, file, on_progress=report)
