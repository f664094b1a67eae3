"""A request to end, which compiled code can see while it runs."""

from __future__ import annotations

import numpy as np


class StopFlag:
    """Set from any thread, looked at often by the one that works.

    Attributes:
        memory: one byte, 0 until `set`; a compiled loop reads it without Python.
    """

    def __init__(self) -> None:
        self.memory = np.zeros(1, dtype=np.uint8)

    def set(self) -> None:
        """Ask the work to end soon; it decides what to keep."""
        self.memory[0] = 1

    def is_set(self) -> bool:
        """Whether `set` was called."""
        return bool(self.memory[0])
