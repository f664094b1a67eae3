"""The LSTM as torch defines it.

i, f, o = logistic(table + W h)     g = tanh(table + W h)
c' = f * c + i * g                  h' = o * tanh(c')

A row of `gates` holds i, f, g and o, and on the way back their slopes.
"""

from __future__ import annotations

import numpy as np

from .activations import logistic, tanh
from .batches import join
from .compiling import RECORD, SIZE, Number, Plan, unit
from .matmul import product
from .vectors import at, floats, fused, ints, load, splat, store


@unit(RECORD, SIZE, SIZE, SIZE)
def advance(plan: Plan, t: int, begun: int, active: int) -> Number:
    """States of time `t`; of `active` rows, all behind `begun` are new."""
    width, wide, stride = plan.hidden_room, plan.wide, plan.block * plan.hidden_room
    before, slots = at(floats(plan.states), t * stride), at(ints(plan.slots), t * plan.block)
    now, gates = at(before, stride), at(floats(plan.gates_kept), t * plan.block * wide)
    memory, squashed = at(floats(plan.memory), t * stride), at(floats(plan.squashed), t * stride)
    join(memory, begun, active, width)
    product(
        gates, wide, before, width, floats(plan.recurrent), wide, active, wide, width, 0,
        floats(plan.table), slots, wide, 0,
    )  # fmt: skip
    for row in range(active):
        gate = at(gates, row * wide)
        for j in range(0, width, 8):
            place = row * width + j
            take, keep = logistic(load(gate, j)), logistic(load(gate, width + j))
            candidate, show = tanh(load(gate, 2 * width + j)), logistic(load(gate, 3 * width + j))
            remembered = fused(keep, load(memory, place), take * candidate)
            shown = tanh(remembered)
            store(gate, j, take)
            store(gate, width + j, keep)
            store(gate, 2 * width + j, candidate)
            store(gate, 3 * width + j, show)
            store(memory, stride + place, remembered)
            store(squashed, place, shown)
            store(now, place, show * shown)
    return 0


@unit(RECORD, SIZE, SIZE, SIZE)
def go_back(plan: Plan, t: int, begun: int, active: int) -> Number:
    """Slopes of time `t`."""
    width, wide, stride = plan.hidden_room, plan.wide, plan.block * plan.hidden_room
    gates, grads = at(floats(plan.gates_kept), t * plan.block * wide), floats(plan.state_grad)
    memory, squashed = at(floats(plan.memory), t * stride), at(floats(plan.squashed), t * stride)
    memory_grad, one = floats(plan.memory_grad), splat(np.float32(1))
    for row in range(active):
        gate = at(gates, row * wide)
        for j in range(0, width, 8):
            place = row * width + j
            take, keep = load(gate, j), load(gate, width + j)
            candidate, show = load(gate, 2 * width + j), load(gate, 3 * width + j)
            shown, grad = load(squashed, place), load(grads, place)
            d_shown = grad * show * (one - shown * shown)
            d_memory = load(memory_grad, place) + d_shown
            store(memory_grad, place, d_memory * keep)
            store(gate, j, d_memory * candidate * (take * (one - take)))
            store(gate, width + j, d_memory * load(memory, place) * (keep * (one - keep)))
            store(gate, 2 * width + j, d_memory * take * (one - candidate * candidate))
            store(gate, 3 * width + j, grad * shown * (show * (one - show)))
    return 0
