"""Every source, prepared or not: the one door to the data."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from imdb_core.config import Source
from imdb_core.data import acl_imdb, keras_imdb, own_reviews, prepared, sample
from imdb_core.data.lock import alone_with
from imdb_core.data.progress import Progress, Watch
from imdb_core.data.reviews import Dataset
from imdb_core.data.sources import (
    SOURCES,
    Counts,
    SourceStatus,
    is_own,
    known_source,
    title_of,
)
from imdb_core.data.tables.report import OwnReviews
from imdb_core.errors import (
    DataError,
    DataNotPreparedError,
    SourceUnavailableError,
    StorageError,
    TableError,
)
from imdb_core.files import is_there, names_in, sweep
from imdb_core.settings import Settings

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
        return [self.status(source) for source in (*SOURCES, *self.own_sources())]

    def own_sources(self) -> list[Source]:
        """The user's own sources that are there, in the order of the alphabet.

        Raises:
            StorageError: the system does not let one look.
        """
        names = names_in(self._settings.data_folder)
        return [name for name in names if is_own(name) and self._is_there(name)]

    def status(self, source: str) -> SourceStatus:
        """The status of exactly this source, whatever `resolve` would take for it.

        Raises:
            SourceUnavailableError: there is no such source.
        """
        known = known_source(source)
        title, description = SOURCES.get(known) or (title_of(known), "Reviews from a file.")
        folder = self._folder(known)
        is_damaged = False
        try:
            meta = prepared.read_meta(folder)
            title = meta.title or title
            prepared.check(folder, meta)
            size_bytes = prepared.size_bytes(folder)
        except (DataNotPreparedError, FileNotFoundError):  # the latter: deleted in between
            advice = self._advice(known)
        except StorageError as error:
            advice = str(error)
        except DataError as error:
            # Deleted in between, each file is missing.
            is_damaged = is_there(folder)
            advice = str(error) if is_damaged else self._advice(known)
        else:
            return SourceStatus(
                source=known,
                title=title,
                description=f"Reviews from {meta.path}." if is_own(known) else description,
                is_prepared=True,
                origin=meta.origin,
                counts=Counts(train=meta.train, test=meta.test, words=meta.words),
                size_bytes=size_bytes,
                prepared_at=meta.created,
                visitor=meta.visitor,
            )
        return SourceStatus(
            source=known,
            title=title,
            description=description,
            is_prepared=False,
            advice=advice,
            is_preparable=not is_own(known)
            and (known != "aclimdb" or self._aclimdb_path() is not None),
            is_damaged=is_damaged,
            is_replaced=not is_damaged and self.resolve(known) != known,
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
            StorageError: the system does not let what is there be read, or the folder be written.
        """
        chosen: Source = "aclimdb" if path and source == "imdb" else self.resolve(source)
        if path and chosen != "aclimdb":
            raise SourceUnavailableError(
                f"{title_of(chosen)} is not read from a path; leave {path} out."
            )
        path = path and path.expanduser().absolute()
        watch = Watch(on_progress, is_cancelled)
        if is_own(chosen) and self._is_usable(chosen, path):
            return self.load(chosen)  # its lock is that of all own reviews, and may be held long
        with self._lock(chosen, watch):
            if not self._is_usable(chosen, path):
                with prepared.staging(self._folder(chosen)) as folder:
                    self._write(chosen, folder, path or self._aclimdb_path(), watch)
                    self._forget(chosen)
        return self.load(chosen)

    def add_own(
        self,
        name: str,
        reviews: OwnReviews,
        *,
        file_name: str,
        visitor: str = "",
        on_progress: Callable[[Progress], None] | None = None,
        is_cancelled: Callable[[], bool] | None = None,
    ) -> Dataset:
        """Make a source of the user's own reviews. Blocks; call it outside a page's script.

        Args:
            name: the user's, of which the source's name is made.
            reviews: what `check_table` took out of a file.
            file_name: where they come from, for people.
            visitor: the mark of whoever brings them, if a visitor does.
            on_progress: called often, in this thread.
            is_cancelled: asked several times a second.

        Raises:
            TableError: the name cannot be used, or is taken.
            PreparationCancelledError: cancelled; nothing is left.
            StorageError: the disk is full or the folder cannot be written.
        """
        title = own_reviews.clean_name(name)
        source = own_reviews.own_source(title)
        watch = Watch(on_progress, is_cancelled)
        with self._lock(source, watch):
            if is_there(self._folder(source)):
                raise TableError.of(
                    f"{source} is there already. Choose another name, or delete it."
                )
            dataset = own_reviews.make(source, reviews, watch)
            watch.report(Progress(stage="Writing the reviews"))
            with prepared.staging(self._folder(source)) as folder:
                prepared.write(
                    folder,
                    dataset,
                    created_at=datetime.now(UTC),
                    path=Path(own_reviews.clean_name(file_name[-own_reviews.LONGEST_NAME :])),
                    title=title,
                    visitor=visitor,
                )
        return self.load(source)

    def fingerprint(self, source: str) -> str:
        """The fingerprint of the prepared data set; quick, for it reads no reviews.

        Raises:
            DataNotPreparedError, SourceDamagedError, StorageError: as `load`.
        """
        return prepared.read_meta(self._folder(self.resolve(source))).fingerprint

    def sweep(self) -> None:
        """Remove what killed processes left behind, perhaps of somebody's own reviews."""
        data = self._settings.data_folder
        for folder in (data, *data.glob(f"*/{prepared.BASELINES}")):
            sweep(folder)

    def load(self, source: str) -> Dataset:
        """The prepared data set; the same object as long as its folder is the same.

        Raises:
            DataNotPreparedError: not prepared yet; the message says how to.
            SourceDamagedError: a file is missing or damaged; the message names it.
            StorageError: the system does not let one be read.
        """
        chosen = self.resolve(source)
        folder = self._folder(chosen)
        with self._loading:
            try:
                stat = (folder / prepared.META).stat()
            except OSError as error:
                if is_there(folder):
                    prepared.load(folder)  # raises: it names the missing file
                    raise StorageError.from_reading(error, folder) from error
                self._loaded.pop(chosen, None)
                raise DataNotPreparedError(self._advice(chosen)) from None
            version = (stat.st_ino, stat.st_mtime_ns)
            if chosen not in self._loaded or self._loaded[chosen][0] != version:
                self._loaded[chosen] = (version, prepared.load(folder))
            return self._loaded[chosen][1]

    def delete(self, source: str) -> None:
        """Remove the prepared folder of exactly this source, if there is one.

        Raises:
            StorageError: it is being prepared, own reviews are being added, or it cannot be
                removed.
        """
        known = known_source(source)
        with self._lock(known, None):
            self._forget(known)
            try:
                prepared.remove(self._folder(known))
            except OSError as error:
                raise StorageError.from_os_error(error, self._folder(known)) from error

    def _forget(self, source: Source) -> None:
        """Let go of a set whose files go: Windows removes none that is mapped, and elsewhere its
        space is not free before that.
        """
        with self._loading:
            self._loaded.pop(source, None)

    def _advice(self, source: Source) -> str:
        """What to do for a source that is not prepared."""
        if source == "imdb" and self.resolve("imdb") == "aclimdb":
            return (
                "Nothing to do: Stanford's files are used, the same reviews in another order. Only "
                "Keras's order gives the notebook's very curve; for that, remove Stanford's: "
                "python -m imdb_core data delete aclimdb"
            )
        if source == "aclimdb" and self._settings.aclimdb is None:
            return (
                "Set IMDB_STUDIO_ACLIMDB to Stanford's aclImdb folder or its .tar.gz, "
                f"or run: {_COMMAND} {source} --path PATH"
            )
        if is_own(source):
            return (
                f"Your reviews {source} are not here. Upload them again on the Data page, "
                "or choose other data."
            )
        return (
            f"{SOURCES[source][0]} is not prepared yet. Prepare it on the Data page, "
            f"or run: {_COMMAND} {source}"
        )

    def _aclimdb_path(self) -> Path | None:
        """Where Stanford's files are: as the settings say, else where damaged ones came from."""
        if self._settings.aclimdb is not None:
            return self._settings.aclimdb
        try:
            former = prepared.read_meta(self._folder("aclimdb")).path
        except DataError:
            return None
        return Path(former) if former is not None and is_there(Path(former)) else None

    def _folder(self, source: Source) -> Path:
        return self._settings.data_folder / source

    def _is_there(self, source: Source) -> bool:
        return is_there(self._folder(source) / prepared.META)

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
        if is_own(source):
            raise DataNotPreparedError(self._advice(source))
        if source == "sample":
            watch.report(Progress(stage="Making up reviews"))
            dataset, path = sample.make(), None
        elif aclimdb is None:
            raise SourceUnavailableError(self._advice(source))
        else:
            dataset, path = acl_imdb.read(aclimdb, watch), aclimdb
        watch.report(Progress(stage="Writing the reviews"))
        prepared.write(folder, dataset, created_at=datetime.now(UTC), path=path)

    def _lock(self, source: Source, watch: Watch | None) -> AbstractContextManager[None]:
        name, at_work = source, f"{title_of(source)} is being prepared"
        if is_own(source):
            # One for all of the user's own: a name that is given up leaves no file behind.
            name, at_work = "own", "Reviews of one's own are being added or deleted just now"
        return alone_with(self._settings.data_folder / f".{name}.lock", at_work, watch)
