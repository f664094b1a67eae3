"""Threads that make one call together."""

from __future__ import annotations

import ctypes
import os
import threading

# ctypes lets go of the GIL while it calls.
_SIGNATURE = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)


def usable_cores() -> int:
    """Those that this process may use, where the system says; else all that there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def call_together(address: int, records: int, threads: int) -> int:
    """Let so many threads call a unit, this one among them; returns what it returns."""
    call = _SIGNATURE(address)
    helpers = [
        threading.Thread(target=call, args=(records, me, threads), daemon=True)
        for me in range(1, threads)
    ]
    for helper in helpers:
        helper.start()
    result: int = call(records, 0, threads)
    for helper in helpers:
        helper.join()
    return result
