"""The dense layer, its loss and where the gradient starts."""

from __future__ import annotations

import numpy as np

from .compiling import Number, Plan, Pointer, kernel
from .numbers import exp_of_minus, log_of_one_and
from .vectors import (
    at,
    doubles,
    fill,
    floats,
    fused,
    get,
    ints,
    lane_sum,
    load,
    longs,
    put,
    splat,
    store,
)


@kernel
def binary_cross_entropy(logit: float, label: float) -> Number:
    """The loss in nats of one logit, good for any size of it."""
    above = logit if logit > 0.0 else 0.0
    return above - logit * label + log_of_one_and(exp_of_minus(abs(logit)))


@kernel
def probability(logit: float) -> Number:
    """1 / (1 + exp(-logit))."""
    power = exp_of_minus(abs(logit))
    return (power if logit < 0 else 1.0) / (1.0 + power)


@kernel
def _drop(plan: Plan, values: Pointer, place: int) -> None:
    """Multiply one row of features, or of their gradient, by dropout mask `place`."""
    mask = at(floats(plan.masks), place * plan.features)
    for start in range(0, plan.features, plan.hidden):
        half = at(values, start // plan.hidden * plan.hidden_room)
        for unit in range(plan.hidden):
            put(half, unit, get(half, unit) * get(mask, start + unit))


@kernel
def score(plan: Plan, first: int, count: int) -> None:
    """Logits of a block from its features, and the rows' losses where there are labels."""
    room, positions = plan.features_room, ints(plan.position)
    dense, bias = floats(plan.dense), get(floats(plan.flat), plan.at_dense_bias)
    for row in range(count):
        position = get(positions, row)
        features = at(floats(plan.pooled_features), row * room)
        if plan.masks != 0:
            _drop(plan, features, first + position)
        total = splat(np.float32(0))
        for j in range(0, room, 8):
            total = fused(load(features, j), load(dense, j), total)
        logit = lane_sum(total) + bias
        put(floats(plan.block_logits), row, logit)
        if plan.logits != 0:
            put(floats(plan.logits), first + position, logit)
        if plan.labels != 0:
            label = get(floats(plan.labels), get(longs(plan.order), first + position))
            loss = binary_cross_entropy(np.float64(logit), np.float64(label))
            put(doubles(plan.row_losses), position, loss)


@kernel
def send_back(plan: Plan, first: int, count: int, rows: int, batch: int) -> None:
    """From the logits of a block the gradient of its features and of the dense layer."""
    room, positions, labels = plan.features_room, ints(plan.position), floats(plan.labels)
    dense, dense_grad = floats(plan.dense), floats(plan.dense_grad)
    fill(floats(plan.features_grad), rows * room, np.float32(0))
    for row in range(count):
        place = first + get(positions, row)
        label = np.float64(get(labels, get(longs(plan.order), place)))
        logit = np.float64(get(floats(plan.block_logits), row))
        slope = np.float32((probability(logit) - label) / batch)
        features = at(floats(plan.pooled_features), row * room)
        features_grad, factor = at(floats(plan.features_grad), row * room), splat(slope)
        for j in range(0, room, 8):
            store(features_grad, j, factor * load(dense, j))
            store(dense_grad, j, fused(factor, load(features, j), load(dense_grad, j)))
        put(dense_grad, room, get(dense_grad, room) + slope)
        if plan.masks != 0:
            _drop(plan, features_grad, place)
