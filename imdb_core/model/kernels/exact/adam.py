"""Adam over the flat parameter vector, rounded as torch.optim.Adam(W)'s `_single_tensor_adam`."""

from __future__ import annotations

import math

import numpy as np

from ..adam import epsilons
from ..compiling import Plan, kernel
from ..vectors import floats, lane_sum, load, splat, store
from .calls import vector_function
from .lanes import fused

CHUNK = 2048
"""Parameters that are taken from start to end while they are in the processor's cache."""

_BETA1 = 0.9
_BETA2 = 0.999
_ADD1 = np.float32(1 - _BETA1)
_KEEP2 = np.float32(_BETA2)
_ADD2 = np.float32(1 - _BETA2)


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
    flat, gradient, roots = floats(plan.flat), floats(plan.gradient), floats(plan.roots)
    first, second = floats(plan.first_moment), floats(plan.second_moment)
    count = np.float64(step)
    rate = splat(np.float32(-learning_rate / (1 - math.pow(_BETA1, count))))
    scale = splat(np.float32(math.pow(1 - math.pow(_BETA2, count), 0.5)))
    decay, factors = splat(np.float32(1 - learning_rate * weight_decay)), splat(np.float32(factor))
    add1, keep2, add2 = splat(_ADD1), splat(_KEEP2), splat(_ADD2)
    zero, size = splat(np.float32(0)), plan.parameters
    # `fused` with zero rounds a product that a sum behind it might take up otherwise.
    for start in range(0, size, CHUNK):
        stop = min(start + CHUNK, size)
        noted = 0
        for i in range(start, stop, 8):
            slope = fused(load(gradient, i), factors, zero)
            mean = load(first, i)
            square = fused(add2 * slope, slope, load(second, i) * keep2)
            store(first, i, fused(add1, slope - mean, mean))
            store(second, i, square)
            # Words that never occurred: MKL takes several times as long for a root of zero.
            if lane_sum(square) != 0:
                store(roots, noted, square)
                noted += 8
        if noted > 0:
            vector_function(plan.vector_root, noted, roots, roots)
        noted = 0
        for i in range(start, stop, 8):
            root = load(second, i)
            if lane_sum(root) != 0:
                root = load(roots, noted)
                noted += 8
            divisor = root / scale + epsilons(plan, i, word_epsilon)
            kept = fused(load(flat, i), decay, zero)
            store(flat, i, kept + (rate * load(first, i)) / divisor)
