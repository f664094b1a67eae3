"""tanh and the logistic function on vectors."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from llvmlite import ir

from .compiling import Builder, Context, Typed, Value, emitter
from .vectors import LANES, VECTOR, WIDTH, multiply_add

# The rational minimax form of degree 13 over 6 that Eigen has used
# (`generic_fast_tanh_float`, Eigen/src/Core/MathFunctionsImpl.h) and XLA still
# does (`EmitFastTanh`). Beyond the bound tanh is 1 in float32. Highest power first.
_BOUND = 7.90531110763549805
_TOP = (-2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-08,
        1.48572235717979e-05, 6.37261928875436e-04, 4.89352455891786e-03)  # fmt: skip
_BOTTOM = (1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03)


def lanes_of(number: float) -> Value:
    """`number`, rounded to float32, in every lane."""
    return ir.Constant(LANES, [number] * WIDTH)


def emit_tanh(builder: Builder, x: Value) -> Value:
    """The LLVM value of tanh, lane by lane."""

    def polynomial(factors: tuple[float, ...]) -> Value:
        first, *others = map(lanes_of, factors)
        return reduce(lambda sum, factor: multiply_add(builder, sum, y, factor), others, first)

    for sign, bound in ((">", lanes_of(_BOUND)), ("<", lanes_of(-_BOUND))):
        x = builder.select(builder.fcmp_ordered(sign, x, bound), bound, x)
    y = builder.fmul(x, x)
    return builder.fdiv(builder.fmul(x, polynomial(_TOP)), polynomial(_BOTTOM))


def _emit_logistic(builder: Builder, x: Value) -> Value:
    half = lanes_of(0.5)
    return multiply_add(builder, half, emit_tanh(builder, builder.fmul(half, x)), half)


def _lane_by_lane(function: Callable[[Builder, Value], Value]) -> Callable[..., Value]:
    def activation(typing: Context, vector: Typed) -> Typed:
        def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
            return function(builder, args[0])

        return VECTOR(VECTOR), emit

    return emitter(activation)


# Within 3e-7 of the true value; NaN stays NaN.
tanh = _lane_by_lane(emit_tanh)
# 1 / (1 + exp(-x)), through tanh, within 2e-7.
logistic = _lane_by_lane(_emit_logistic)
