"""The GRU as torch defines it.

r = logistic(table_r + W_hr h)              z = logistic(table_z + W_hz h)
n = tanh(table_n + r * (W_hn h + b_hn))     h' = (1 - z) * n + z * h
"""

from __future__ import annotations

import numpy as np

from .activations import logistic, tanh
from .batches import join, leave
from .compiling import Plan, Pointer, kernel
from .matmul import add_product, product
from .readout import give_back, take_in
from .vectors import at, floats, get, ints, load, splat, store

_ONE = np.float32(1)


@kernel
def _step(
    now: Pointer,
    before: Pointer,
    gates: Pointer,
    bias: Pointer,
    table: Pointer,
    slots: Pointer,
    rows: int,
    width: int,
) -> None:
    for row in range(rows):
        entry = at(table, get(slots, row) * 3 * width)
        gate = at(gates, row * 4 * width)
        for j in range(0, width, 8):
            place = row * width + j
            reset = logistic(load(gate, j) + load(entry, j))
            update = logistic(load(gate, width + j) + load(entry, width + j))
            recalled = load(gate, 2 * width + j) + load(bias, j)
            candidate = tanh(load(entry, 2 * width + j) + reset * recalled)
            store(gate, j, reset)
            store(gate, width + j, update)
            store(gate, 2 * width + j, recalled)
            store(gate, 3 * width + j, candidate)
            store(now, place, candidate + update * (load(before, place) - candidate))


@kernel
def forward(plan: Plan, padding: int) -> None:
    """Take a block through time; afterwards `states` and `gru_gates` hold all of it."""
    length, block, width, wide = plan.length, plan.block, plan.hidden_room, plan.wide
    stride, pooled = block * width, plan.pooled
    states, all_gates = floats(plan.states), floats(plan.gru_gates)
    recurrent, bias, table = floats(plan.recurrent), floats(plan.candidate_bias), floats(plan.table)
    all_slots, actives = ints(plan.slots), ints(plan.active)
    begun = get(actives, 0)
    for t in range(length):
        active = get(actives, t)
        before, now = at(states, t * stride), at(states, (t + 1) * stride)
        gates, slots = at(all_gates, t * stride * 4), at(all_slots, t * block)
        join(before, begun, active, width)
        begun = active
        product(gates, 4 * width, before, width, 1, recurrent, wide, active, wide, width)
        _step(now, before, gates, bias, table, slots, active, width)
        if pooled:
            take_in(plan, now, slots, padding, t, active)


@kernel
def _step_back(
    before: Pointer,
    gates: Pointer,
    state_grad: Pointer,
    slopes: Pointer,
    bias_grad: Pointer,
    table_grad: Pointer,
    slots: Pointer,
    rows: int,
    width: int,
) -> None:
    one = splat(_ONE)
    for row in range(rows):
        entry = at(table_grad, get(slots, row) * 3 * width)
        gate, slope = at(gates, row * 4 * width), at(slopes, row * 3 * width)
        for j in range(0, width, 8):
            place = row * width + j
            reset, update = load(gate, j), load(gate, width + j)
            recalled, candidate = load(gate, 2 * width + j), load(gate, 3 * width + j)
            grad = load(state_grad, place)
            d_update = grad * (load(before, place) - candidate) * (update * (one - update))
            d_candidate = grad * (one - update) * (one - candidate * candidate)
            d_reset = d_candidate * recalled * (reset * (one - reset))
            d_recalled = d_candidate * reset
            store(slope, j, d_reset)
            store(slope, width + j, d_update)
            store(slope, 2 * width + j, d_recalled)
            store(bias_grad, j, load(bias_grad, j) + d_recalled)
            store(entry, j, load(entry, j) + d_reset)
            store(entry, width + j, load(entry, width + j) + d_update)
            store(entry, 2 * width + j, load(entry, 2 * width + j) + d_candidate)
            store(state_grad, place, grad * update)


@kernel
def backward(plan: Plan, padding: int) -> None:
    """Add a block's gradients to those of the table, of W_hh and of b_hn."""
    length, block, width, wide = plan.length, plan.block, plan.hidden_room, plan.wide
    stride, pooled = block * width, plan.pooled
    states, all_gates = floats(plan.states), floats(plan.gru_gates)
    slopes, state_grad = floats(plan.slopes), floats(plan.state_grad)
    back, gradient = floats(plan.recurrent_back), floats(plan.recurrent_grad)
    bias_grad, table_grad = floats(plan.candidate_bias_grad), floats(plan.table_grad)
    all_slots, actives = ints(plan.slots), ints(plan.active)
    for t in range(length - 1, -1, -1):
        active = get(actives, t)
        before = at(states, t * stride)
        gates, slots = at(all_gates, t * stride * 4), at(all_slots, t * block)
        if pooled:
            give_back(plan, slots, padding, t, active)
        _step_back(before, gates, state_grad, slopes, bias_grad, table_grad, slots, active, width)
        if t > 0:
            add_product(gradient, wide, before, 1, width, slopes, wide, width, wide, active)
            add_product(state_grad, width, slopes, wide, 1, back, width, active, width, wide)
            leave(state_grad, get(actives, t - 1), active, width)
