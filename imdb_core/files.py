"""Writing files so that a reader, a kill or a power cut never leaves half of one; reading them
back only if they are what was written.

What is written for the moment has a name such as `.best.safetensors.4711-1795342800-0.tmp`: the
file it is to become, the number and the start time (seconds since 1970) of the process that
writes, and a count. So `sweep` knows what a process that was killed has left behind.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import json
import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final, TypeVar

from imdb_core.errors import StorageError
from imdb_core.owner import Owner, this_process

logger = logging.getLogger(__name__)

_IS_WINDOWS: Final = os.name == "nt"
_PATIENCE_S: Final = 1.0
_POLL_S: Final = 0.01
_CHECKSUM: Final = "checksum"
_TEMPORARY: Final = re.compile(r"\..*\.(\d+)-(\d+)-\d+\.tmp", re.ASCII)
_LEFT_BEHIND: Final = re.compile(r"\..*\.(tmp|new|deleted)", re.ASCII)
_DAY_S: Final = 24 * 60 * 60
_counter = itertools.count()

T = TypeVar("T")


def write_atomically(path: Path, content: bytes) -> None:
    """Replace `path` by `content` in one step: the old bytes or the new, never a mixture.

    Raises:
        StorageError: the disk is full or the folder cannot be written; `path` is as it was.
    """
    write_parts_atomically(path, [content])


def write_parts_atomically(path: Path, parts: Iterable[bytes | memoryview]) -> str:
    """`write_atomically` of what `parts` are together, without a copy of them in memory.

    The temporary file stands in the same folder, so that the rename cannot cross a
    file system; it reaches the disk before the rename does, and that before this returns.

    Returns:
        The SHA-256 of what was written, hexadecimal.

    Raises:
        StorageError: as there.
    """
    temporary = temporary_beside(path)
    digest = hashlib.sha256()
    try:
        with removed_on_error(temporary):
            with open(temporary, "wb") as file:
                for part in parts:
                    digest.update(part)
                    file.write(part)
                file.flush()
                os.fsync(file.fileno())
            _replace(temporary, path)
            sync_folder(path.parent)
    except OSError as error:
        raise StorageError.from_os_error(error, path) from error
    return digest.hexdigest()


def _replace(source: Path, target: Path) -> None:
    """`os.replace`; Windows refuses it as long as somebody reads `target`, so wait for that."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            os.replace(source, target)
        except PermissionError:
            if not _IS_WINDOWS or time.monotonic() > deadline:
                raise
            time.sleep(_POLL_S)
        else:
            return


def is_there(path: Path) -> bool:
    """Whether there is such a file or folder.

    Raises:
        StorageError: the system does not let one look.
    """
    try:
        return path.exists()
    except OSError as error:
        raise StorageError.from_reading(error, path) from error


def names_in(folder: Path) -> list[str]:
    """What is in a folder, in the order of the alphabet; nothing if it is not there.

    Raises:
        StorageError: the system does not let one look.
    """
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise StorageError.from_reading(error, folder) from error


def make_folder(folder: Path) -> None:
    """Make `folder` in one that is there, down to the disk, unless it is there itself.

    Raises:
        StorageError: it cannot be made.
    """
    try:
        if not folder.is_dir():
            folder.mkdir(exist_ok=True)
            sync_folder(folder.parent)
    except OSError as error:
        raise StorageError.from_os_error(error, folder) from error


def move_folder(source: Path, target: Path) -> None:
    """Rename a folder within its file system, down to the disk; after an error it is where it was.

    Raises:
        OSError: it could not be moved.
    """
    os.rename(source, target)
    try:
        sync_folder(target.parent)
    except OSError as error:
        try:
            os.rename(target, source)
        except OSError:  # so it has moved, unless the power goes now
            logger.warning("%s: %s", target.parent, error)
        else:
            raise


def sync_folder(folder: Path) -> None:
    """Bring what was made, renamed or removed in `folder` to the disk.

    Raises:
        OSError: the system cannot promise that.
    """
    if _IS_WINDOWS:  # it cannot open a folder
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a file system that knows no such
            raise
    finally:
        os.close(descriptor)


def temporary_beside(path: Path) -> Path:
    """A name in the folder of `path` for what is to become it; `sweep` knows whose it is."""
    owner = this_process()
    return path.with_name(f".{path.name}.{owner.pid}-{owner.started_at:.0f}-{next(_counter)}.tmp")


@contextmanager
def removed_on_error(path: Path) -> Iterator[None]:
    """Remove the file or folder `path`, as far as that goes, if the block ends with an error."""
    try:
        yield
    except BaseException:
        _remove(path)
        raise


def sweep(folder: Path, *, now: Callable[[], float] = time.time) -> None:
    """Remove what processes that were killed left behind in `folder`.

    That is what has a name of `temporary_beside` whose process lives no more, and whatever
    looks temporary and was touched last a day ago. What cannot be removed stays.

    Args:
        folder: need not be there.
        now: seconds since 1970.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        for name in [entry.name for entry in entries if _LEFT_BEHIND.fullmatch(entry.name)]:
            with suppress(OSError):
                path = folder / name
                if _is_orphan(name) or path.lstat().st_mtime < now() - _DAY_S:
                    _remove(path)


def _is_orphan(name: str) -> bool:
    match = _TEMPORARY.fullmatch(name)
    return match is not None and not Owner(pid=int(match[1]), started_at=float(match[2])).is_alive()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def sha256(content: bytes) -> str:
    """The SHA-256 of `content`, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def write_json_atomically(path: Path, value: dict[str, Any]) -> None:
    """`write_atomically` of `as_checked_json`."""
    write_atomically(path, as_checked_json(value))


def as_checked_json(value: dict[str, Any]) -> bytes:
    """`value` as indented UTF-8 JSON, with a checksum over all its other keys."""
    checked = value | {_CHECKSUM: _checksum(value)}
    return (json.dumps(checked, ensure_ascii=False, indent=2) + "\n").encode()


def parse_checked_json(content: bytes) -> dict[str, Any]:
    """What `as_checked_json` was given; older files have no checksum.

    Raises:
        ValueError: this is not JSON, or not what was written.
    """
    return without_checksum(json.loads(content.decode()))


def without_checksum(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """`value` without its checksum, if it has one.

    Raises:
        ValueError: it is no object, or its checksum is that of another one.
    """
    if not isinstance(value, dict):
        raise ValueError("it holds no JSON object")
    rest = {key: each for key, each in value.items() if key != _CHECKSUM}
    if _CHECKSUM in value and value[_CHECKSUM] != _checksum(rest):
        raise ValueError("its content and its checksum differ")
    return rest


def _checksum(value: dict[str, Any]) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode("utf-8", "surrogatepass"))


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """An empty folder for what another process is to read or to leave, deleted with all in it.

    Raises:
        StorageError: no folder for temporary files can be written.
    """
    with _made(lambda: tempfile.TemporaryDirectory(ignore_cleanup_errors=True)) as folder:
        yield Path(folder)


@contextmanager
def scratch_file() -> Iterator[IO[bytes]]:
    """An empty file for what another process says, deleted after the block.

    Raises:
        StorageError: no temporary file can be written.
    """
    with _made(tempfile.TemporaryFile) as file:
        yield file


def _made(make: Callable[[], T]) -> T:
    try:
        return make()
    except OSError as error:
        path = Path(error.filename or "A folder for temporary files")
        raise StorageError.from_os_error(error, path) from error
