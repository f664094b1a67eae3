"""Takes in a run that another installation exported. Nothing in it is trusted or executed."""

from __future__ import annotations

import json
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from imdb_core.config import TrainConfig
from imdb_core.data import Progress
from imdb_core.errors import RunArchiveError, RunDamagedError
from imdb_core.files import is_there, names_in, without_checksum, write_atomically
from imdb_core.runs.archive import FILES, without_owner
from imdb_core.runs.archive_facts import check_events, check_facts, check_pinned
from imdb_core.runs.archive_weights import (
    EPOCH_HEADER_BYTES,
    RunShapes,
    check_arrays,
    limit_bytes,
    shapes_of,
)
from imdb_core.runs.checkpoints import EPOCHS_LIMIT_BYTES, read
from imdb_core.runs.event_log import read_events, without_repeats
from imdb_core.runs.folder import (
    BEST,
    EPOCH_FILE,
    EPOCHS,
    EVENTS,
    RUN_JSON,
    VOCABULARY,
)
from imdb_core.runs.reading import read_run
from imdb_core.runs.run import EPOCHS_LIMIT, Run
from imdb_core.runs.store import RunStore

_TEXT_LIMIT_BYTES: Final = 32 * 1024 * 1024
_RATIO_LIMIT: Final = 200
_SMALL_BYTES: Final = 64 * 1024
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ID: Final = re.compile(r"\d{4}-\d{2}-\d{2}_\d{6}_[a-z0-9]{4}", re.ASCII)
# What computers put beside a folder's files when they pack it.
_EXTRAS: Final = re.compile(
    r"(__MACOSX/.*|(.*/)?(\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini))", re.IGNORECASE | re.DOTALL
)
_LAST_JSON: Final = "last.json"  # of older versions, and read by nobody
_IS_ENCRYPTED: Final = 0x1
_CHUNK_BYTES: Final = 1 << 20
_DAMAGE: Final = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError,
)  # fmt: skip
_NO_SINGLE_RUN: Final = (
    f"The zip holds no single run: {RUN_JSON} and {EVENTS} in a folder with its id."
)


def import_run(
    store: RunStore,
    file: IO[bytes],
    *,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Run:
    """Add the run in a zip of `as_zip`; it gets a new id if there is another run of its own.

    Args:
        store: takes it in.
        file: the zip.
        on_progress: called for every file of the run, in this thread.

    Raises:
        RunArchiveError: the file is not such a zip, or holds what must not be; nothing of it
            is left.
        RunExistsError: the very run is here already.
        StorageError: it could not be written.
    """
    with _faults_as_sentences(), zipfile.ZipFile(file) as archive:
        run_id, entries = _entries(archive)
        config = _config(archive, entries)
        shapes = shapes_of(config)
        _check_sizes(entries, shapes)
        with store.shelf.draft() as draft:
            for done, (name, entry) in enumerate(entries.items()):
                on_progress(_progress("Unpacking", done, len(entries)))
                _extract(archive, entry, draft / name)
            return store.add(draft, _check(draft, config, shapes, on_progress), run_id)


def _progress(stage: str, done: int, total: int) -> Progress:
    return Progress(stage=stage, done=done, total=total, unit="files")


@contextmanager
def _faults_as_sentences() -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise RunArchiveError(
            f"The file is no zip of a run, or it is damaged ({error}). Export the run again."
        ) from error
    except OSError as error:
        raise RunArchiveError(_unreadable(error)) from error
    except (ValueError, RecursionError) as error:
        what = "is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise RunArchiveError(f"The run was not imported: {what}") from error


def _entries(archive: zipfile.ZipFile) -> tuple[str, dict[str, zipfile.ZipInfo]]:
    """The run's id, and its files by their place in the run's folder.

    The zip may have been packed again, by a Mac or by Windows, with folders around the run's.
    """
    infos = archive.infolist()
    if len(infos) > 2 * (EPOCHS_LIMIT + len(FILES) + 2):  # a Mac packs a second file for each
        raise RunArchiveError(f"The zip holds {len(infos):,} files; a run has fewer.")
    named = [(entry.filename.replace("\\", "/"), entry) for entry in infos]
    named = [(name, entry) for name, entry in named if not _EXTRAS.fullmatch(name)]
    root = _root([name for name, _ in named])
    entries: dict[str, zipfile.ZipInfo] = {}
    for name, entry in named:
        if name.endswith("/") and root.startswith(name):
            continue
        place = name.removeprefix(root)
        if not name.startswith(root) or not _may_stand_in_a_run(place, entry):
            raise RunArchiveError(
                f"The zip holds {entry.filename[:100]!r}, which is no file of a run; "
                "nothing was imported."
            )
        if place in entries:
            raise RunArchiveError(f"The zip holds {entry.filename!r} twice; nothing was imported.")
        if not place.endswith("/") and place != _LAST_JSON:
            entries[place] = entry
    if EVENTS not in entries:
        raise RunArchiveError(_NO_SINGLE_RUN)
    return _ID.findall(root)[-1], entries


def _root(names: Sequence[str]) -> str:
    """The folder with a run's id in its name that holds all of the run, with a `/` at its end."""
    roots = {name.removesuffix(RUN_JSON) for name in names if name.endswith(f"/{RUN_JSON}")}
    if len(roots) != 1 or not _ID.search(root := roots.pop()):
        raise RunArchiveError(_NO_SINGLE_RUN)
    return root


def _may_stand_in_a_run(name: str, entry: zipfile.ZipInfo) -> bool:
    if name.endswith("/"):
        return name == f"{EPOCHS}/" and entry.file_size == 0
    kind = stat.S_IFMT(entry.external_attr >> 16)
    is_plain = kind in (0, stat.S_IFREG) and not entry.flag_bits & _IS_ENCRYPTED
    is_known = name in (*FILES, _LAST_JSON) or EPOCH_FILE.fullmatch(name) is not None
    return is_plain and is_known and entry.compress_type in _METHODS


def _config(archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo]) -> TrainConfig:
    """The settings the run began with; they say how large every other file may be."""
    _check_size(RUN_JSON, entries[RUN_JSON], None)
    content = archive.read(entries[RUN_JSON])
    try:
        return check_facts(_parse(RUN_JSON, content))
    except ValueError as error:
        raise RunArchiveError(f"The run was not imported: {RUN_JSON}: {error}.") from error


def _check_sizes(entries: dict[str, zipfile.ZipInfo], shapes: RunShapes) -> None:
    """Refuse what is larger than a run of this program can be, before anything is unpacked."""
    for name, entry in entries.items():
        _check_size(name, entry, shapes)
    of_epochs = [entry.file_size for name, entry in entries.items() if EPOCH_FILE.fullmatch(name)]
    limit = EPOCHS_LIMIT_BYTES + EPOCH_HEADER_BYTES * len(of_epochs)
    if sum(of_epochs) > limit:
        raise RunArchiveError(
            f"The weights of {len(of_epochs):,} epochs would take {sum(of_epochs):,} bytes; at "
            f"most {limit:,} are kept of a run. Nothing was imported."
        )


def _check_size(name: str, entry: zipfile.ZipInfo, shapes: RunShapes | None) -> None:
    limit = _TEXT_LIMIT_BYTES
    if shapes is not None and name.endswith(".safetensors"):
        limit = limit_bytes(name, shapes)
    if entry.file_size > limit:
        raise RunArchiveError(
            f"{name} would take {entry.file_size:,} bytes; for the run's settings at most "
            f"{limit:,} are plausible. Nothing was imported."
        )
    ratio = entry.file_size / max(entry.compress_size, 1)
    if entry.file_size > _SMALL_BYTES and ratio > _RATIO_LIMIT:
        raise RunArchiveError(
            f"{name} unpacks to {ratio:,.0f} times its size, as no file of a run does. "
            "Nothing was imported."
        )


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    # zipfile reads no more than the size that was checked, and compares a checksum.
    target.parent.mkdir(exist_ok=True)
    with target.open("xb") as file:
        for chunk in _chunks(archive, entry):
            file.write(chunk)


def _chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(entry) as source:
            while chunk := source.read(_CHUNK_BYTES):
                yield chunk
    except OSError as error:  # of the zip; what is written to fails elsewhere
        raise RunArchiveError(_unreadable(error)) from error


def _unreadable(error: OSError) -> str:
    return f"The file could not be read: {error.strerror}."


def _check(
    draft: Path, config: TrainConfig, shapes: RunShapes, on_progress: Callable[[Progress], None]
) -> Run:
    """The run, if all that is said fits together: events, words, weights.

    Raises:
        ValueError: something does not; the message says what.
    """
    try:
        events = without_repeats(read_events(draft / EVENTS))
        check_events(events)
        write_atomically(draft / EVENTS, without_owner(events))
        run = read_run(draft)
    except RunDamagedError as error:  # its message tells what to do with a run of one's own
        raise ValueError(f"{RUN_JSON} and {EVENTS} cannot be read as a run's") from error
    check_pinned(run)
    weights = [draft / name for name in names_in(draft) if name.endswith(".safetensors")]
    weights += [draft / EPOCHS / name for name in names_in(draft / EPOCHS)]
    for done, path in enumerate(weights):
        on_progress(_progress("Checking the weights", done, len(weights)))
        check_arrays(path, path.relative_to(draft).as_posix(), shapes, run)
    if run.best is not None:
        for name in (BEST, VOCABULARY):
            if not is_there(draft / name):
                raise ValueError(f"{name} is missing")
    if is_there(draft / VOCABULARY):
        _check_vocabulary(_parse(VOCABULARY, read(draft / VOCABULARY)), config)
    return run


def _check_vocabulary(content: dict[str, Any], config: TrainConfig) -> None:
    words = content.get("words")
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError(f"{VOCABULARY} holds no list of words")
    if len(words) > config.vocab_size:
        raise ValueError(f"{VOCABULARY} has {len(words):,} words, more than {config.vocab_size:,}")


def _parse(name: str, content: bytes) -> dict[str, Any]:
    """The JSON object in a file, if it is what was written."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no number")

    try:
        return without_checksum(json.loads(content.decode(), parse_constant=refuse))
    except ValueError as error:
        raise ValueError(f"{name} is no JSON of a run ({error})") from error
