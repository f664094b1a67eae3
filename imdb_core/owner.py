"""Which process something belongs to, and whether that process still lives."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache

import psutil

_CLOCK_TOLERANCE_S = 2.0  # psutil derives a start time from the boot time, which may be corrected


@dataclass(frozen=True, kw_only=True)
class Owner:
    """A process, told from a later one with the same number by its start time.

    Attributes:
        pid: process number.
        started_at: seconds since 1970.
    """

    pid: int
    started_at: float

    @property
    def is_this_process(self) -> bool:
        """Whether it is the caller's own."""
        return self == this_process()

    def is_alive(self) -> bool:
        """Whether this very process still runs; True where the system cannot say."""
        try:
            process = psutil.Process(self.pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            return abs(process.create_time() - self.started_at) < _CLOCK_TOLERANCE_S
        except psutil.Error:
            return False
        except OSError:  # such as too many open files
            return True


def this_process() -> Owner:
    """The calling process."""
    return _owner(os.getpid())


@cache
def _owner(pid: int) -> Owner:
    return Owner(pid=pid, started_at=psutil.Process(pid).create_time())
