"""The plain recurrent cell: h' = tanh(table[token] + W_hh h)."""

from __future__ import annotations

import numpy as np

from .compiling import RECORD, SIZE, Number, Plan, unit
from .matmul import product
from .vectors import at, floats, fused, ints, load, splat, store


@unit(RECORD, SIZE, SIZE, SIZE)
def advance(plan: Plan, t: int, begun: int, active: int) -> Number:
    """States of time `t`; of `active` rows, all behind `begun` are new."""
    width, slots = plan.hidden_room, at(ints(plan.slots), t * plan.block)
    before = at(floats(plan.states), t * plan.block * width)
    product(
        at(before, plan.block * width), width, before, width, floats(plan.recurrent),
        width, active, width, width, 0, floats(plan.table), slots, width, 1,
    )  # fmt: skip
    return 0


@unit(RECORD, SIZE, SIZE, SIZE)
def go_back(plan: Plan, t: int, begun: int, active: int) -> Number:
    """Slopes of time `t`."""
    width = plan.hidden_room
    slopes, grad = at(floats(plan.slopes), t * plan.block * width), floats(plan.state_grad)
    zero, one = splat(np.float32(0)), splat(np.float32(1))
    for i in range(0, active * width, 8):
        state = load(slopes, i)
        store(slopes, i, load(grad, i) * fused(zero - state, state, one))
    return 0
