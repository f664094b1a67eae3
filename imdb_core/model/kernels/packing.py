"""Parameters between torch's layout and the kernels' padded one.

A row of the table has a place for each of torch's gates, but for a GRU four: candidate,
reset, update, and b_hn, which the reset gate multiplies; the state's product is added to
the last three. So the weights of a GRU's gates stand one place further on in its rows.
"""

from __future__ import annotations

import numpy as np

from .compiling import Plan, Pointer, kernel
from .vectors import at, fill, floats, get, load, put, store

_GRU = 3
_CANDIDATE = 2


@kernel
def _copy(source: Pointer, source_step: int, target: Pointer, target_step: int, count: int) -> None:
    for i in range(count):
        put(target, i * target_step, get(source, i * source_step))


@kernel
def _place(plan: Plan, gate: int) -> int:
    """Which place of a row has what the inputs add to torch's `gate`."""
    return (gate + 1) % _GRU if plan.gates == _GRU else gate


@kernel
def pack(plan: Plan) -> None:
    """Copy the recurrent and dense parameters into padded matrices, both ways round."""
    hidden, room, wide, fed = plan.hidden, plan.hidden_room, plan.wide, plan.fed
    embedding, embedding_room = plan.embedding, plan.embedding_room
    flat = floats(plan.flat)
    inputs, inputs_back = floats(plan.inputs), floats(plan.inputs_back)
    recurrent, recurrent_back = floats(plan.recurrent), floats(plan.recurrent_back)
    bias = floats(plan.bias)
    for gate in range(plan.gates):
        for unit in range(hidden):
            row = gate * hidden + unit
            column, state_column = _place(plan, gate) * room + unit, gate * room + unit
            source = at(flat, plan.at_input + row * embedding)
            _copy(source, 1, at(inputs, column), wide, embedding)
            _copy(source, 1, at(inputs_back, column * embedding_room), 1, embedding)
            source = at(flat, plan.at_recurrent + row * hidden)
            _copy(source, 1, at(recurrent, state_column), fed, hidden)
            _copy(source, 1, at(recurrent_back, state_column * room), 1, hidden)
            own = get(flat, plan.at_input_bias + row)
            other = get(flat, plan.at_recurrent_bias + row)
            if plan.gates == _GRU and gate == _CANDIDATE:
                put(bias, _GRU * room + unit, other)
            else:
                own += other
            put(bias, column, own)
    for start in range(0, plan.features, hidden):
        target = at(floats(plan.dense), start // hidden * room)
        _copy(at(flat, plan.at_dense + start), 1, target, 1, hidden)


@kernel
def add_up(total: Pointer, part: Pointer, count: int) -> None:
    """Add `count` floats, a multiple of eight, to those at `total`."""
    for i in range(0, count, 8):
        store(total, i, load(total, i) + load(part, i))


@kernel
def forget_sums(plan: Plan) -> None:
    """Begin the sums of a part's gradients."""
    fill(floats(plan.recurrent_grad), plan.hidden_room * plan.fed, np.float32(0))
    fill(floats(plan.dense_grad), plan.features_room + 8, np.float32(0))


@kernel
def unpack_gradients(plan: Plan) -> None:
    """Copy the padded gradients of all but the embedding into the flat gradient."""
    hidden, room, wide, fed = plan.hidden, plan.hidden_room, plan.wide, plan.fed
    embedding = plan.embedding
    gradient = floats(plan.gradient)
    inputs, recurrent = floats(plan.inputs_grad), floats(plan.recurrent_grad)
    bias, dense = floats(plan.bias_grad), floats(plan.dense_grad)
    for gate in range(plan.gates):
        for unit in range(hidden):
            row, column = gate * hidden + unit, _place(plan, gate) * room + unit
            target = at(gradient, plan.at_input + row * embedding)
            _copy(at(inputs, column), wide, target, 1, embedding)
            target = at(gradient, plan.at_recurrent + row * hidden)
            _copy(at(recurrent, gate * room + unit), fed, target, 1, hidden)
            slope = get(bias, column)
            put(gradient, plan.at_input_bias + row, slope)
            if plan.gates == _GRU and gate == _CANDIDATE:
                slope = get(bias, _GRU * room + unit)
            put(gradient, plan.at_recurrent_bias + row, slope)
    for start in range(0, plan.features, hidden):
        target = at(gradient, plan.at_dense + start)
        _copy(at(dense, start // hidden * room), 1, target, 1, hidden)
    put(gradient, plan.at_dense_bias, get(dense, plan.features_room))
