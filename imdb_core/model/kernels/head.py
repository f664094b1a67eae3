"""The dense layer, its loss and where the gradient starts."""

from __future__ import annotations

import math

import numpy as np

from .compiling import Plan, Pointer, kernel
from .vectors import at, doubles, floats, get, lane_sum, load, put, splat, store


@kernel
def binary_cross_entropy(logit: float, label: float) -> float:
    """The loss in nats of one logit, exact for any size of it."""
    return max(logit, 0.0) - logit * label + math.log1p(math.exp(-abs(logit)))


@kernel
def drop(plan: Plan, values: Pointer, place: int) -> None:
    """Multiply one row of features, or of their gradient, by dropout mask `place`."""
    mask = at(floats(plan.masks), place * plan.features)
    for start in range(0, plan.features, plan.hidden):
        half = at(values, start // plan.hidden * plan.hidden_room)
        for unit in range(plan.hidden):
            put(half, unit, get(half, unit) * get(mask, start + unit))


@kernel
def score(plan: Plan, rows: int) -> None:
    """Logits of a block from its features."""
    room = plan.features_room
    features, dense = floats(plan.pooled_features), floats(plan.dense)
    logits, bias = doubles(plan.block_logits), get(floats(plan.flat), plan.at_dense_bias)
    for row in range(rows):
        total = splat(np.float32(0))
        for j in range(0, room, 8):
            total = total + load(features, row * room + j) * load(dense, j)
        put(logits, row, np.float64(lane_sum(total) + bias))


@kernel
def send_back(plan: Plan, row: int, slope: float) -> None:
    """One row's gradient of the features and of the dense layer; `slope` is its logit's."""
    room = plan.features_room
    features = at(floats(plan.pooled_features), row * room)
    features_grad = at(floats(plan.features_grad), row * room)
    dense, dense_grad = floats(plan.dense), floats(plan.dense_grad)
    factor = splat(np.float32(slope))
    for j in range(0, room, 8):
        store(features_grad, j, factor * load(dense, j))
        store(dense_grad, j, load(dense_grad, j) + factor * load(features, j))
    put(dense_grad, room, get(dense_grad, room) + np.float32(slope))
