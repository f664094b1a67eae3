"""A block of rows through time and back, the same for every cell.

A cell's unit `advance` takes the rows on by one time; its `go_back` turns the gradient of
their states into that before the activations, written where the way there left what it needs.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba.core import types

from .batches import join, leave
from .compiling import Builder, Context, Plan, Pointer, Typed, Value, emitter, kernel
from .matmul import product
from .readout import give_back, take_in
from .vectors import at, fill, floats, get, ints, lane_sum, load, put, splat, where_equal


@emitter
def _call_cell(
    typing: Context, address: Typed, record: Typed, t: Typed, begun: Typed, active: Typed
) -> Typed:
    """Call a cell's unit by its address."""

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        address, *others = args
        kind = ir.FunctionType(ir.IntType(64), [value.type for value in others])
        return builder.call(builder.inttoptr(address, kind.as_pointer()), others)

    return types.int64(types.int64, record, types.int64, types.int64, types.int64), emit


@kernel
def forward(plan: Plan, padding: int) -> None:
    """Take a block through time; afterwards `states`, and the cell's arrays, hold all of it."""
    width, stride = plan.hidden_room, plan.block * plan.hidden_room
    states, actives = floats(plan.states), ints(plan.active)
    begun = get(actives, 0)
    for t in range(plan.length):
        active = get(actives, t)
        before = at(states, t * stride)
        join(before, begun, active, width)
        _call_cell(plan.advance, plan, t, begun, active)
        begun = active
        if plan.pooled:
            take_in(
                plan, at(before, stride), at(ints(plan.slots), t * plan.block), padding, t, active
            )


@kernel
def _is_zero(pointer: Pointer, count: int) -> bool:
    """Whether all of `count` floats, a multiple of eight, are zero."""
    zero, one = splat(np.float32(0)), splat(np.float32(1))
    for i in range(0, count, 8):
        # Not a sum of them, which could cancel; a NaN is no zero.
        if lane_sum(where_equal(load(pointer, i), zero, zero, one)) != 0:
            return False
    return True


@kernel
def _sums(plan: Plan, t: int, active: int) -> None:
    """Add up the gradient of W_hh and begin that of the states before time `t`."""
    width, wide, fed = plan.hidden_room, plan.wide, plan.fed
    stride, numbers = plan.block * width, ints(plan.numbers)
    before, gradient = at(floats(plan.states), t * stride), floats(plan.recurrent_grad)
    slopes = at(floats(plan.slopes), t * plan.block * wide + (wide - fed))
    product(
        gradient, fed, before, width, slopes, wide, width, fed, active, 1, gradient, numbers,
        fed, 0,
    )  # fmt: skip
    state_grad, back = floats(plan.state_grad), floats(plan.recurrent_back)
    start, start_row = state_grad, width
    if plan.carries == 0:
        start, start_row = floats(plan.zeros), 0
    product(
        state_grad, width, slopes, wide, back, width, active, width, fed, 0, start, numbers,
        start_row, 0,
    )  # fmt: skip


@kernel
def backward(plan: Plan, padding: int) -> None:
    """Add a block's gradient of W_hh; afterwards `slopes` holds all from time `reached` on.

    Where the gradient has faded to zero, all before it is zero, too.
    """
    width, actives = plan.hidden_room, ints(plan.active)
    state_grad, memory_grad = floats(plan.state_grad), floats(plan.memory_grad)
    fill(memory_grad, plan.block * width * plan.remembers, np.float32(0))
    reached, was_active = plan.length, get(actives, plan.length - 1)
    for t in range(plan.length - 1, -1, -1):
        active = get(actives, t)
        leave(state_grad, active, was_active, width)
        leave(memory_grad, active, was_active * plan.remembers, width)
        if plan.pooled:
            give_back(plan, at(ints(plan.slots), t * plan.block), padding, t, active)
        elif _is_zero(state_grad, active * width) and _is_zero(memory_grad, active * width):
            break
        reached, was_active = t, active
        _call_cell(plan.go_back, plan, t, active, active)
        if t > 0:
            _sums(plan, t, active)
    put(ints(plan.reached), 0, reached)
