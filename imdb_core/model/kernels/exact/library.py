"""MKL's functions inside PyTorch's library, by address."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch


class Library(NamedTuple):
    """Where the functions are that a kernel calls.

    Attributes:
        sgemm: BLAS's product of float32 matrices.
        vector_tanh, vector_root: what `torch.tanh` and `torch.sqrt` call (VML, with a mode).
        set_threads: how many threads MKL may use in the calling thread; returns the old number.
    """

    sgemm: int = 0
    vector_tanh: int = 0
    vector_root: int = 0
    set_threads: int = 0


_NAMES = ("sgemm_", "vmsTanh", "vmsSqrt", "MKL_Set_Num_Threads_Local")


@cache
def _loaded() -> ctypes.CDLL | None:
    """PyTorch's library if it has MKL's functions in it, as its builds for Linux have."""
    path = Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"
    if not torch.backends.mkl.is_available() or not path.is_file():  # type: ignore[no-untyped-call]
        return None
    library = ctypes.CDLL(str(path))
    return library if all(hasattr(library, name) for name in _NAMES) else None


def find_library() -> Library | None:
    """The addresses; None where PyTorch has no MKL, or hides it."""
    library = _loaded()
    if library is None:
        return None
    functions = [ctypes.cast(getattr(library, name), ctypes.c_void_p) for name in _NAMES]
    return Library(*(function.value or 0 for function in functions))


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep MKL's products in this thread, whatever `torch.set_num_threads` says."""
    library = _loaded()
    assert library is not None
    before = library.MKL_Set_Num_Threads_Local(1)
    try:
        yield
    finally:
        library.MKL_Set_Num_Threads_Local(before)
