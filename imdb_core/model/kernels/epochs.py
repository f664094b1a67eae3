"""Many batches in one call that holds no GIL, made by any number of threads together.

Each thread makes the call with its own number `me`. Where they share work, every number
comes out of one sum in one order, whoever works it out: rows of a batch belong to parts,
and those to threads; what is summed over rows is summed by columns, or part by part.
"""

from __future__ import annotations

from . import adam, batches, head, readout, tables
from .compiling import RECORD, SIZE, ZERO, Number, Plan, kernel, unit
from .matmul import product
from .packing import add_up, forget_sums, pack, unpack_gradients
from .processor import flush_subnormals, meet, put_back
from .recurrence import backward, forward
from .vectors import doubles, flags, floats, get, ints, longs, nth, put, smaller

_STOPPED, _SLOTS = range(2)  # places of `shared`


@unit(RECORD, SIZE, SIZE, SIZE)
def _open_batch(plan: Plan, first: int, batch: int, is_new: int) -> Number:
    """Lay out a batch's tokens and rows, or say that the call was stopped."""
    shared = longs(plan.shared)
    put(shared, _STOPPED, get(flags(plan.stop), 0))
    if get(shared, _STOPPED) != 0:
        return 0
    # A table of the whole vocabulary stays good where no parameter changes.
    if is_new != 0:
        pack(plan)
        put(shared, _SLOTS, tables.find_slots(plan, first, batch))
    batches.sort_rows(plan, first, batch)
    return 0


@unit(RECORD, SIZE, SIZE)
def _score_block(plan: Plan, first: int, count: int) -> Number:
    """Logits and losses of the block that `fill_block` laid out."""
    rows = (count + 7) & -8
    readout.begin(plan, rows)
    forward(plan, get(ints(plan.slot_of), 0))
    readout.finish(plan, rows)
    head.score(plan, first, count)
    return 0


@unit(RECORD, SIZE, SIZE, SIZE)
def _learn_block(plan: Plan, first: int, count: int, batch: int) -> Number:
    """Gradients of a block that was scored."""
    rows = (count + 7) & -8
    head.send_back(plan, first, count, rows, batch)
    readout.begin_backward(plan, rows)
    backward(plan, get(ints(plan.slot_of), 0))
    return 0


@kernel
def _mean_loss(plan: Plan, batch: int) -> float:
    losses, total = doubles(plan.row_losses), 0.0
    for position in range(batch):
        total += get(losses, position)
    return total / batch


@unit(RECORD, SIZE, SIZE)
def _gather(records: Plan, done: int, batch: int) -> Number:
    """Write the batch's loss, and finish the gradient from the parts' sums."""
    plan = records
    put(doubles(plan.losses), done, _mean_loss(plan, batch))
    for part in range(1, plan.parts):
        other, count = nth(records, part), plan.hidden_room * plan.fed
        add_up(floats(plan.recurrent_grad), floats(other.recurrent_grad), count)
        add_up(floats(plan.dense_grad), floats(other.dense_grad), plan.features_room + 8)
    unpack_gradients(plan)
    put(doubles(plan.factor), 0, adam.clip_factor(plan, plan.clip))
    return 0


@unit(RECORD, SIZE, SIZE, SIZE)
def _step(plan: Plan, step: int, me: int, threads: int) -> Number:
    """This thread's share of the parameters takes a step."""
    vectors = (plan.parameters + 7) // 8
    begin, end = vectors * me // threads * 8, vectors * (me + 1) // threads * 8
    adam.adam_step(plan, step, get(doubles(plan.factor), 0), begin, end)
    if plan.averaged != 0:
        adam.average(plan, step, begin, end)
    return 0


@unit(RECORD, SIZE, SIZE)
def train(records: Plan, me: int, threads: int) -> Number:
    """Train on `order`, batch after batch; returns how many batches.

    `losses` gets each batch's mean. `stop`, set by another thread, ends the work
    before the next batch. A learning rate of 0 leaves the gradients of the last
    batch where they are and takes no step.
    """
    plan, done, meetings = records, ZERO, ZERO
    mode = flush_subnormals()
    for first in range(0, plan.reviews, plan.batch):
        batch = smaller(plan.batch, plan.reviews - first)
        if me == 0:
            _open_batch(plan, first, batch, 1)
        meetings = meet(plan, threads, meetings)
        if get(longs(plan.shared), _STOPPED) != 0:
            break
        slots = get(longs(plan.shared), _SLOTS)
        tables.fold(plan, slots, me, threads)
        tables.begin_gradient(plan, slots, me, threads)
        for part in range(me, plan.parts, threads):
            forget_sums(nth(records, part))
        for start in range(0, plan.part_rows, plan.block):
            meetings = meet(plan, threads, meetings)
            for part in range(me, plan.parts, threads):
                mine = nth(records, part)
                count = batches.fill_block(mine, first, batch, part, start)
                put(ints(mine.reached), 0, mine.length)
                if count > 0:
                    _score_block(mine, first, count)
                    _learn_block(mine, first, count, batch)
            meetings = meet(plan, threads, meetings)
            for part in range(plan.parts):
                tables.scatter(nth(records, part), me, threads)
        tables.unfold_columns(plan, slots, me, threads)
        meetings = meet(plan, threads, meetings)
        tables.unfold_rows(plan, slots, me, threads)
        meetings = meet(plan, threads, meetings)
        if me == 0:
            _gather(records, done, batch)
        meetings = meet(plan, threads, meetings)
        done += 1
        if plan.learning_rate > 0:
            _step(plan, plan.steps + done, me, threads)
        meetings = meet(plan, threads, meetings)
        if me == 0:
            tables.forget_slots(plan, slots, plan.learning_rate > 0)
    put_back(mode)
    return done


@unit(RECORD, SIZE, SIZE)
def predict(records: Plan, me: int, threads: int) -> Number:
    """Write the logits of `order`; returns how many batches were scored.

    With labels `losses` gets each batch's mean.
    """
    plan, done, meetings = records, ZERO, ZERO
    mode = flush_subnormals()
    for first in range(0, plan.reviews, plan.batch):
        batch, is_new = smaller(plan.batch, plan.reviews - first), done == 0
        if plan.lasting_slots == 0:
            is_new = True
        if me == 0:
            _open_batch(plan, first, batch, is_new)
        meetings = meet(plan, threads, meetings)
        if get(longs(plan.shared), _STOPPED) != 0:
            break
        slots = get(longs(plan.shared), _SLOTS)
        if is_new:
            tables.fold(plan, slots, me, threads)
        meetings = meet(plan, threads, meetings)
        for start in range(0, plan.part_rows, plan.block):
            for part in range(me, plan.parts, threads):
                mine = nth(records, part)
                count = batches.fill_block(mine, first, batch, part, start)
                if count > 0:
                    _score_block(mine, first, count)
        meetings = meet(plan, threads, meetings)
        if me == 0:
            if plan.labels != 0:
                put(doubles(plan.losses), done, _mean_loss(plan, batch))
            tables.forget_slots(plan, slots, plan.learning_rate > 0)
        done += 1
    put_back(mode)
    return done


SCORING = (
    product, _open_batch, tables.fold, batches.fill_block, _score_block,
)  # fmt: skip
"""What `predict` needs beside a cell's own units, callers behind what they call."""
LEARNING = (
    _learn_block,
    tables.scatter,
    tables.unfold_columns,
    tables.unfold_rows,
    _gather,
    _step,
    train,
)
"""The same for `train`, beyond those."""
