"""tanh and the logistic function as PyTorch rounds them."""

from __future__ import annotations

import math

import numpy as np

from ..compiling import Number, Plan, Pointer, kernel
from ..vectors import at, flags, floats, get, ints, load, longs, put
from .calls import vector_function
from .lanes import fused, lowest_bit, store_tanh

# Sleef's expf with an error of at most one unit (Sleef_expf16_u10), which
# `Vectorized<float>::exp` calls: exp(x) = 2**q * (1 + s + s² * polynomial(s)).
_PER_LN2 = np.float32(1.442695040888963407359924681001892137426645954152985934135449406931)
_LN2_UPPER = np.float32(0.693145751953125)
_LN2_LOWER = np.float32(1.428606765330187045e-06)
_EXP5 = np.float32(0.000198527617612853646278381)
_EXP4 = np.float32(0.00139304355252534151077271)
_EXP3 = np.float32(0.00833336077630519866943359)
_EXP2 = np.float32(0.0416664853692054748535156)
_EXP1 = np.float32(0.166666671633720397949219)
_HALF = np.float32(0.5)
_ONE = np.float32(1)


@kernel
def squash(plan: Plan, values: Pointer, target: Pointer, count: int) -> None:
    """Write tanh of `count` numbers to `target`; up to seven more behind them."""
    if plan.quick_tanh == 0:
        vector_function(plan.vector_tanh, count, values, target)
        return
    doubtful, words = flags(plan.doubtful), longs(plan.doubtful)
    last = (count - 1) >> 6
    put(words, last, 0)
    for i in range(0, count, 8):
        put(doubtful, i >> 3, store_tanh(at(target, i), load(values, i)))
    noted, inputs, places = 0, floats(plan.hard_inputs), ints(plan.hard_places)
    for word in range(last + 1):
        lanes = get(words, word)
        while lanes != 0:
            place = 64 * word + lowest_bit(lanes)
            lanes &= lanes - 1
            put(inputs, noted, get(values, place))
            put(places, noted, np.int32(place))
            noted += 1
    if noted > 0:
        vector_function(plan.vector_tanh, noted, inputs, inputs)
        for i in range(noted):
            put(target, get(places, i), get(inputs, i))


@kernel
def _exp(x: Number) -> Number:
    if not abs(x) < np.float32(104):
        return np.float32(math.exp(x))
    whole = np.float32(np.rint(x * _PER_LN2))
    rest = fused(whole, -_LN2_UPPER, x)
    rest = fused(whole, -_LN2_LOWER, rest)
    series = fused(_EXP5, rest, _EXP4)
    series = fused(series, rest, _EXP3)
    series = fused(series, rest, _EXP2)
    series = fused(series, rest, _EXP1)
    series = fused(series, rest, _HALF)
    series = _ONE + fused(rest * rest, series, rest)
    return np.float32(math.ldexp(np.float64(series), int(whole)))


@kernel
def logistic(plan: Plan, logits: Pointer, probabilities: Pointer, count: int) -> None:
    """1 / (1 + exp(-x)); what does not fill a pair of vectors goes through the C library."""
    paired = count - count % plan.paired_lanes
    for i in range(count):
        x = -get(logits, i)
        power = _exp(x) if i < paired else np.float32(math.exp(x))
        put(probabilities, i, _ONE / (_ONE + power))
