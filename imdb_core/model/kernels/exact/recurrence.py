"""The plain cell over time, rounded as PyTorch's `RNN.cpp` and its gradient do.

h' = tanh((W_hh h + b_hh) + (W_ih x + b_ih)), each bracket rounded.
"""

from __future__ import annotations

import numpy as np

from ..compiling import Plan, Pointer, kernel
from ..tables import add_row, copy_row
from ..vectors import at, fill, floats, get, ints, load, put, splat, store
from .calls import add_times_transposed, times, transposed_times
from .lanes import fused
from .orders import CALLED
from .products import ordered_product
from .squash import squash
from .sums import column_sums


@kernel
def step_floats(rows: int, hidden: int) -> int:
    """How far apart the states of two time steps lie: each begins at 64 bytes."""
    return (rows * hidden + 15) & -16


@kernel
def _add_inputs(
    sums: Pointer, bias: Pointer, table: Pointer, slots: Pointer, rows: int, width: int
) -> None:
    for row in range(rows):
        entry = at(table, get(slots, row) * width)
        for j in range(0, width, 8):
            place = row * width + j
            store(sums, place, (load(sums, place) + load(bias, j)) + load(entry, j))


@kernel
def forward(plan: Plan, rows: int) -> None:
    """Take a batch through time by the table; afterwards `exact_states` holds every state."""
    width, order, slots = plan.hidden, plan.state_order, ints(plan.batch_slots)
    step, count = step_floats(rows, width), rows * width
    states, recurrent = floats(plan.exact_states), floats(plan.recurrent)
    bias, table, sums = floats(plan.state_bias), floats(plan.table), floats(plan.step_sums)
    fill(states, step, np.float32(0))
    for t in range(plan.length):
        before, now = at(states, t * step), at(states, (t + 1) * step)
        ordered_product(order, sums, width, before, width, 1, recurrent, width, rows, width, width)
        _add_inputs(sums, bias, table, at(slots, t * rows), rows, width)
        squash(plan, sums, now, count)


@kernel
def forward_called(plan: Plan, rows: int) -> None:
    """The same through MKL, from `drive` (T, rows, H) instead of the table."""
    width = plan.hidden
    step, count = step_floats(rows, width), rows * width
    states, drive = floats(plan.exact_states), floats(plan.drive)
    weights, bias = floats(plan.state_weights), floats(plan.state_bias)
    sums = floats(plan.step_sums)
    fill(states, step, np.float32(0))
    for t in range(plan.length):
        before, now = at(states, t * step), at(states, (t + 1) * step)
        for row in range(rows):
            copy_row(bias, at(sums, row * width), width)
        add_times_transposed(plan.sgemm, sums, weights, width, before, width, width, rows, width)
        add_row(at(drive, t * count), sums, count)
        squash(plan, sums, now, count)


@kernel
def _slopes(slope: Pointer, state_grad: Pointer, now: Pointer, count: int) -> None:
    """Times 1 - tanh², as `tanh_backward` rounds it."""
    one, zero = splat(np.float32(1)), splat(np.float32(0))
    for i in range(0, count, 8):
        state = load(now, i)
        store(slope, i, load(state_grad, i) * fused(zero - state, state, one))


@kernel
def backward(plan: Plan, rows: int) -> None:
    """From `exact_state_grad` at the end: the gradients of W_hh and b_hh, and all `all_slopes`."""
    width = plan.hidden
    step, count = step_floats(rows, width), rows * width
    states, grad = floats(plan.exact_states), floats(plan.exact_state_grad)
    weights, part = floats(plan.state_weights), floats(plan.part)
    order, weight_order = plan.state_grad_order, plan.recurrent_grad_order
    called = rows != plan.batch
    weight_grad = at(floats(plan.gradient), plan.at_recurrent)
    bias_grad = at(floats(plan.gradient), plan.at_recurrent_bias)
    for i in range(width * width):
        put(weight_grad, i, np.float32(0))
    for i in range(width):
        put(bias_grad, i, np.float32(0))
    all_slopes, aligned = floats(plan.all_slopes), count == step
    for t in range(plan.length - 1, -1, -1):
        before, now = at(states, t * step), at(states, (t + 1) * step)
        slope = at(all_slopes, t * count) if aligned else floats(plan.slope)
        _slopes(slope, grad, now, count)
        if not aligned:
            copy_row(slope, at(all_slopes, t * count), count)
        column_sums(part, slope, rows, width, floats(plan.spare))
        add_row(part, bias_grad, width)
        if t == 0:
            break
        if called or weight_order == CALLED:
            transposed_times(plan.sgemm, part, before, width, slope, width, width, width, rows)
        else:
            ordered_product(
                weight_order, part, width, slope, 1, width, before, width, width, width, rows
            )
        add_row(part, weight_grad, width * width)
        if called or order == CALLED:
            times(plan.sgemm, grad, weights, width, slope, width, width, rows, width)
        else:
            ordered_product(order, grad, width, slope, width, 1, weights, width, rows, width, width)
