"""Calls of MKL's functions from inside kernels.

Matrices are row-major without gaps, as PyTorch has them; MKL counts by columns, so that it
is handed the transposes in the other order, exactly as PyTorch hands them. Which sums MKL
forms depends on the alignment: every matrix begins at a multiple of 64 bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import core
from numba.core import types

from ..compiling import emitter
from ..vectors import FLOATS, Builder, Context, Typed, Value

_INT, _FLOAT, _LONG = ir.IntType(32), ir.FloatType(), ir.IntType(64)
_LETTER = ir.IntType(8)
# Highest accuracy, subnormals kept, errors ignored: the mode in aten/src/ATen/cpu/vml.h.
_VML_MODE = 0x2 | 0x140000 | 0x100

_cgutils: Any = core.cgutils


def _call(builder: Builder, address: Value, returned: Value, args: Sequence[Value]) -> Value:
    signature = ir.FunctionType(returned, [value.type for value in args])
    return builder.call(builder.inttoptr(address, signature.as_pointer()), args)


def _sgemm(letters: bytes, *, add: bool = False) -> Callable[..., None]:
    """`out` (n, m) = `second` times `first`, each perhaps transposed; of depth k."""

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        address, out, first, first_row, second, second_row, *sizes = args

        def stored(value: Value) -> Value:
            return _cgutils.alloca_once_value(builder, value)

        def size(value: Value) -> Value:
            return stored(builder.trunc(value, _INT))

        transposed = [stored(ir.Constant(_LETTER, letter)) for letter in letters]
        one, beta = (stored(ir.Constant(_FLOAT, value)) for value in (1.0, float(add)))
        m, n, k = (size(value) for value in sizes)
        first_row, second_row = size(first_row), size(second_row)
        pointers = [*transposed, m, n, k, one, first, first_row, second, second_row, beta, out, m]
        _call(builder, address, ir.VoidType(), pointers)
        return context.get_dummy_value()

    def product(
        typing: Context,
        address: Typed,
        out: Typed,
        first: Typed,
        first_row: Typed,
        second: Typed,
        second_row: Typed,
        m: Typed,
        n: Typed,
        k: Typed,
    ) -> Typed:
        size = types.int64
        return types.void(size, FLOATS, FLOATS, size, FLOATS, size, size, size, size), emit

    return emitter(product)


# out (n, m) = second (n, k) times first (m, k) transposed
times_transposed = _sgemm(b"tn")
# The same, added to what `out` holds.
add_times_transposed = _sgemm(b"tn", add=True)
# out (n, m) = second (n, k) times first (k, m)
times = _sgemm(b"nn")
# out (n, m) = second (k, n) transposed times first (k, m)
transposed_times = _sgemm(b"nt")


@emitter
def vector_function(
    typing: Context, address: Typed, count: Typed, source: Typed, target: Typed
) -> Typed:
    """Apply one of VML's functions to `count` floats; `source` may be `target`."""

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        address, count, source, target = args
        mode = ir.Constant(_LONG, _VML_MODE)
        number = builder.trunc(count, _INT)
        _call(builder, address, ir.VoidType(), [number, source, target, mode])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, FLOATS, FLOATS), emit


@emitter
def set_threads(typing: Context, address: Typed, threads: Typed) -> Typed:
    """Let MKL use so many threads in this one; returns how many it might until now."""

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        before = _call(builder, args[0], _INT, [builder.trunc(args[1], _INT)])
        return builder.sext(before, _LONG)

    return types.int64(types.int64, types.int64), emit
