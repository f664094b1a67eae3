"""The plain recurrent cell: h' = tanh(table[token] + W_hh h)."""

from __future__ import annotations

import numpy as np

from .activations import tanh
from .batches import join, leave
from .compiling import Plan, Pointer, kernel
from .matmul import add_product, product
from .readout import give_back, take_in
from .vectors import at, floats, get, ints, load, splat, store


@kernel
def _step(now: Pointer, table: Pointer, slots: Pointer, rows: int, width: int) -> None:
    for row in range(rows):
        entry = at(table, get(slots, row) * width)
        for j in range(0, width, 8):
            place = row * width + j
            store(now, place, tanh(load(now, place) + load(entry, j)))


@kernel
def forward(plan: Plan, padding: int) -> None:
    """Take a block through time; afterwards `states` holds every state."""
    length, block, width = plan.length, plan.block, plan.hidden_room
    stride, pooled = block * width, plan.pooled
    states, recurrent = floats(plan.states), floats(plan.recurrent)
    table, all_slots, actives = floats(plan.table), ints(plan.slots), ints(plan.active)
    begun = get(actives, 0)
    for t in range(length):
        active = get(actives, t)
        before, now = at(states, t * stride), at(states, (t + 1) * stride)
        slots = at(all_slots, t * block)
        join(before, begun, active, width)
        begun = active
        product(now, width, before, width, 1, recurrent, width, active, width, width)
        _step(now, table, slots, active, width)
        if pooled:
            take_in(plan, now, slots, padding, t, active)


@kernel
def _step_back(
    now: Pointer,
    state_grad: Pointer,
    slopes: Pointer,
    table_grad: Pointer,
    slots: Pointer,
    rows: int,
    width: int,
) -> None:
    one = splat(np.float32(1))
    for row in range(rows):
        entry = at(table_grad, get(slots, row) * width)
        for j in range(0, width, 8):
            place = row * width + j
            state = load(now, place)
            slope = load(state_grad, place) * (one - state * state)
            store(slopes, place, slope)
            store(entry, j, load(entry, j) + slope)


@kernel
def backward(plan: Plan, padding: int) -> None:
    """Add a block's gradients to `table_grad` and `recurrent_grad`."""
    length, block, width = plan.length, plan.block, plan.hidden_room
    stride, pooled = block * width, plan.pooled
    states, slopes, state_grad = floats(plan.states), floats(plan.slopes), floats(plan.state_grad)
    back, gradient = floats(plan.recurrent_back), floats(plan.recurrent_grad)
    table_grad, all_slots, actives = floats(plan.table_grad), ints(plan.slots), ints(plan.active)
    for t in range(length - 1, -1, -1):
        active = get(actives, t)
        before, now = at(states, t * stride), at(states, (t + 1) * stride)
        slots = at(all_slots, t * block)
        if pooled:
            give_back(plan, slots, padding, t, active)
        _step_back(now, state_grad, slopes, table_grad, slots, active, width)
        if t > 0:
            add_product(gradient, width, before, 1, width, slopes, width, width, width, active)
            product(state_grad, width, slopes, width, 1, back, width, active, width, width)
            leave(state_grad, get(actives, t - 1), active, width)
