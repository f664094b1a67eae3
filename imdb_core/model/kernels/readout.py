"""What the dense layer sees: the last state, or the mean and maximum over the words."""

from __future__ import annotations

import numpy as np

from .compiling import Plan, Pointer, Vector, kernel
from .vectors import at, fill, floats, get, load, put, splat, store, where_equal, where_greater

_LOWEST = np.float32(-np.inf)


@kernel
def begin(plan: Plan, rows: int) -> None:
    """Forget the previous block."""
    if plan.pooled:
        count = rows * plan.hidden_room
        fill(floats(plan.total), count, np.float32(0))
        fill(floats(plan.highest), count, _LOWEST)
        fill(floats(plan.when), count, np.float32(-1))
        fill(floats(plan.words), rows, np.float32(0))


@kernel
def take_in(plan: Plan, states: Pointer, slots: Pointer, padding: int, t: int, rows: int) -> None:
    """Count the states (rows, H) of time `t` where the token is a word."""
    width = plan.hidden_room
    total, highest, when = floats(plan.total), floats(plan.highest), floats(plan.when)
    words = floats(plan.words)
    now = splat(np.float32(t))
    for row in range(rows):
        if get(slots, row) != padding:
            put(words, row, get(words, row) + np.float32(1))
            for place in range(row * width, row * width + width, 8):
                state, best = load(states, place), load(highest, place)
                store(total, place, load(total, place) + state)
                store(when, place, where_greater(state, best, now, load(when, place)))
                store(highest, place, where_greater(state, best, state, best))


@kernel
def _share(words: float) -> Vector:
    return splat(np.float32(1) / words if words > 0 else np.float32(0))


@kernel
def finish(plan: Plan, rows: int) -> None:
    """Write the features of a block that went through time."""
    width, room = plan.hidden_room, plan.features_room
    last = at(floats(plan.states), plan.length * plan.block * width)
    features = floats(plan.pooled_features)
    total, highest, words = floats(plan.total), floats(plan.highest), floats(plan.words)
    zero = splat(np.float32(0))
    for row in range(rows):
        for j in range(0, width, 8):
            place, feature = row * width + j, row * room + j
            if plan.pooled:
                count = get(words, row)
                store(features, feature, load(total, place) * _share(count))
                store(features, feature + width, load(highest, place) if count > 0 else zero)
            else:
                store(features, feature, load(last, place))


@kernel
def begin_backward(plan: Plan, rows: int) -> None:
    """Set the last state's gradient; a mean's becomes what each word gets of it."""
    width, room = plan.hidden_room, plan.features_room
    slopes, words = floats(plan.features_grad), floats(plan.words)
    state_grad = floats(plan.state_grad)
    for row in range(rows):
        for j in range(0, width, 8):
            slope = load(slopes, row * room + j)
            if plan.pooled:
                store(slopes, row * room + j, slope * _share(get(words, row)))
                slope = splat(np.float32(0))
            store(state_grad, row * width + j, slope)


@kernel
def give_back(plan: Plan, slots: Pointer, padding: int, t: int, rows: int) -> None:
    """Add what mean and maximum send back to the states of time `t`."""
    width, room = plan.hidden_room, plan.features_room
    when, slopes = floats(plan.when), floats(plan.features_grad)
    state_grad = floats(plan.state_grad)
    now = splat(np.float32(t))
    zero = splat(np.float32(0))
    for row in range(rows):
        if get(slots, row) != padding:
            mean, highest = at(slopes, row * room), at(slopes, row * room + width)
            for j in range(0, width, 8):
                place = row * width + j
                peak = where_equal(load(when, place), now, load(highest, j), zero)
                store(state_grad, place, load(state_grad, place) + load(mean, j) + peak)
