"""Uploaded CSV files, checked and made into sources beside the pages."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from weakref import WeakKeyDictionary, ref

from imdb_core.data.csv_columns import CsvChoices
from imdb_core.data.csv_reviews import CsvReport, check_csv
from imdb_core.data.library import DataLibrary
from imdb_core.data.progress import Progress, Watch
from imdb_core.jobs import Job, JobQueue

_KEPT = 4
_KEPT_BYTES = 100 << 20  # of files: a report holds all texts of its own


class Upload:
    """One file under one choice of columns.

    Attributes:
        key: tells it from every other upload.
        name: the file's.
        size_bytes: the file's.
        check: the work of checking it; `report` stands once that is done without an error.
        report: what it holds, until it has become a source.
        adding: the work of making it a source, once that was asked for.
    """

    def __init__(self, key: str, name: str, size_bytes: int) -> None:
        self.key = key
        self.name = name
        self.size_bytes = size_bytes
        self.report: CsvReport | None = None
        self.check: Job | None = None
        self.adding: Job | None = None

    @property
    def is_busy(self) -> bool:
        """Whether something is done with it just now."""
        return any(job is not None and not job.is_done for job in (self.check, self.adding))


class Uploads:
    """The last few uploaded files of all visitors.

    Args:
        library: where sources are added.
    """

    def __init__(self, library: DataLibrary) -> None:
        self._library = ref(library)
        self._queue = JobQueue("uploads")
        self._lock = threading.Lock()
        self._uploads: OrderedDict[str, Upload] = OrderedDict()

    def get(self, file_id: str, name: str, content: bytes, choices: CsvChoices) -> Upload:
        """The file's upload; the first question has it checked in the background.

        Args:
            file_id: tells one upload from another.
            name: the file's.
            content: its bytes.
            choices: how to read it.
        """
        key = hashlib.sha256(f"{file_id} {choices!r}".encode()).hexdigest()
        with self._lock:
            upload = self._uploads.get(key)
            if upload is None:
                upload = self._uploads[key] = Upload(key, name, len(content))
                upload.check = self._queue.submit(
                    key, lambda job: _check(job, upload, content, choices)
                )
            self._uploads.move_to_end(key)
            self._drop_old()
            return upload

    def add(self, upload: Upload, name: str) -> None:
        """Make a source of a file without faults, in the background."""
        # By the upload, not the name: of two visitors who choose the same, the second is told.
        upload.adding = self._queue.submit(
            f"add {upload.key}", lambda job: self._add(job, upload, name)
        )

    def _drop_old(self) -> None:
        def size_bytes() -> int:
            return sum(upload.size_bytes for upload in self._uploads.values())

        while len(self._uploads) > _KEPT or (len(self._uploads) > 1 and size_bytes() > _KEPT_BYTES):
            self._uploads.popitem(last=False)

    def _add(self, job: Job, upload: Upload, name: str) -> None:
        library = self._library()
        assert library is not None
        reviews = upload.report.reviews if upload.report is not None else None
        if reviews is None:
            return  # it was clicked twice
        library.add_own(
            name,
            reviews,
            file_name=upload.name,
            on_progress=lambda progress: _report(job, progress),
            is_cancelled=job.stop_flag.is_set,
        )
        upload.report = None


def _check(job: Job, upload: Upload, content: bytes, choices: CsvChoices) -> None:
    watch = Watch(lambda progress: _report(job, progress), job.stop_flag.is_set)
    upload.report = check_csv(content, upload.name, choices, watch)


def _report(job: Job, progress: Progress) -> None:
    job.progress = progress


_of_library: WeakKeyDictionary[DataLibrary, Uploads] = WeakKeyDictionary()


def uploads_of(library: DataLibrary) -> Uploads:
    """The library's one `Uploads`, for all pages of the process."""
    return _of_library.setdefault(library, Uploads(library))
