"""The table of what each token adds to the gates, and its gradient.

`embedding @ weight_ih.T + bias` is worked out once a batch for each token that
the batch can hold, so that a time step looks a row up. The table's gradient
gives those of the embedding, of weight_ih and of the biases by two products.
Threads share the table's rows on the way there, its columns on the way back.
"""

from __future__ import annotations

import numpy as np

from .compiling import RECORD, SIZE, Number, Plan, Pointer, kernel, unit
from .matmul import product
from .vectors import at, fill, floats, get, ints, load, longs, put, smaller, store

# Rows that stay in the first two caches while products read them.
_CHUNK = 64


@kernel
def find_slots(plan: Plan, first: int, batch: int) -> int:
    """Give each token of the batch a slot; returns how many."""
    slots: int = plan.lasting_slots
    if slots > 0:
        return slots
    slot_of, token_of, row_slots = ints(plan.slot_of), ints(plan.token_of), ints(plan.row_slots)
    ids, order, length = ints(plan.ids), longs(plan.order), plan.length
    for position in range(batch):
        review = at(ids, get(order, first + position) * length)
        for t in range(length):
            token = get(review, t)
            slot = get(slot_of, token)
            if slot < 0:
                slot = slots
                put(slot_of, token, slot)
                put(token_of, slots, token)
                slots += 1
            put(row_slots, position * length + t, slot)
    return slots


@kernel
def forget_slots(plan: Plan, slots: int, and_gradient: bool) -> None:
    """Undo `find_slots`, and zero the gradient of tokens that the next batch may not have."""
    if plan.lasting_slots > 0:
        return
    slot_of, token_of = ints(plan.slot_of), ints(plan.token_of)
    gradient, width = floats(plan.gradient), plan.embedding
    for slot in range(slots):
        token = get(token_of, slot)
        put(slot_of, token, -1)
        if and_gradient:
            for e in range(width):
                put(gradient, token * width + e, np.float32(0))


@kernel
def _copy_row(source: Pointer, target: Pointer, count: int) -> None:
    whole = count & -8
    for e in range(0, whole, 8):
        store(target, e, load(source, e))
    for e in range(whole, count):
        put(target, e, get(source, e))


@unit(RECORD, SIZE, SIZE, SIZE)
def fold(plan: Plan, slots: int, me: int, threads: int) -> Number:
    """Work out this thread's share of the table for the first `slots` slots."""
    width, room, wide = plan.embedding, plan.embedding_room, plan.wide
    flat, token_of, tokens = floats(plan.flat), ints(plan.token_of), floats(plan.tokens)
    table, bias, inputs = floats(plan.table), floats(plan.bias), floats(plan.inputs)
    numbers = ints(plan.numbers)
    for start in range(me * _CHUNK, slots, threads * _CHUNK):
        count = smaller(_CHUNK, slots - start)
        rows = (count + 7) & -8
        chunk, left = at(table, start * wide), at(tokens, start * room)
        if plan.in_place == 0:
            for slot in range(start, start + count):
                _copy_row(at(flat, get(token_of, slot) * width), at(tokens, slot * room), width)
            fill(at(left, count * room), (rows - count) * room, np.float32(0))
        product(
            chunk, wide, left, room, inputs, wide, rows, wide, room, 0, bias, numbers, 0, 0
        )  # fmt: skip
    return 0


@kernel
def first_column(plan: Plan, me: int, threads: int) -> Number:
    """Where thread `me` begins if the table's columns are shared."""
    return plan.wide // 8 * me // threads * 8


@kernel
def begin_gradient(plan: Plan, slots: int, me: int, threads: int) -> None:
    """Zero this thread's columns of the table's gradient."""
    begin, end = first_column(plan, me, threads), first_column(plan, me + 1, threads)
    table_grad, wide = floats(plan.table_grad), plan.wide
    for slot in range((slots + 7) & -8):
        fill(at(table_grad, slot * wide + begin), end - begin, np.float32(0))


@unit(RECORD, SIZE, SIZE)
def scatter(plan: Plan, me: int, threads: int) -> Number:
    """Add to this thread's columns of the table's gradient what a block sent back."""
    begin, end = first_column(plan, me, threads), first_column(plan, me + 1, threads)
    length, block, wide = plan.length, plan.block, plan.wide
    slopes, table_grad = floats(plan.slopes), floats(plan.table_grad)
    slots, actives = ints(plan.slots), ints(plan.active)
    for t in range(get(ints(plan.reached), 0), length):
        for row in range(t * block, t * block + get(actives, t)):
            entry = get(slots, row) * wide
            for j in range(begin, end, 8):
                slope = load(slopes, row * wide + j)
                store(table_grad, entry + j, load(table_grad, entry + j) + slope)
    return 0


@unit(RECORD, SIZE, SIZE, SIZE)
def unfold_columns(plan: Plan, slots: int, me: int, threads: int) -> Number:
    """From the table's gradient this thread's columns of those of weight_ih and the biases."""
    begin, end = first_column(plan, me, threads), first_column(plan, me + 1, threads)
    room, wide, columns = plan.embedding_room, plan.wide, end - begin
    if columns == 0:
        return 0
    bias_grad, inputs_grad = at(floats(plan.bias_grad), begin), at(floats(plan.inputs_grad), begin)
    table_grad, numbers = at(floats(plan.table_grad), begin), ints(plan.numbers)
    for e in range(room):
        fill(at(inputs_grad, e * wide), columns, np.float32(0))
    fill(bias_grad, columns, np.float32(0))
    for start in range(0, slots, _CHUNK):
        count = smaller(_CHUNK, slots - start)
        slopes, left = at(table_grad, start * wide), at(floats(plan.tokens), start * room)
        product(
            inputs_grad, wide, left, room, slopes, wide, room, columns, (count + 7) & -8, 1,
            inputs_grad, numbers, wide, 0,
        )  # fmt: skip
        for j in range(0, columns, 8):
            total = load(bias_grad, j)
            for row in range(count):
                total = total + load(slopes, row * wide + j)
            store(bias_grad, j, total)
    return 0


@unit(RECORD, SIZE, SIZE, SIZE)
def unfold_rows(plan: Plan, slots: int, me: int, threads: int) -> Number:
    """From the table's gradient this thread's rows of the embedding's."""
    width, room, wide = plan.embedding, plan.embedding_room, plan.wide
    table_grad, tokens_grad = floats(plan.table_grad), floats(plan.tokens_grad)
    back, zeros, numbers = floats(plan.inputs_back), floats(plan.zeros), ints(plan.numbers)
    gradient, token_of = floats(plan.gradient), ints(plan.token_of)
    for start in range(me * _CHUNK, slots, threads * _CHUNK):
        count = smaller(_CHUNK, slots - start)
        rows = (count + 7) & -8
        slopes, out = at(table_grad, start * wide), at(tokens_grad, start * room)
        product(
            out, room, slopes, wide, back, room, rows, room, wide, 0, zeros, numbers, 0, 0
        )  # fmt: skip
        if plan.in_place == 0:
            for slot in range(start, start + count):
                token = get(token_of, slot) * width
                _copy_row(at(tokens_grad, slot * room), at(gradient, token), width)
    return 0
