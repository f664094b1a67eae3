"""The GRU as torch defines it.

r = logistic(table_r + W_hr h)              z = logistic(table_z + W_hz h)
n = tanh(table_n + r * (W_hn h + b_hn))     h' = (1 - z) * n + z * h

A row of `gates` holds n, r, z and W_hn h + b_hn, and on the way back their slopes.
"""

from __future__ import annotations

import numpy as np

from .activations import logistic, tanh
from .compiling import RECORD, SIZE, Number, Plan, unit
from .matmul import product
from .vectors import at, floats, fused, get, ints, load, splat, store


@unit(RECORD, SIZE, SIZE, SIZE)
def advance(plan: Plan, t: int, begun: int, active: int) -> Number:
    """States of time `t`; of `active` rows, all behind `begun` are new."""
    width, wide, fed, table = plan.hidden_room, plan.wide, plan.fed, floats(plan.table)
    before = at(floats(plan.states), t * plan.block * width)
    slots = at(ints(plan.slots), t * plan.block)
    now, gates = at(before, plan.block * width), at(floats(plan.gates_kept), t * plan.block * wide)
    product(
        at(gates, width), wide, before, width, floats(plan.recurrent), fed,
        active, fed, width, 0, at(table, width), slots, wide, 0,
    )  # fmt: skip
    for row in range(active):
        entry, gate = at(table, get(slots, row) * wide), at(gates, row * wide)
        for j in range(0, width, 8):
            place = row * width + j
            reset, update = logistic(load(gate, width + j)), logistic(load(gate, 2 * width + j))
            candidate = tanh(fused(reset, load(gate, 3 * width + j), load(entry, j)))
            store(gate, j, candidate)
            store(gate, width + j, reset)
            store(gate, 2 * width + j, update)
            store(now, place, fused(update, load(before, place) - candidate, candidate))
    return 0


@unit(RECORD, SIZE, SIZE, SIZE)
def go_back(plan: Plan, t: int, begun: int, active: int) -> Number:
    """Slopes of time `t`."""
    width, wide, grads = plan.hidden_room, plan.wide, floats(plan.state_grad)
    before = at(floats(plan.states), t * plan.block * width)
    gates = at(floats(plan.gates_kept), t * plan.block * wide)
    one = splat(np.float32(1))
    for row in range(active):
        gate = at(gates, row * wide)
        for j in range(0, width, 8):
            place = row * width + j
            candidate, reset = load(gate, j), load(gate, width + j)
            update, recalled = load(gate, 2 * width + j), load(gate, 3 * width + j)
            grad = load(grads, place)
            d_candidate = grad * (one - update) * (one - candidate * candidate)
            store(gate, j, d_candidate)
            store(gate, width + j, d_candidate * recalled * (reset * (one - reset)))
            d_update = grad * (load(before, place) - candidate) * (update * (one - update))
            store(gate, 2 * width + j, d_update)
            store(gate, 3 * width + j, d_candidate * reset)
            store(grads, place, grad * update)
    return 0
