"""Functions of one double by + - * / alone: a C library's differ in the last bit."""

from __future__ import annotations

import math

import numpy as np
from llvmlite import ir
from numba.core import types

from .compiling import Builder, Context, Number, Typed, Value, emitter, kernel

_PER_LN2 = 1.4426950408889634
# ln 2 in two pieces, the first with zeros at its end: its multiples are exact.
_LN2_UPPER = 6.93147180369123816490e-01
_LN2_LOWER = 1.90821492927058770002e-10
_LN2 = 0.6931471805599453
# Of the powers of x in exp(x), and of those of x² in artanh(x) / x; the highest first.
_EXP = np.array([1 / math.factorial(n) for n in range(13, -1, -1)])
_ARTANH = np.array([1 / n for n in range(23, 0, -2)])
_LARGEST = 708.0  # e to minus that is still no subnormal


@emitter
def _halved(typing: Context, times: Typed) -> Typed:
    """One, halved so often; exact to 1022 times."""

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        long = ir.IntType(64)
        exponent = builder.sub(ir.Constant(long, 1023), args[0])
        return builder.bitcast(builder.shl(exponent, ir.Constant(long, 52)), ir.DoubleType())

    return types.float64(types.int64), emit


@kernel
def exp_of_minus(x: Number) -> Number:
    """e to the -x for x >= 0, within 1e-15 of it; NaN counts as large."""
    x = x if x < _LARGEST else _LARGEST
    halvings = int(x * _PER_LN2 + 0.5)
    rest = (halvings * _LN2_UPPER - x) + halvings * _LN2_LOWER  # from -0.35 to 0.35
    series = 0.0
    for i in range(_EXP.size):
        series = _EXP[i] + rest * series
    return series * _halved(halvings)


@kernel
def log_of_one_and(x: Number) -> Number:
    """ln(1 + x) for x from 0 to 1, within 1e-15."""
    # ln y = 2 artanh((y - 1) / (y + 1))
    is_large = x > 0.5
    ratio = (x - 1.0) / (x + 3.0) if is_large else x / (x + 2.0)  # from -0.15 to 0.2
    square = ratio * ratio
    series = 0.0
    for i in range(_ARTANH.size):
        series = _ARTANH[i] + square * series
    return 2.0 * ratio * series + (_LN2 if is_large else 0.0)


@kernel
def power(base: float, exponent: int) -> float:
    """`base` to the `exponent` >= 0, by squaring."""
    result = 1.0
    while exponent > 0:
        if exponent & 1:
            result *= base
        base *= base
        exponent >>= 1
    return result
