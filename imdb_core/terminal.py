"""A command's dealings with its terminal: signals and a line of progress."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

from imdb_core.data import Progress
from imdb_core.stop_flag import StopFlag
from imdb_core.visitors import TERMINAL

T = TypeVar("T")


def replace_what_cannot_be_shown() -> None:
    """A letter that the terminal's encoding lacks becomes a question mark, not an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def is_closed_pipe(error: OSError) -> bool:
    """Whether whoever read this program's output has left; Windows calls it invalid."""
    return isinstance(error, BrokenPipeError) or (
        os.name == "nt" and error.errno == errno.EINVAL and error.filename is None
    )


def leave_closed_pipe() -> None:
    """Send what is still to be said nowhere: Python would complain of it at its end."""
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def until_closed(say: Callable[[T], None], on_closed: Callable[[], None]) -> Callable[[T], None]:
    """`say`, at once, as long as somebody reads the output; then `on_closed`, once."""

    def said(value: T) -> None:
        try:
            say(value)
            sys.stdout.flush()
        except OSError as error:
            if not is_closed_pipe(error):
                raise
            leave_closed_pipe()
            on_closed()

    return said


class StopOnSignal:
    """Turns Ctrl-C and a terminate signal into a request; the second one ends at once."""

    def __init__(self) -> None:
        self.flag = StopFlag()
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopOnSignal:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._previous[number] = signal.signal(number, self._request)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _request(self, number: int, frame: FrameType | None) -> None:
        if self.flag.is_set():
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self.flag.set(TERMINAL)


class ProgressLine:
    """One line on a terminal that is written over; nothing where nobody looks."""

    def __init__(self) -> None:
        self._is_drawn = False

    def show(self, progress: Progress) -> None:
        """Draw one stage's progress over the last."""
        if sys.stderr.isatty():
            share = f" {progress.done / progress.total:4.0%}" if progress.total else ""
            print(f"\r\x1b[K{progress.stage}{share}", end="", file=sys.stderr, flush=True)
            self._is_drawn = True

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *error: object) -> None:
        if self._is_drawn:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
