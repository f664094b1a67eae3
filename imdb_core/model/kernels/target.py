"""Which processor kernels are compiled for: one for all x86-64 computers, so that all agree.

Every product, sum and choice is written out, so that any processor's code gives the same
bits; compiling for one is for the cases that nobody thought of, and was the fastest, too.
"""

from __future__ import annotations

import os
from typing import Final

from numba.core import config

from imdb_core.processor import is_common

COMMON: Final = "haswell"
"""The first processor with AVX2 and FMA; whatever has both runs its code."""


def choose_target() -> None:
    """Compile for `COMMON` where it runs, unless NUMBA_CPU_NAME names a processor.

    In the environment, since numba reads that again whenever another variable of its own
    changes, and for processes started from here.
    """
    if is_common() and "NUMBA_CPU_NAME" not in os.environ:
        os.environ |= {"NUMBA_CPU_NAME": COMMON, "NUMBA_CPU_FEATURES": ""}
    # What LLVM does beyond takes a quarter of the time to compile and makes nothing faster: loops
    # are unrolled and vectors written out here.
    os.environ.setdefault("NUMBA_OPT", "1")
    config.reload_config()  # type: ignore[no-untyped-call]
