"""A request to stop or to pause, which compiled code can see while it runs."""

from __future__ import annotations

import numpy as np

_STOP = 1
_PAUSE = 2


class StopFlag:
    """Set from any thread, looked at often by the one that works.

    Attributes:
        memory: one byte, 0 until a request; a compiled loop reads it without Python.
    """

    def __init__(self) -> None:
        self.memory = np.zeros(1, dtype=np.uint8)

    def set(self) -> None:
        """Ask the work to end soon; it decides what to keep."""
        self.memory[0] = _STOP

    def pause(self) -> None:
        """Ask the work to end soon, so that it can go on later; a stop stays a stop."""
        if not self.is_set():
            self.memory[0] = _PAUSE

    def is_set(self) -> bool:
        """Whether the work is to end, for either reason."""
        return bool(self.memory[0])

    @property
    def asks_to_pause(self) -> bool:
        """Whether it is to end for a pause."""
        return bool(self.memory[0] == _PAUSE)
