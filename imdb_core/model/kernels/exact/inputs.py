"""What each word adds to the state, and the gradients on that side.

PyTorch multiplies all embeddings of a batch with weight_ih. Where the order of that
product is known, doing it once for each different word gives the same rows.
"""

from __future__ import annotations

import numpy as np

from ..compiling import Plan, Pointer, kernel
from ..tables import add_row, copy_row
from ..vectors import at, fill, floats, get, ints, longs, put
from .calls import times, times_transposed, transposed_times
from .orders import CALLED
from .products import ordered_product
from .sums import column_sums


@kernel
def find_words(plan: Plan, first: int, rows: int) -> None:
    """Write the slot of each word of the batch, `batch_slots` (T, rows)."""
    ids, order, length = ints(plan.ids), longs(plan.order), plan.length
    slots, slot_of = ints(plan.batch_slots), ints(plan.slot_of)
    for row in range(rows):
        review = at(ids, get(order, first + row) * length)
        for t in range(length):
            put(slots, t * rows + row, get(slot_of, get(review, t)))


@kernel
def fold(plan: Plan, slots: int) -> None:
    """Work out the table for the first `slots` slots."""
    width, hidden = plan.embedding, plan.hidden
    flat, tokens, token_of = floats(plan.flat), floats(plan.tokens), ints(plan.token_of)
    table, bias = floats(plan.table), at(flat, plan.at_input_bias)
    for slot in range(slots):
        copy_row(at(flat, get(token_of, slot) * width), at(tokens, slot * width), width)
    rows = (slots + 7) & -8
    inputs = floats(plan.inputs)
    ordered_product(
        plan.input_order, table, hidden, tokens, width, 1, inputs, hidden, rows, hidden, width
    )
    for slot in range(slots):
        add_row(bias, at(table, slot * hidden), hidden)


@kernel
def gather(plan: Plan, rows: int) -> None:
    """Copy the words' embeddings to `words_read` (T, rows, E)."""
    width = plan.embedding
    flat, words, token_of = floats(plan.flat), floats(plan.words_read), ints(plan.token_of)
    slots = ints(plan.batch_slots)
    for place in range(plan.length * rows):
        token = get(token_of, get(slots, place))
        copy_row(at(flat, token * width), at(words, place * width), width)


@kernel
def multiply(plan: Plan, rows: int) -> None:
    """From `words_read` work out `drive` (T, rows, H) through MKL."""
    width, hidden, places = plan.embedding, plan.hidden, plan.length * rows
    drive, bias = floats(plan.drive), at(floats(plan.flat), plan.at_input_bias)
    weights, words = floats(plan.input_weights), floats(plan.words_read)
    times_transposed(plan.sgemm, drive, weights, width, words, width, hidden, places, width)
    for place in range(places):
        add_row(bias, at(drive, place * hidden), hidden)


@kernel
def backward(plan: Plan, rows: int, slots: int) -> None:
    """From `all_slopes` the gradients of weight_ih, bias_ih and the embedding."""
    width, hidden, places = plan.embedding, plan.hidden, plan.length * rows
    gradient, part, slopes = floats(plan.gradient), floats(plan.part), floats(plan.all_slopes)
    words, words_grad = floats(plan.words_read), floats(plan.words_grad)
    weights, order = floats(plan.input_weights), plan.input_grad_order
    column_sums(at(gradient, plan.at_input_bias), slopes, places, hidden, floats(plan.spare))
    transposed_times(plan.sgemm, part, words, width, slopes, hidden, width, hidden, places)
    copy_row(part, at(gradient, plan.at_input), hidden * width)
    fill(floats(plan.tokens_grad), (slots * width + 7) & -8, np.float32(0))
    called = rows != plan.batch or order == CALLED
    if called:
        times(plan.sgemm, words_grad, weights, width, slopes, hidden, width, places, hidden)
    # Review after review, as `embedding_dense_backward` adds them up.
    for row in range(rows):
        if called:
            _scatter(plan, at(words_grad, row * width), rows * width, row, rows)
        else:
            slope, length = at(slopes, row * hidden), (plan.length + 7) & -8
            ordered_product(
                order, words_grad, width, slope, rows * hidden, 1,
                weights, width, length, width, hidden,
            )  # fmt: skip
            _scatter(plan, words_grad, width, row, rows)
    sums, token_of = floats(plan.tokens_grad), ints(plan.token_of)
    for slot in range(slots):
        copy_row(at(sums, slot * width), at(gradient, get(token_of, slot) * width), width)


@kernel
def _scatter(plan: Plan, words_grad: Pointer, step: int, row: int, rows: int) -> None:
    """Add the gradients of one review's words, `step` apart, to their tokens'."""
    width, sums, slots = plan.embedding, floats(plan.tokens_grad), ints(plan.batch_slots)
    for t in range(plan.length):
        slot = get(slots, t * rows + row)
        add_row(at(words_grad, t * step), at(sums, slot * width), width)
