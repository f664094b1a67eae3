"""The LSTM as torch defines it.

i, f, o = logistic(table + W h)     g = tanh(table + W h)
c' = f * c + i * g                  h' = o * tanh(c')
"""

from __future__ import annotations

import numpy as np

from .activations import logistic, tanh
from .batches import join, leave
from .compiling import Plan, Pointer, kernel
from .matmul import add_product, product
from .readout import give_back, take_in
from .vectors import at, fill, floats, get, ints, load, splat, store

_ONE = np.float32(1)


@kernel
def _step(
    now: Pointer,
    memory: Pointer,
    memory_now: Pointer,
    squashed: Pointer,
    gates: Pointer,
    table: Pointer,
    slots: Pointer,
    rows: int,
    width: int,
) -> None:
    for row in range(rows):
        entry = at(table, get(slots, row) * 4 * width)
        gate = at(gates, row * 4 * width)
        for j in range(0, width, 8):
            place = row * width + j
            take = logistic(load(gate, j) + load(entry, j))
            keep = logistic(load(gate, width + j) + load(entry, width + j))
            candidate = tanh(load(gate, 2 * width + j) + load(entry, 2 * width + j))
            show = logistic(load(gate, 3 * width + j) + load(entry, 3 * width + j))
            remembered = keep * load(memory, place) + take * candidate
            shown = tanh(remembered)
            store(gate, j, take)
            store(gate, width + j, keep)
            store(gate, 2 * width + j, candidate)
            store(gate, 3 * width + j, show)
            store(memory_now, place, remembered)
            store(squashed, place, shown)
            store(now, place, show * shown)


@kernel
def forward(plan: Plan, padding: int) -> None:
    """Take a block through time; afterwards the cell's arrays hold all of it."""
    length, block, width, wide = plan.length, plan.block, plan.hidden_room, plan.wide
    stride, pooled = block * width, plan.pooled
    states, all_gates = floats(plan.states), floats(plan.lstm_gates)
    memory, squashed = floats(plan.memory), floats(plan.squashed)
    recurrent, table = floats(plan.recurrent), floats(plan.table)
    all_slots, actives = ints(plan.slots), ints(plan.active)
    begun = get(actives, 0)
    for t in range(length):
        active = get(actives, t)
        before, now = at(states, t * stride), at(states, (t + 1) * stride)
        memory_before, memory_now = at(memory, t * stride), at(memory, (t + 1) * stride)
        gates, slots = at(all_gates, t * stride * 4), at(all_slots, t * block)
        join(before, begun, active, width)
        join(memory_before, begun, active, width)
        begun = active
        product(gates, wide, before, width, 1, recurrent, wide, active, wide, width)
        _step(
            now, memory_before, memory_now, at(squashed, t * stride), gates, table, slots,
            active, width,
        )  # fmt: skip
        if pooled:
            take_in(plan, now, slots, padding, t, active)


@kernel
def _step_back(
    memory: Pointer,
    squashed: Pointer,
    gates: Pointer,
    state_grad: Pointer,
    memory_grad: Pointer,
    slopes: Pointer,
    table_grad: Pointer,
    slots: Pointer,
    rows: int,
    width: int,
) -> None:
    one = splat(_ONE)
    for row in range(rows):
        entry = at(table_grad, get(slots, row) * 4 * width)
        gate, slope = at(gates, row * 4 * width), at(slopes, row * 4 * width)
        for j in range(0, width, 8):
            place = row * width + j
            take, keep = load(gate, j), load(gate, width + j)
            candidate, show = load(gate, 2 * width + j), load(gate, 3 * width + j)
            shown, grad = load(squashed, place), load(state_grad, place)
            d_memory = load(memory_grad, place) + grad * show * (one - shown * shown)
            d_take = d_memory * candidate * (take * (one - take))
            d_keep = d_memory * load(memory, place) * (keep * (one - keep))
            d_candidate = d_memory * take * (one - candidate * candidate)
            d_show = grad * shown * (show * (one - show))
            store(memory_grad, place, d_memory * keep)
            store(slope, j, d_take)
            store(slope, width + j, d_keep)
            store(slope, 2 * width + j, d_candidate)
            store(slope, 3 * width + j, d_show)
            store(entry, j, load(entry, j) + d_take)
            store(entry, width + j, load(entry, width + j) + d_keep)
            store(entry, 2 * width + j, load(entry, 2 * width + j) + d_candidate)
            store(entry, 3 * width + j, load(entry, 3 * width + j) + d_show)


@kernel
def backward(plan: Plan, padding: int) -> None:
    """Add a block's gradients to `table_grad` and `recurrent_grad`."""
    length, block, width, wide = plan.length, plan.block, plan.hidden_room, plan.wide
    stride, pooled = block * width, plan.pooled
    states, all_gates = floats(plan.states), floats(plan.lstm_gates)
    memory, squashed, memory_grad = (
        floats(plan.memory), floats(plan.squashed), floats(plan.memory_grad),
    )  # fmt: skip
    slopes, state_grad = floats(plan.slopes), floats(plan.state_grad)
    back, gradient = floats(plan.recurrent_back), floats(plan.recurrent_grad)
    table_grad, all_slots, actives = floats(plan.table_grad), ints(plan.slots), ints(plan.active)
    fill(memory_grad, stride, np.float32(0))
    for t in range(length - 1, -1, -1):
        active = get(actives, t)
        before = at(states, t * stride)
        gates, slots = at(all_gates, t * stride * 4), at(all_slots, t * block)
        if pooled:
            give_back(plan, slots, padding, t, active)
        _step_back(
            at(memory, t * stride), at(squashed, t * stride), gates, state_grad, memory_grad,
            slopes, table_grad, slots, active, width,
        )  # fmt: skip
        if t > 0:
            add_product(gradient, wide, before, 1, width, slopes, wide, width, wide, active)
            product(state_grad, width, slopes, wide, 1, back, width, active, width, wide)
            leave(state_grad, get(actives, t - 1), active, width)
            leave(memory_grad, get(actives, t - 1), active, width)
