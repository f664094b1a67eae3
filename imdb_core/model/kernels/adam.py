"""Adam over the flat parameter vector, step for step what torch.optim.Adam(W) does; averages."""

from __future__ import annotations

import math

import numpy as np

from .compiling import Plan, Vector, kernel
from .numbers import power
from .vectors import (
    floats,
    fused,
    lane_numbers,
    lane_sum,
    load,
    smaller,
    splat,
    square_root,
    store,
    where_greater,
)

_BETA1 = 0.9
_BETA2 = 0.999
_EPSILON = np.float32(1e-8)
_KEEP1 = np.float32(_BETA1)
_ADD1 = np.float32(1 - _BETA1)
_KEEP2 = np.float32(_BETA2)
_ADD2 = np.float32(1 - _BETA2)
_CHUNK = 4096


@kernel
def clip_factor(plan: Plan, clip: float) -> float:
    """What `clip_grad_norm_(parameters, clip)` multiplies every gradient by; 0 clips none."""
    if clip <= 0:
        return 1.0
    gradient, size = floats(plan.gradient), (plan.parameters + 7) & -8
    squares = 0.0
    for start in range(0, size, _CHUNK):
        total = splat(np.float32(0))
        for i in range(start, smaller(start + _CHUNK, size), 8):
            slope = load(gradient, i)
            total = fused(slope, slope, total)
        squares += lane_sum(total)
    factor = clip / (math.sqrt(squares) + 1e-6)
    return factor if factor < 1 else 1.0


@kernel
def epsilons(plan: Plan, i: int, word_epsilon: float) -> Vector:
    """Adam's epsilon for eight parameters from `i` on: the embedding, which comes first, has
    its own.
    """
    words = splat(np.float32(plan.at_input - i))
    return where_greater(words, lane_numbers(), splat(np.float32(word_epsilon)), splat(_EPSILON))


@kernel
def average(plan: Plan, step: int, begin: int, end: int) -> None:
    """Move the running averages to the parameters, faster in the first steps, from 1 on.

    The share that is kept is TensorFlow's in `ExponentialMovingAverage(num_updates=step)`.
    """
    averages, flat = floats(plan.average), floats(plan.flat)
    keep = (1 + step) / (10 + step)
    share = splat(np.float32(1 - (keep if keep < plan.keep else plan.keep)))
    for i in range(begin, end, 8):
        before = load(averages, i)
        store(averages, i, fused(share, load(flat, i) - before, before))


@kernel
def adam_step(plan: Plan, step: int, factor: float, begin: int, end: int) -> None:
    """One step of the parameters from `begin` to `end` with the gradient times `factor`.

    `step` counts from 1.
    """
    flat, gradient = floats(plan.flat), floats(plan.gradient)
    first, second = floats(plan.first_moment), floats(plan.second_moment)
    rate = splat(np.float32(-plan.learning_rate / (1 - power(_BETA1, step))))
    scale = splat(np.float32(1 / math.sqrt(1 - power(_BETA2, step))))
    decay = splat(np.float32(1 - plan.learning_rate * plan.weight_decay))
    factors = splat(np.float32(factor))
    keep1, add1 = splat(_KEEP1), splat(_ADD1)
    keep2, add2 = splat(_KEEP2), splat(_ADD2)
    for i in range(begin, end, 8):
        slope = load(gradient, i) * factors
        mean = fused(keep1, load(first, i), add1 * slope)
        square = fused(keep2, load(second, i), add2 * (slope * slope))
        store(first, i, mean)
        store(second, i, square)
        size = fused(square_root(square), scale, epsilons(plan, i, plan.word_epsilon))
        store(flat, i, fused(rate, mean / size, load(flat, i) * decay))
