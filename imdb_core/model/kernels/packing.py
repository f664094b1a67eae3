"""Parameters between torch's layout and the kernels' padded one."""

from __future__ import annotations

from .compiling import Plan, Pointer, kernel
from .vectors import at, floats, get, put

_GRU = 3
_CANDIDATE = 2


@kernel
def _copy(source: Pointer, source_step: int, target: Pointer, target_step: int, count: int) -> None:
    for i in range(count):
        put(target, i * target_step, get(source, i * source_step))


@kernel
def pack(plan: Plan) -> None:
    """Copy the recurrent and dense parameters into padded matrices, both ways round."""
    hidden, room, wide = plan.hidden, plan.hidden_room, plan.wide
    embedding, embedding_room = plan.embedding, plan.embedding_room
    flat = floats(plan.flat)
    inputs, inputs_back = floats(plan.inputs), floats(plan.inputs_back)
    recurrent, recurrent_back = floats(plan.recurrent), floats(plan.recurrent_back)
    bias, candidate = floats(plan.bias), floats(plan.candidate_bias)
    for gate in range(plan.gates):
        for unit in range(hidden):
            row, column = gate * hidden + unit, gate * room + unit
            source = at(flat, plan.at_input + row * embedding)
            _copy(source, 1, at(inputs, column), wide, embedding)
            _copy(source, 1, at(inputs_back, column * embedding_room), 1, embedding)
            source = at(flat, plan.at_recurrent + row * hidden)
            _copy(source, 1, at(recurrent, column), wide, hidden)
            _copy(source, 1, at(recurrent_back, column * room), 1, hidden)
            own = get(flat, plan.at_input_bias + row)
            other = get(flat, plan.at_recurrent_bias + row)
            if plan.gates == _GRU and gate == _CANDIDATE:
                put(candidate, unit, other)
            else:
                own += other
            put(bias, column, own)
    for start in range(0, plan.features, hidden):
        target = at(floats(plan.dense), start // hidden * room)
        _copy(at(flat, plan.at_dense + start), 1, target, 1, hidden)


@kernel
def unpack_gradients(plan: Plan) -> None:
    """Copy the padded gradients of all but the embedding into the flat gradient."""
    hidden, room, wide = plan.hidden, plan.hidden_room, plan.wide
    embedding = plan.embedding
    gradient = floats(plan.gradient)
    inputs, recurrent = floats(plan.inputs_grad), floats(plan.recurrent_grad)
    bias, candidate = floats(plan.bias_grad), floats(plan.candidate_bias_grad)
    for gate in range(plan.gates):
        for unit in range(hidden):
            row, column = gate * hidden + unit, gate * room + unit
            target = at(gradient, plan.at_input + row * embedding)
            _copy(at(inputs, column), wide, target, 1, embedding)
            target = at(gradient, plan.at_recurrent + row * hidden)
            _copy(at(recurrent, column), wide, target, 1, hidden)
            slope = get(bias, column)
            put(gradient, plan.at_input_bias + row, slope)
            if plan.gates == _GRU and gate == _CANDIDATE:
                slope = get(candidate, unit)
            put(gradient, plan.at_recurrent_bias + row, slope)
    dense = floats(plan.dense_grad)
    for start in range(0, plan.features, hidden):
        target = at(gradient, plan.at_dense + start)
        _copy(at(dense, start // hidden * room), 1, target, 1, hidden)
    put(gradient, plan.at_dense_bias, get(dense, plan.features_room))
