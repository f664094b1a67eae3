"""What the exact kernels need of single and double precision beyond `vectors`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import core
from numba.core import types

from ..compiling import emitter
from ..vectors import FLOATS, LANES, VECTOR, WIDTH, Builder, Context, Typed, Value, store_lanes

_cgutils: Any = core.cgutils
_DOUBLES = ir.VectorType(ir.DoubleType(), WIDTH)
_LONGS = ir.VectorType(ir.IntType(64), WIDTH)

# tanh(x) / x for |x| <= 4 as P(x²) / Q(x²), lowest power first; relative error 2e-12. Fitted by
# reweighted least squares on Chebyshev nodes.
TANH_BOUND = 4.0
_P = (0.99999999999869, 0.13646359461301, 0.0038208990151226, 2.6600617768509e-05,
      2.3882316310608e-08)  # fmt: skip
_Q = (1.0, 0.46979692792241, 0.027086541727841, 0.00038411135004098, 1.1535493793487e-06)

# A double's bits below a float's last, and how near to the middle between two floats a
# value must lie for MKL to take the farther one. Of all floats, MKL 2024.2 on an AMD EPYC
# errs at most by 0.5018 units in the last place.
_LOWER_BITS = 29
TANH_ERROR = 0.5025
_NEAR = int((TANH_ERROR - 0.5) * 2**_LOWER_BITS)


@emitter
def fused(typing: Context, left: Typed, right: Typed, addend: Typed) -> Typed:
    """left * right + addend, rounded once; of vectors or of single floats."""
    kind = left if left == VECTOR else types.float32

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        if kind != VECTOR:
            return builder.fma(*args)
        function = _cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(LANES, [LANES] * 3), f"llvm.fma.v{WIDTH}f32"
        )
        return builder.call(function, args)

    return kind(kind, kind, kind), emit


def _polynomial(builder: Builder, argument: Value, factors: Sequence[float]) -> Value:
    total = ir.Constant(_DOUBLES, [factors[-1]] * WIDTH)
    for factor in reversed(factors[:-1]):
        product = builder.fmul(total, argument, flags=("contract",))
        total = builder.fadd(product, ir.Constant(_DOUBLES, [factor] * WIDTH), flags=("contract",))
    return total


@emitter
def store_tanh(typing: Context, target: Typed, vector: Typed) -> Typed:
    """Write the correctly rounded tanh; returns a bit for each lane that MKL may round otherwise.

    Those lie beyond the bound of the approximation, or in the middle between two floats.
    """

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        def doubles(value: float) -> Value:
            return ir.Constant(_DOUBLES, [value] * WIDTH)

        def longs(value: int) -> Value:
            return ir.Constant(_LONGS, [value] * WIDTH)

        address, x = args[0], builder.fpext(args[1], _DOUBLES)
        square = builder.fmul(x, x)
        upper = builder.fmul(x, _polynomial(builder, square, _P))
        ratio = builder.fdiv(upper, _polynomial(builder, square, _Q))
        store_lanes(builder, builder.fptrunc(ratio, LANES), address)
        middle = 1 << (_LOWER_BITS - 1)
        offset = builder.sub(builder.bitcast(ratio, _LONGS), longs(middle - _NEAR))
        offset = builder.and_(offset, longs((1 << _LOWER_BITS) - 1))
        near = builder.icmp_unsigned("<", offset, longs(2 * _NEAR))
        beyond = builder.fcmp_unordered(">", square, doubles(TANH_BOUND**2))
        return builder.bitcast(builder.or_(near, beyond), ir.IntType(WIDTH))

    return types.uint8(FLOATS, VECTOR), emit


@emitter
def lowest_bit(typing: Context, number: Typed) -> Typed:
    """The place of the lowest bit that is set; `number` is not 0."""

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), True))

    return types.int64(types.int64), emit
