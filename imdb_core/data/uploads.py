"""Uploaded files of reviews: looked at beside the pages, and made into sources."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import replace

from imdb_core.changes import Changes
from imdb_core.config import Source
from imdb_core.data.library import DataLibrary
from imdb_core.data.progress import Progress, Watch
from imdb_core.data.tables import TableChoices, TableReport, check_table, look_at_table
from imdb_core.errors import TableError
from imdb_core.jobs import Job, JobQueue

SCORED_BYTES = 200 << 20
"""The limit of a file that is only scored."""

_PREVIEW_CHARACTERS = 200
_KEPT = 200  # besides those at work: without its reviews, an upload is small


class Upload:
    """One file under one choice of columns, without its bytes and its reviews.

    Attributes:
        key: tells it from every other upload.
        name: the file's.
        choices: how it is read.
        check: the work of checking it; `report` stands once that is done without an error.
        report: what it holds, its reviews left out and the cells of its preview cut.
        usable: its negative and positive reviews; None if there is a fault.
        adding: the work of making it a source, once that was asked for.
        source: what it has become.
    """

    def __init__(self, key: str, name: str, choices: TableChoices) -> None:
        self.key = key
        self.name = name
        self.choices = choices
        self.check: Job | None = None
        self.report: TableReport | None = None
        self.usable: tuple[int, int] | None = None
        self.adding: Job | None = None
        self.source: Source | None = None

    @property
    def job(self) -> Job | None:
        """The work that is done with it just now."""
        jobs = (self.adding, self.check)
        return next((job for job in jobs if job is not None and not job.is_done), None)

    @property
    def is_busy(self) -> bool:
        """Whether something is done with it just now."""
        return self.job is not None


class Uploads:
    """The uploaded files of all visitors, the last of which are kept.

    Streamlit holds a file's bytes for as long as its visitor does. What becomes a source is read
    again, a second for 75 MB, so that only the file at work takes more.

    Args:
        library: where sources are added.
        changes: told of each job.
    """

    def __init__(self, library: DataLibrary, changes: Changes | None = None) -> None:
        self._library = library
        self._queue = JobQueue("uploads", changes)
        self._lock = threading.Lock()
        self._uploads: OrderedDict[str, Upload] = OrderedDict()

    def get(
        self,
        file_id: str,
        name: str,
        content: bytes,
        choices: TableChoices,
        *,
        is_to_score: bool = False,
    ) -> Upload:
        """The file's upload; the first question has it checked in the background.

        Args:
            file_id: tells one upload from another.
            name: the file's.
            content: its bytes.
            choices: how to read it.
            is_to_score: it needs no labels, and may be larger.
        """
        key = hashlib.sha256(f"{file_id} {choices!r} {is_to_score}".encode()).hexdigest()
        look = _look if is_to_score else _check
        with self._lock:
            upload = self._uploads.get(key)
            if upload is None:
                upload = self._uploads[key] = Upload(key, name, choices)
                upload.check = self._queue.submit(key, lambda job: look(job, upload, content))
            self._uploads.move_to_end(key)
            self._drop_old()
            return upload

    def add(self, upload: Upload, name: str, content: bytes, *, visitor: str = "") -> None:
        """Make a source of a file without faults, in the background.

        Args:
            upload: of the file.
            name: the visitor's, for the source.
            content: the file's bytes, once more.
            visitor: the visitor's mark.
        """
        with self._lock:
            self._uploads[upload.key] = upload  # it may have been dropped since it was shown
            # By the upload, not the name: of two visitors who choose the same, the second is told.
            upload.adding = self._queue.submit(
                f"add {upload.key}", lambda job: self._add(job, upload, name, content, visitor)
            )

    def _drop_old(self) -> None:
        # Not one at work: its visitor would have it checked anew, and drop the next one's.
        idle = [key for key, upload in self._uploads.items() if not upload.is_busy]
        for key in idle[:-_KEPT]:
            del self._uploads[key]

    def _add(self, job: Job, upload: Upload, name: str, content: bytes, visitor: str) -> None:
        report = _read(job, upload, content)
        if report.reviews is None:
            raise TableError(report.faults)
        dataset = self._library.add_own(
            name,
            report.reviews,
            file_name=upload.name,
            visitor=visitor,
            on_progress=lambda progress: _report(job, progress),
            is_cancelled=job.stop_flag.is_set,
        )
        upload.source = dataset.source


def _check(job: Job, upload: Upload, content: bytes) -> None:
    report = _read(job, upload, content)
    if report.reviews is not None:
        positive = sum(report.reviews.labels)
        upload.usable = len(report.reviews.labels) - positive, positive
    upload.report = _small(report)


def _look(job: Job, upload: Upload, content: bytes) -> None:
    watch = _watch(job)
    report = look_at_table(content, upload.name, upload.choices, watch, max_bytes=SCORED_BYTES)
    upload.report = _small(report)


def _small(report: TableReport) -> TableReport:
    """A report without the reviews, and with the beginnings of its cells."""
    preview = [[cell[:_PREVIEW_CHARACTERS] for cell in row] for row in report.preview]
    return replace(report, preview=preview, reviews=None)


def _read(job: Job, upload: Upload, content: bytes) -> TableReport:
    return check_table(content, upload.name, upload.choices, _watch(job))


def _watch(job: Job) -> Watch:
    return Watch(lambda progress: _report(job, progress), job.stop_flag.is_set)


def _report(job: Job, progress: Progress) -> None:
    job.progress = progress
