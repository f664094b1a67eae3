"""A command's dealings with its terminal: signals and a line of progress."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Any

from imdb_core.data import Progress
from imdb_core.stop_flag import StopFlag
from imdb_core.visitors import TERMINAL


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
