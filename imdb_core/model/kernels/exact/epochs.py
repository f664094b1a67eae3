"""Many batches in one call that holds no GIL, rounded as PyTorch does."""

from __future__ import annotations

from .. import tables
from ..adam import average, clip_factor
from ..compiling import Plan, entry, inlined, kernel
from ..packing import pack
from ..tables import copy_row
from ..vectors import at, doubles, flags, floats, get, put
from . import adam, head, inputs, recurrence
from .calls import set_threads
from .orders import CALLED


@kernel
def _prepare(plan: Plan, first: int, rows: int, known: int) -> int:
    """Copy the weights to where MKL reads them; returns how many slots the batch's words have.

    `known` of them, if not 0, are in the table already.
    """
    flat, hidden = floats(plan.flat), plan.hidden
    copy_row(at(flat, plan.at_input), floats(plan.input_weights), hidden * plan.embedding)
    copy_row(at(flat, plan.at_recurrent), floats(plan.state_weights), hidden * hidden)
    copy_row(at(flat, plan.at_recurrent_bias), floats(plan.state_bias), hidden)
    copy_row(at(flat, plan.at_dense), floats(plan.dense_weights), hidden)
    if known > 0:
        return known
    slots = tables.find_slots(plan, first, rows)
    if plan.input_order != CALLED:
        pack(plan)
        inputs.fold(plan, slots)
    return slots


@kernel
def _score(plan: Plan, first: int, rows: int) -> None:
    inputs.find_words(plan, first, rows)
    called = rows != plan.batch or plan.input_order == CALLED or plan.state_order == CALLED
    if called:
        inputs.gather(plan, rows)
        inputs.multiply(plan, rows)
        recurrence.forward_called(plan, rows)
    else:
        recurrence.forward(plan, rows)
    head.score(plan, first, rows)


@inlined
def _learn(plan: Plan, first: int, rows: int, slots: int) -> float:
    _score(plan, first, rows)
    inputs.gather(plan, rows)
    loss = head.learn(plan, first, rows)
    recurrence.backward(plan, rows)
    inputs.backward(plan, rows, slots)
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
    if learning_rate > 0:
        factor = clip_factor(plan, clip)
        adam.adam_step(plan, step, learning_rate, weight_decay, factor, word_epsilon)
        if plan.averaged != 0:
            average(plan, step, keep)
        tables.forget_gradient(plan, slots)
    tables.forget_slots(plan, slots)


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
    """What `kernels.epochs.train` does."""
    plan = record[0]
    losses, stop = doubles(plan.losses), flags(plan.stop)
    done = 0
    threads = set_threads(plan.set_threads, 1)
    for first in range(0, reviews, plan.batch):
        if get(stop, 0) != 0:
            break
        rows = min(plan.batch, reviews - first)
        slots = _prepare(plan, first, rows, 0)
        put(losses, done, _learn(plan, first, rows, slots) / rows)
        done += 1
        _step(plan, slots, step + done, learning_rate, weight_decay, clip, word_epsilon, keep)
    set_threads(plan.set_threads, threads)
    return done


@entry
def predict(record: Plan, reviews: int) -> int:
    """What `kernels.epochs.predict` does."""
    plan = record[0]
    stop, logits = flags(plan.stop), floats(plan.logits)
    done, slots = 0, 0
    threads = set_threads(plan.set_threads, 1)
    for first in range(0, reviews, plan.batch):
        if get(stop, 0) != 0:
            break
        rows = min(plan.batch, reviews - first)
        # A table of the whole vocabulary stays good: no parameter changes here.
        slots = _prepare(plan, first, rows, slots if plan.lasting_slots > 0 else 0)
        _score(plan, first, rows)
        copy_row(floats(plan.exact_logits), at(logits, first), rows)
        tables.forget_slots(plan, slots)
        done += 1
    set_threads(plan.set_threads, threads)
    return done
