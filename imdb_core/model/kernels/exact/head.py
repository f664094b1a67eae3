"""The dense layer, its loss and where the gradient starts, rounded as PyTorch does."""

from __future__ import annotations

import numpy as np

from ..compiling import Plan, kernel
from ..head import binary_cross_entropy
from ..tables import copy_row
from ..vectors import at, floats, get, longs, put
from .calls import add_times_transposed, transposed_times
from .recurrence import step_floats
from .squash import logistic
from .sums import total_sum

_ONE = np.float32(1)
# The floor of binary_cross_entropy_backward's divisor (aten/src/ATen/native/Loss.cpp).
_SMALLEST = np.float32(1e-12)


@kernel
def score(plan: Plan, first: int, rows: int) -> None:
    """Logits of the last states, with dropout where there are masks."""
    width = plan.hidden
    last = at(floats(plan.exact_states), plan.length * step_floats(rows, width))
    seen, logits = floats(plan.features_seen), floats(plan.exact_logits)
    copy_row(last, seen, rows * width)
    if plan.masks != 0:
        masks = at(floats(plan.masks), first * width)
        for i in range(rows * width):
            put(seen, i, get(seen, i) * get(masks, i))
    bias = get(floats(plan.flat), plan.at_dense_bias)
    for row in range(rows):
        put(logits, row, bias)
    weights = floats(plan.dense_weights)
    add_times_transposed(plan.sgemm, logits, weights, width, seen, width, 1, rows, width)


@kernel
def learn(plan: Plan, first: int, rows: int) -> float:
    """Start the gradient from the logits; returns the sum of the losses."""
    width, part = plan.hidden, floats(plan.part)
    logits, slopes = floats(plan.exact_logits), floats(plan.logit_slopes)
    labels, order = floats(plan.labels), longs(plan.order)
    gradient, seen = floats(plan.gradient), floats(plan.features_seen)
    weights, state_grad = floats(plan.dense_weights), floats(plan.exact_state_grad)
    logistic(plan, logits, slopes, rows)
    loss = 0.0
    for row in range(rows):
        probability, label = get(slopes, row), get(labels, get(order, first + row))
        logit = np.float64(get(logits, row))
        loss += binary_cross_entropy(logit, np.float64(label))
        spread = (_ONE - probability) * probability
        slope = (probability - label) / max(spread, _SMALLEST) / np.float32(rows)
        slope = slope * (_ONE - probability) * probability
        put(slopes, row, slope)
        for unit in range(width):
            put(state_grad, row * width + unit, slope * get(weights, unit))
    if plan.masks != 0:
        masks = at(floats(plan.masks), first * width)
        for i in range(rows * width):
            put(state_grad, i, get(state_grad, i) * get(masks, i))
    transposed_times(plan.sgemm, part, seen, width, slopes, 1, width, 1, rows)
    copy_row(part, at(gradient, plan.at_dense), width)
    put(gradient, plan.at_dense_bias, total_sum(slopes, rows, floats(plan.spare)))
    return loss
