"""How kernels are compiled, and names for what only the compiler knows the type of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit
from numba.extending import intrinsic

from .cache import KernelCache

# Its annotations know neither all its options nor that a kernel is called like
# the function that it is made from.
_njit: Any = njit

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

# Inside a kernel: a record of sizes and addresses (see `plan`), a typed pointer,
# eight floats, a float32 or float64. Numba works their types out itself.
Plan = Any
Pointer = Any
Vector = Any
Number = Any


def kernel(function: Kernel) -> Kernel:
    """Compile a function that other kernels call.

    Division by zero follows IEEE 754 instead of raising. `fastmath` stays off:
    what it would gain is written out with vectors, and NaN must stay visible.
    """
    compiled: Kernel = _njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)(
        function
    )
    return compiled


def inlined(function: Kernel) -> Kernel:
    """Compile a function as part of its caller.

    Numba optimises each compiled function together with all that it calls, so
    every level of calls costs compile time again.
    """
    compiled: Kernel = _njit(error_model="numpy", inline="always")(function)
    return compiled


def entry(function: Kernel) -> Kernel:
    """Compile a function that Python calls: without the GIL, and kept on disk."""
    dispatcher = _njit(nogil=True, error_model="numpy")(function)
    dispatcher._cache = KernelCache(function)
    compiled: Kernel = dispatcher
    return compiled


def emitter(function: Callable[..., Any]) -> Callable[..., Any]:
    """Numba's `intrinsic`: `function` types a call and returns what emits its LLVM code."""
    called: Any = intrinsic(function)
    return called  # type: ignore[no-any-return]
