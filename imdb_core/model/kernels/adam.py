"""Adam over the flat parameter vector, step for step what torch.optim.Adam(W) does; averages."""

from __future__ import annotations

import math

import numpy as np

from .compiling import Plan, Vector, kernel
from .vectors import (
    WIDTH,
    floats,
    lane_numbers,
    lane_sum,
    load,
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
        for i in range(start, min(start + _CHUNK, size), 8):
            slope = load(gradient, i)
            total = total + slope * slope
        squares += lane_sum(total)
    return min(1.0, clip / (math.sqrt(squares) + 1e-6))


@kernel
def epsilons(plan: Plan, i: int, word_epsilon: float) -> Vector:
    """Adam's epsilon for eight parameters from `i` on: the embedding, which comes first, has
    its own.
    """
    words = splat(np.float32(min(max(plan.at_input - i, 0), WIDTH)))
    return where_greater(words, lane_numbers(), splat(np.float32(word_epsilon)), splat(_EPSILON))


@kernel
def average(plan: Plan, step: int, keep: float) -> None:
    """Move the running averages to the parameters, faster in the first steps, from 1 on.

    The share that is kept is TensorFlow's in `ExponentialMovingAverage(num_updates=step)`.
    """
    averages, flat = floats(plan.average), floats(plan.flat)
    share = splat(np.float32(1 - min(keep, (1 + step) / (10 + step))))
    for i in range(0, plan.parameters, 8):
        before = load(averages, i)
        store(averages, i, before + share * (load(flat, i) - before))


@kernel
def adam_step(
    plan: Plan,
    step: int,
    learning_rate: float,
    weight_decay: float,
    factor: float,
    word_epsilon: float,
) -> None:
    """One step with the gradient times `factor`; `step` counts from 1."""
    flat, gradient = floats(plan.flat), floats(plan.gradient)
    first, second = floats(plan.first_moment), floats(plan.second_moment)
    rate = splat(np.float32(learning_rate / (1 - _BETA1**step)))
    scale = splat(np.float32(1 / math.sqrt(1 - _BETA2**step)))
    decay = splat(np.float32(1 - learning_rate * weight_decay))
    factors = splat(np.float32(factor))
    keep1, add1 = splat(_KEEP1), splat(_ADD1)
    keep2, add2 = splat(_KEEP2), splat(_ADD2)
    for i in range(0, plan.parameters, 8):
        slope = load(gradient, i) * factors
        mean = keep1 * load(first, i) + add1 * slope
        square = keep2 * load(second, i) + add2 * (slope * slope)
        store(first, i, mean)
        store(second, i, square)
        size = square_root(square) * scale + epsilons(plan, i, word_epsilon)
        store(flat, i, load(flat, i) * decay - rate * (mean / size))
