"""The table of what each token adds to the gates, and its gradient.

`embedding @ weight_ih.T + bias` is worked out once a batch for each token that
the batch can hold, so that a time step looks a row up. The table's gradient
gives those of the embedding, of weight_ih and of the biases by two products.
"""

from __future__ import annotations

import numpy as np

from .compiling import Plan, Pointer, kernel
from .matmul import add_product, product
from .vectors import at, fill, floats, get, ints, load, longs, put, splat, store

# Rows that stay in the first two caches while two products read them.
_CHUNK = 64


@kernel
def find_slots(plan: Plan, first: int, batch: int) -> int:
    """Give each token of the batch a slot; returns how many."""
    slots: int = plan.lasting_slots
    if slots > 0:
        return slots
    slot_of, token_of = ints(plan.slot_of), ints(plan.token_of)
    ids, order, length = ints(plan.ids), longs(plan.order), plan.length
    for position in range(batch):
        review = at(ids, get(order, first + position) * length)
        for t in range(length):
            token = get(review, t)
            if get(slot_of, token) < 0:
                put(slot_of, token, np.int32(slots))
                put(token_of, slots, token)
                slots += 1
    return slots


@kernel
def forget_slots(plan: Plan, slots: int) -> None:
    """Undo `find_slots`."""
    if plan.lasting_slots > 0:
        return
    slot_of, token_of = ints(plan.slot_of), ints(plan.token_of)
    for slot in range(slots):
        put(slot_of, get(token_of, slot), np.int32(-1))


@kernel
def copy_row(source: Pointer, target: Pointer, count: int) -> None:
    """Copy `count` floats."""
    whole = count & -8
    for e in range(0, whole, 8):
        store(target, e, load(source, e))
    for e in range(whole, count):
        put(target, e, get(source, e))


@kernel
def add_row(source: Pointer, target: Pointer, count: int) -> None:
    """Add `count` floats to those at `target`."""
    whole = count & -8
    for e in range(0, whole, 8):
        store(target, e, load(target, e) + load(source, e))
    for e in range(whole, count):
        put(target, e, get(target, e) + get(source, e))


@kernel
def fold(plan: Plan, slots: int) -> None:
    """Work out the table for the first `slots` slots."""
    width, room, wide = plan.embedding, plan.embedding_room, plan.wide
    flat, token_of, tokens = floats(plan.flat), ints(plan.token_of), floats(plan.tokens)
    table, bias, inputs = floats(plan.table), floats(plan.bias), floats(plan.inputs)
    for start in range(0, slots, _CHUNK):
        count = min(_CHUNK, slots - start)
        for slot in range(start, start + count):
            copy_row(at(flat, get(token_of, slot) * width), at(tokens, slot * room), width)
        rows = (count + 7) & -8
        chunk = at(table, start * wide)
        for row in range(rows):
            for j in range(0, wide, 8):
                store(chunk, row * wide + j, load(bias, j))
        add_product(chunk, wide, at(tokens, start * room), room, 1, inputs, wide, rows, wide, width)


@kernel
def unfold_gradient(plan: Plan, slots: int) -> None:
    """From the table's gradient those of the embedding, weight_ih and the biases."""
    width, room, wide = plan.embedding, plan.embedding_room, plan.wide
    tokens, tokens_grad = floats(plan.tokens), floats(plan.tokens_grad)
    table_grad, bias_grad = floats(plan.table_grad), floats(plan.bias_grad)
    inputs_back, inputs_grad = floats(plan.inputs_back), floats(plan.inputs_grad)
    gradient, token_of = floats(plan.gradient), ints(plan.token_of)
    fill(inputs_grad, room * wide, np.float32(0))
    fill(bias_grad, wide, np.float32(0))
    for start in range(0, slots, _CHUNK):
        count = min(_CHUNK, slots - start)
        rows = (count + 7) & -8
        slopes = at(table_grad, start * wide)
        left, out = at(tokens, start * room), at(tokens_grad, start * room)
        product(out, room, slopes, wide, 1, inputs_back, room, rows, room, wide)
        add_product(inputs_grad, wide, left, 1, room, slopes, wide, room, wide, count)
        for j in range(0, wide, 8):
            total = splat(np.float32(0))
            for row in range(count):
                total = total + load(slopes, row * wide + j)
            store(bias_grad, j, load(bias_grad, j) + total)
        for slot in range(start, start + count):
            token = get(token_of, slot) * width
            copy_row(at(tokens_grad, slot * room), at(gradient, token), width)


@kernel
def forget_gradient(plan: Plan, slots: int) -> None:
    """Zero the embedding's gradient for tokens that the next batch may not have."""
    if plan.lasting_slots > 0:
        return
    gradient, token_of, width = floats(plan.gradient), ints(plan.token_of), plan.embedding
    for slot in range(slots):
        row = at(gradient, get(token_of, slot) * width)
        for e in range(width):
            put(row, e, np.float32(0))
