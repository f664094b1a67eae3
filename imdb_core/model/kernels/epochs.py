"""Many batches in one call that holds no GIL."""

from __future__ import annotations

import math

import numpy as np

from . import adam, batches, gru, head, lstm, readout, rnn, tables
from .compiling import Plan, entry, inlined
from .packing import pack, unpack_gradients
from .plan import GRU, RNN
from .vectors import at, doubles, fill, flags, floats, get, ints, longs, put


@inlined
def _forward(plan: Plan, padding: int) -> None:
    """Take a block through time."""
    if plan.cell == RNN:
        rnn.forward(plan, padding)
    elif plan.cell == GRU:
        gru.forward(plan, padding)
    else:
        lstm.forward(plan, padding)


@inlined
def _backward(plan: Plan, padding: int) -> None:
    """Add the block's gradients on the way back."""
    if plan.cell == RNN:
        rnn.backward(plan, padding)
    elif plan.cell == GRU:
        gru.backward(plan, padding)
    else:
        lstm.backward(plan, padding)


@inlined
def _score_block(plan: Plan, first: int, rows: int) -> None:
    """Logits of the block that `fill_block` laid out."""
    readout.begin(plan, rows)
    _forward(plan, get(ints(plan.slot_of), 0))
    last = at(floats(plan.states), plan.length * plan.block * plan.hidden_room)
    readout.finish(plan, last, rows)
    if plan.masks != 0:
        positions = ints(plan.position)
        for row in range(rows):
            features = at(floats(plan.pooled_features), row * plan.features_room)
            head.drop(plan, features, first + get(positions, row))
    head.score(plan, rows)


@inlined
def _learn_block(plan: Plan, first: int, count: int, rows: int, batch: int) -> float:
    """Add the gradients of a scored block; returns the sum of its losses."""
    labels, order, positions = floats(plan.labels), longs(plan.order), ints(plan.position)
    logits, room = doubles(plan.block_logits), plan.features_room
    slopes = floats(plan.features_grad)
    fill(slopes, rows * room, np.float32(0))
    loss = 0.0
    for row in range(count):
        place = first + get(positions, row)
        logit, label = get(logits, row), np.float64(get(labels, get(order, place)))
        loss += head.binary_cross_entropy(logit, label)
        head.send_back(plan, row, (1 / (1 + math.exp(-logit)) - label) / batch)
        if plan.masks != 0:
            head.drop(plan, at(slopes, row * room), place)
    readout.begin_backward(plan, rows)
    _backward(plan, get(ints(plan.slot_of), 0))
    return loss


@inlined
def _prepare(plan: Plan, first: int, batch: int) -> int:
    """Fold the batch's tokens into the table; returns how many slots they have."""
    pack(plan)
    slots = tables.find_slots(plan, first, batch)
    tables.fold(plan, slots)
    return slots


@inlined
def _learn_rows(plan: Plan, first: int, batch: int, slots: int) -> float:
    """Sum the gradients of the batch's rows; returns the sum of their losses."""
    zero = np.float32(0)
    fill(floats(plan.table_grad), ((slots + 7) & -8) * plan.wide, zero)
    fill(floats(plan.recurrent_grad), plan.hidden_room * plan.wide, zero)
    fill(floats(plan.candidate_bias_grad), plan.hidden_room, zero)
    fill(floats(plan.dense_grad), plan.features_room + 8, zero)
    batches.sort_rows(plan, first, batch)
    loss = 0.0
    for start in range(0, batch, plan.block):
        count = min(plan.block, batch - start)
        rows = batches.fill_block(plan, first, start, count)
        _score_block(plan, first, rows)
        loss += _learn_block(plan, first, count, rows, batch)
    return loss


@inlined
def _step(
    plan: Plan,
    slots: int,
    step: int,
    learning_rate: float,
    weight_decay: float,
    clip: float,
    word_epsilon: float,
    keep: float,
) -> None:
    """From the summed gradients to new parameters; a learning rate of 0 stops at gradients."""
    tables.unfold_gradient(plan, slots)
    unpack_gradients(plan)
    if learning_rate > 0:
        factor = adam.clip_factor(plan, clip)
        adam.adam_step(plan, step, learning_rate, weight_decay, factor, word_epsilon)
        if plan.averaged != 0:
            adam.average(plan, step, keep)
        tables.forget_gradient(plan, slots)
    tables.forget_slots(plan, slots)


@inlined
def _score_rows(plan: Plan, first: int, batch: int) -> None:
    """Write the logits of the batch's rows."""
    logits, scored, positions = floats(plan.logits), doubles(plan.block_logits), ints(plan.position)
    batches.sort_rows(plan, first, batch)
    for start in range(0, batch, plan.block):
        count = min(plan.block, batch - start)
        rows = batches.fill_block(plan, first, start, count)
        _score_block(plan, first, rows)
        for row in range(count):
            put(logits, first + get(positions, row), np.float32(get(scored, row)))


@entry
def train(
    record: Plan,
    reviews: int,
    step: int,
    learning_rate: float,
    weight_decay: float,
    clip: float,
    word_epsilon: float,
    keep: float,
) -> int:
    """Train on `order`, batch after batch; returns how many batches.

    `losses` gets each batch's mean. `stop`, set by another thread, ends the work
    before the next batch. A learning rate of 0 leaves the gradients of the last
    batch where they are and takes no step. `word_epsilon` is Adam's for the embedding,
    `keep` the share that running averages keep of themselves, if there are any.
    """
    plan = record[0]
    losses, stop = doubles(plan.losses), flags(plan.stop)
    done = 0
    for first in range(0, reviews, plan.batch):
        if get(stop, 0) != 0:
            break
        batch = min(plan.batch, reviews - first)
        slots = _prepare(plan, first, batch)
        put(losses, done, _learn_rows(plan, first, batch, slots) / batch)
        done += 1
        _step(plan, slots, step + done, learning_rate, weight_decay, clip, word_epsilon, keep)
    return done


@entry
def predict(record: Plan, reviews: int) -> int:
    """Write the logits of `order`; returns how many batches were scored."""
    plan = record[0]
    stop = flags(plan.stop)
    done = 0
    slots = 0
    for first in range(0, reviews, plan.batch):
        if get(stop, 0) != 0:
            break
        batch = min(plan.batch, reviews - first)
        # A table of the whole vocabulary stays good: no parameter changes here.
        if done == 0 or plan.lasting_slots == 0:
            slots = _prepare(plan, first, batch)
        _score_rows(plan, first, batch)
        tables.forget_slots(plan, slots)
        done += 1
    return done
