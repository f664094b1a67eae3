"""Work for processes of their own that end: a server never holds scikit-learn in memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from imdb_core.errors import (
    DataError,
    DataNotPreparedError,
    PreparationCancelledError,
    SourceDamagedError,
    StudioError,
)

_POLL_S: Final = 0.02
_PROJECT: Final = Path(__file__).parents[1]
_ERRORS = {error.__name__: error for error in (DataNotPreparedError, SourceDamagedError)}


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

    A worker that meets an error for the user says `{"error": class, "message": sentence}`
    instead and ends with a code that is not 0.

    Args:
        command: as `python` gives it.
        what: is computed, for sentences: "The figures".
        is_cancelled: asked many times a second.

    Raises:
        DataError: the process was killed or failed; its own error, if it named one.
        PreparationCancelledError: cancelled; the process has ended.
    """
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as log:
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,  # its end tells the worker that this process has died
            stdout=said,
            stderr=log,
            env=_environment(),
        ) as process:
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


def work(task: Callable[[], str], *, yields: bool = False) -> int:
    """Called in a worker: say what `task` gives, or its error, as `output_of` reads it.

    The worker ends as soon as the process that started it is gone.

    Args:
        task: what is to be done.
        yields: let everything else on the machine go first: nobody waits for this.

    Returns:
        The exit code.
    """
    threading.Thread(target=_wait_for_parent, daemon=True).start()
    if yields and hasattr(os, "nice"):
        os.nice(10)
    try:
        print(task())
    except StudioError as error:
        print(json.dumps({"error": type(error).__name__, "message": str(error)}))
        return 1
    return 0


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


def _environment() -> dict[str, str]:
    search = [str(_PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
    one_thread = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    return {**os.environ, **one_thread, "PYTHONPATH": os.pathsep.join(search), "PYTHONUTF8": "1"}


def _failure(returncode: int, said: bytes, log: bytes, what: str) -> DataError:
    try:
        message = json.loads(said)
        return _ERRORS.get(message["error"], DataError)(message["message"])
    except (ValueError, KeyError, TypeError):
        pass
    if returncode < 0:
        return DataError(
            f"The process that works out {what.lower()} was killed (signal {-returncode}), perhaps "
            "because memory ran out. Close other programs and try again."
        )
    last = log.decode(errors="replace").strip().rpartition("\n")[2]
    return DataError(
        f"{what} could not be worked out ({last or f'exit code {returncode}'}). "
        "Try again, or install the requirements again."
    )
