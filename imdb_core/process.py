"""Work for processes of their own that end: a server never holds scikit-learn in memory.

A worker says what it found on standard output, a line at a time. An error meant for the user
is a line too, `{"error": class, "message": sentence}`, and then the exit code is not 0. Its
standard input is a pipe whose end tells it that whoever started it has died.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

from imdb_core.errors import (
    DataError,
    DataNotPreparedError,
    PreparationCancelledError,
    SourceDamagedError,
    SourceUnavailableError,
    StorageError,
    StudioError,
)
from imdb_core.files import scratch_file

_POLL_S: Final = 0.02
_ONE_THREAD: Final = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
_PROJECT: Final = Path(__file__).parents[1]
_ERRORS = {
    error.__name__: error
    for error in (DataNotPreparedError, SourceDamagedError, SourceUnavailableError, StorageError)
}


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of this project."""
    return [sys.executable, "-m", module, *arguments]


def output_of(
    command: Sequence[str],
    what: str,
    *,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> bytes:
    """The last line that `command` says on standard output. Blocks; asks often for a cancel.

    Args:
        command: as `python` gives it.
        what: is computed, for sentences: "The figures".
        is_cancelled: asked many times a second.

    Raises:
        DataError: the process was killed or failed.
        StudioError: the error that it named.
        PreparationCancelledError: cancelled; the process has ended.
        StorageError: no temporary file can be written.
    """
    with scratch_file() as said, scratch_file() as log:
        with started(command, stdout=said, stderr=log, env=environment(_ONE_THREAD)) as process:
            try:
                _wait(process, what, is_cancelled)
            except BaseException:
                process.kill()
                raise
        said.seek(0)
        last = said.read().strip().rpartition(b"\n")[2]
        if process.returncode == 0:
            return last
        log.seek(0)
        raise _failure(process.returncode, last, log.read(), what)


def started(
    command: Sequence[str],
    *,
    stdout: IO[bytes] | int,
    stderr: IO[bytes],
    env: Mapping[str, str],
) -> subprocess.Popen[bytes]:
    """A worker, its standard input a pipe.

    Raises:
        StorageError: the system starts no process, as with too many open files.
    """
    try:
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=stdout, stderr=stderr, env=env
        )
    except OSError as error:
        raise StorageError.from_reading(error, Path(command[0])) from error


def work(task: Callable[[], str], *, yields: bool = False) -> int:
    """Called in a worker: say what `task` gives, or its error, as `output_of` reads it.

    The worker ends as soon as the process that started it is gone.

    Args:
        task: what is to be done.
        yields: let everything else on the machine go first: nobody waits for this.

    Returns:
        The exit code.
    """
    end_with_parent()
    if yields and hasattr(os, "nice"):
        os.nice(10)
    try:
        print(task())
    except StudioError as error:
        print(error_line(error))
        return 1
    return 0


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """A worker's: this process's with `more`; it finds the project from any folder."""
    search = [str(_PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(search), "PYTHONUTF8": "1", **more}


def end_with_parent() -> None:
    """Called in a worker: end it as soon as the process that started it is gone."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def error_line(error: StudioError) -> str:
    """What a worker says of an error, for `named_error`."""
    return json.dumps({"error": type(error).__name__, "message": str(error)})


def named_error(said: Mapping[str, Any]) -> StudioError:
    """The error that a worker said; one that no worker is known to meet is a `DataError`."""
    return _ERRORS.get(said["error"], DataError)(said["message"])


def last_words(returncode: int, log: bytes) -> str:
    """What a worker that failed by a defect said last on standard error, or its exit code."""
    last = log.decode(errors="replace").strip().rpartition("\n")[2]
    return last or f"exit code {returncode}"


def _wait_for_parent() -> None:
    os.read(0, 1)  # returns when the parent is gone
    os._exit(1)


def _wait(process: subprocess.Popen[bytes], what: str, is_cancelled: Callable[[], bool]) -> None:
    while True:
        if is_cancelled():
            raise PreparationCancelledError(f"{what} were cancelled; nothing is kept.")
        try:
            process.wait(timeout=_POLL_S)
        except subprocess.TimeoutExpired:
            continue
        return


def _failure(returncode: int, said: bytes, log: bytes, what: str) -> StudioError:
    try:
        return named_error(json.loads(said))
    except (ValueError, KeyError, TypeError):
        pass
    if returncode < 0:
        return DataError(
            f"The process that works out {what.lower()} was killed (signal {-returncode}), perhaps "
            "because memory ran out. Close other programs and try again."
        )
    return DataError(
        f"{what} could not be worked out ({last_words(returncode, log)}). "
        "Try again, or install the requirements again."
    )
