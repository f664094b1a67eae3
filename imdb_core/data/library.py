"""Every source, prepared or not: the one door to the data."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from imdb_core.config import Source
from imdb_core.data import acl_imdb, keras_imdb, prepared, sample
from imdb_core.data.progress import Progress, Watch
from imdb_core.data.reviews import Dataset
from imdb_core.data.sources import SOURCES, Counts, SourceStatus, known_source
from imdb_core.errors import (
    DataError,
    DataNotPreparedError,
    SourceUnavailableError,
    StorageError,
)
from imdb_core.settings import Settings

_POLL_S = 0.2
_COMMAND = "python -m imdb_core data prepare --source"


class DataLibrary:
    """The prepared sources of one installation, in `settings.data_folder`.

    Any number of processes and threads may use the same folder.
    """

    def __init__(
        self, settings: Settings, *, keras_worker: Sequence[str] = keras_imdb.WORKER
    ) -> None:
        self._settings = settings
        self._keras_worker = keras_worker
        self._loaded: dict[Source, tuple[tuple[int, int], Dataset]] = {}
        self._loading = threading.Lock()

    def statuses(self) -> list[SourceStatus]:
        """The status of every source; quick, for it reads no reviews."""
        return [self.status(source) for source in SOURCES]

    def status(self, source: str) -> SourceStatus:
        """The status of exactly this source, whatever `resolve` would take for it.

        Raises:
            SourceUnavailableError: there is no such source.
        """
        known = known_source(source)
        title, description = SOURCES[known]
        folder = self._folder(known)
        try:
            meta = prepared.read_meta(folder)
            size_bytes = prepared.size_bytes(folder)
        except (DataNotPreparedError, FileNotFoundError):  # the latter: deleted in between
            advice = self._advice(known)
        except DataError as error:
            advice = str(error)
        else:
            return SourceStatus(
                source=known,
                title=title,
                description=description,
                is_prepared=True,
                origin=meta.origin,
                counts=Counts(train=meta.train, test=meta.test, words=meta.words),
                size_bytes=size_bytes,
                prepared_at=meta.created,
            )
        return SourceStatus(
            source=known, title=title, description=description, is_prepared=False, advice=advice
        )

    def resolve(self, source: str) -> Source:
        """The source that is really read for `source`.

        `imdb` means Keras's files if they are prepared, else Stanford's if those are, else
        Stanford's if IMDB_STUDIO_ACLIMDB is set, else Keras's. The others mean themselves.

        Raises:
            SourceUnavailableError: there is no such source.
        """
        known = known_source(source)
        if known != "imdb" or self._is_there("imdb"):
            return known
        return "aclimdb" if self._is_there("aclimdb") or self._settings.aclimdb else "imdb"

    def prepare(
        self,
        source: str,
        *,
        path: Path | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        is_cancelled: Callable[[], bool] | None = None,
    ) -> Dataset:
        """Make `source` ready if it is not, and load it. Blocks; call it outside a page's script.

        If another process is preparing it, wait for that. A killed or failed preparation
        leaves nothing half-made.

        Args:
            source: as for `resolve`.
            path: an aclImdb folder, or its `.tar.gz`, to read instead of the settings' own;
                then `imdb` means `aclimdb`, and a set read from elsewhere is replaced.
            on_progress: called often, in this thread.
            is_cancelled: asked several times a second.

        Raises:
            SourceUnavailableError: no network, no such path, or no answer in time.
            SourceDamagedError: a file is not what it should be.
            PreparationCancelledError: cancelled; nothing is left.
            StorageError: the disk is full or the folder cannot be written.
        """
        chosen: Source = "aclimdb" if path and source == "imdb" else self.resolve(source)
        if path and chosen != "aclimdb":
            raise SourceUnavailableError(
                f"{SOURCES[chosen][0]} is not read from a path; leave {path} out."
            )
        path = path and path.expanduser().absolute()
        watch = Watch(on_progress, is_cancelled)
        with self._lock(chosen, watch):
            if not self._is_usable(chosen, path):
                with prepared.staging(self._folder(chosen)) as folder:
                    self._write(chosen, folder, path or self._settings.aclimdb, watch)
        return self.load(chosen)

    def load(self, source: str) -> Dataset:
        """The prepared data set; the same object as long as its folder is the same.

        Raises:
            DataNotPreparedError: not prepared yet; the message says how to.
            SourceDamagedError: a file is missing or damaged; the message names it.
        """
        chosen = self.resolve(source)
        folder = self._folder(chosen)
        with self._loading:
            try:
                stat = (folder / prepared.META).stat()
            except OSError:
                if folder.is_dir():
                    return prepared.load(folder)  # raises: it names the missing file
                self._loaded.pop(chosen, None)
                raise DataNotPreparedError(self._advice(chosen)) from None
            version = (stat.st_ino, stat.st_mtime_ns)
            if chosen not in self._loaded or self._loaded[chosen][0] != version:
                self._loaded[chosen] = (version, prepared.load(folder))
            return self._loaded[chosen][1]

    def delete(self, source: str) -> None:
        """Remove the prepared folder of exactly this source, if there is one.

        Raises:
            StorageError: it is being prepared, or cannot be removed.
        """
        known = known_source(source)
        with self._lock(known, None):
            try:
                prepared.remove(self._folder(known))
            except OSError as error:
                raise StorageError.from_os_error(error, self._folder(known)) from error

    def _advice(self, source: Source) -> str:
        """What to do for a source that is not prepared."""
        if source == "imdb" and self.resolve("imdb") == "aclimdb":
            return "Stanford's files are used for it."
        if source == "aclimdb" and self._settings.aclimdb is None:
            return (
                "Set IMDB_STUDIO_ACLIMDB to Stanford's aclImdb folder or its .tar.gz, "
                f"or run: {_COMMAND} {source} --path PATH"
            )
        return (
            f"{SOURCES[source][0]} is not prepared yet. Prepare it on the Data page, "
            f"or run: {_COMMAND} {source}"
        )

    def _folder(self, source: Source) -> Path:
        return self._settings.data_folder / source

    def _is_there(self, source: Source) -> bool:
        return (self._folder(source) / prepared.META).is_file()

    def _is_usable(self, source: Source, path: Path | None) -> bool:
        try:
            self.load(source)
        except DataError:
            return False
        return path is None or prepared.read_meta(self._folder(source)).path == str(path)

    def _write(self, source: Source, folder: Path, aclimdb: Path | None, watch: Watch) -> None:
        if source == "imdb":
            keras_home = self._settings.keras_home
            keras_imdb.prepare(folder, keras_home, watch, worker=self._keras_worker)
            return
        if source == "sample":
            watch.report(Progress(stage="Making up reviews"))
            dataset, path = sample.make(), None
        elif aclimdb is None:
            raise SourceUnavailableError(self._advice(source))
        else:
            dataset, path = acl_imdb.read(aclimdb, watch), aclimdb
        watch.report(Progress(stage="Writing the reviews"))
        prepared.write(folder, dataset, created_at=datetime.now(UTC), path=path)

    @contextmanager
    def _lock(self, source: Source, watch: Watch | None) -> Iterator[None]:
        """Be alone with `source`: wait while `watch` allows it, or without one not at all."""
        folder = self._folder(source)
        lock = FileLock(folder.with_name(f".{source}.lock"))
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                if watch is None:
                    raise StorageError(
                        f"{SOURCES[source][0]} is being prepared. Wait for that or cancel it, "
                        "then try again."
                    ) from None
                watch.report(Progress(stage="Waiting for another preparation to end"))
                while not lock.is_locked:
                    watch.check()
                    with suppress(Timeout):
                        lock.acquire(timeout=_POLL_S)
        except OSError as error:
            raise StorageError.from_os_error(error, folder.parent) from error
        try:
            yield
        finally:
            lock.release()
