"""A request to stop or to pause, which compiled code can see while it runs."""

from __future__ import annotations

import numpy as np


class StopFlag:
    """Set from any thread, looked at often by the one that works.

    Attributes:
        memory: one byte, 0 until a request; a compiled loop reads it without Python.
        by: who asked first, as a run's events spell it; may be empty.
    """

    def __init__(self) -> None:
        self.memory = np.zeros(1, dtype=np.uint8)
        self.by = ""
        self._is_stop = False  # never taken back, so that a pause beside it cannot undo it

    def set(self, by: str = "") -> None:
        """Ask the work to end soon; it decides what to keep."""
        self.by = self.by or by
        self._is_stop = True
        self.memory[0] = 1

    def pause(self, by: str = "") -> None:
        """Ask the work to end soon, so that it can go on later; a stop stays a stop."""
        self.by = self.by or by
        self.memory[0] = 1

    def is_set(self) -> bool:
        """Whether the work is to end, for either reason."""
        return bool(self.memory[0])

    @property
    def asks_to_pause(self) -> bool:
        """Whether it is to end for a pause."""
        return self.is_set() and not self._is_stop
