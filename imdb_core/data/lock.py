"""Being alone with a prepared source, among all threads and processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from imdb_core.data.progress import Progress, Watch
from imdb_core.errors import StorageError

_POLL_S = 0.2


@contextmanager
def alone_with(file: Path, at_work: str, watch: Watch | None) -> Iterator[None]:
    """Hold the lock `file`: wait while `watch` allows it, or without one not at all.

    Args:
        file: the lock.
        at_work: what is being done while somebody else holds it.
        watch: of whoever waits.

    Raises:
        StorageError: somebody else holds it, and there is no watch; or it cannot be written.
        PreparationCancelledError: cancelled while waiting.
    """
    lock = FileLock(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if watch is None:
                raise StorageError(
                    f"{at_work}. Wait for that or cancel it, then try again."
                ) from None
            watch.report(Progress(stage="Waiting for another preparation to end"))
            while not lock.is_locked:
                watch.check()
                with suppress(Timeout):
                    lock.acquire(timeout=_POLL_S)
    except OSError as error:
        raise StorageError.from_os_error(error, file.parent) from error
    try:
        yield
    finally:
        lock.release()
