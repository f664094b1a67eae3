"""Writing files so that a reader, or a kill, never meets half of one."""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, TypeVar

from imdb_core.errors import StorageError

_IS_WINDOWS: Final = os.name == "nt"
_PATIENCE_S: Final = 1.0
_POLL_S: Final = 0.01

T = TypeVar("T")


def write_atomically(path: Path, content: bytes) -> None:
    """Replace `path` by `content` in one step: the old bytes or the new, never a mixture.

    Raises:
        StorageError: the disk is full or the folder cannot be written; `path` is as it was.
    """
    write_parts_atomically(path, [content])


def write_parts_atomically(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    """`write_atomically` of what `parts` are together, without a copy of them in memory.

    The temporary file stands in the same folder, so that the rename cannot cross a
    file system; it reaches the disk before the rename does.

    Raises:
        StorageError: as there.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        _replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StorageError.from_os_error(error, path) from error


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


def write_json_atomically(path: Path, value: Any) -> None:  # noqa: ANN401 - any JSON value
    """`write_atomically` of `value` as indented UTF-8 JSON."""
    write_atomically(path, (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode())


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
