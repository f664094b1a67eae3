"""Rows of a batch, arranged so that padding is worked only once.

Zeros in front of a review leave every row with the same state: it depends on
how many zeros went by and on nothing else. Within a block the row with the most
padding therefore walks alone through it, and the others join, a group at a time,
by copying its state; on the way back they hand it their gradient. Rows are
sorted by padding so that those who join together need not wait for each other,
and dealt to the parts of a batch like cards, so that all have as much to do.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import types

from .compiling import (
    RECORD,
    SIZE,
    Builder,
    Context,
    Number,
    Plan,
    Pointer,
    Typed,
    Value,
    emitter,
    kernel,
    unit,
)
from .vectors import (
    INTS,
    LONGS,
    WIDTH,
    at,
    get,
    ints,
    load,
    longs,
    put,
    smaller,
    store,
)


@emitter
def _turn(
    typing: Context, source: Typed, offsets: Typed, target: Typed, target_row: Typed
) -> Typed:
    """Eight numbers of each of eight rows become eight rows of eight."""

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        source, offsets, target, target_row = args
        numbers = ir.VectorType(ir.IntType(32), WIDTH)

        def place(pointer: Value, offset: Value) -> Value:
            return builder.bitcast(builder.gep(pointer, [offset]), numbers.as_pointer())

        def index(number: int) -> Value:
            return ir.Constant(target_row.type, number)

        starts = [builder.load(builder.gep(offsets, [index(row)])) for row in range(WIDTH)]
        rows = [builder.load(place(source, start), align=4) for start in starts]
        # Three times each row is woven with the one four further on.
        for _ in range(3):
            weaves = [[(i + half) // 2 + i % 2 * 8 for i in range(0, 8)] for half in (0, 8)]
            rows = [
                builder.shuffle_vector(rows[i // 2], rows[i // 2 + 4], ir.Constant(numbers, weave))
                for i, weave in enumerate(weaves * 4)
            ]
        for i, row in enumerate(rows):
            builder.store(row, place(target, builder.mul(target_row, index(i))), align=4)
        return context.get_dummy_value()

    return types.void(INTS, LONGS, INTS, types.intp), emit


@kernel
def sort_rows(plan: Plan, first: int, batch: int) -> None:
    """Sort the batch's positions by leading padding, least first; ties keep their order."""
    length = plan.length
    ids, order = ints(plan.ids), longs(plan.order)
    tally, leading = ints(plan.tally), ints(plan.leading)
    sorted_rows = ints(plan.sorted_rows)
    for zeros in range(length + 1):
        put(tally, zeros, 0)
    for position in range(batch):
        review = at(ids, get(order, first + position) * length)
        zeros = 0
        while zeros < length - 1 and get(review, zeros) == 0:
            zeros += 1
        put(leading, position, zeros)
        put(tally, zeros + 1, get(tally, zeros + 1) + 1)
    for zeros in range(length):
        put(tally, zeros + 1, get(tally, zeros) + get(tally, zeros + 1))
    for position in range(batch):
        zeros = get(leading, position)
        place = get(tally, zeros)
        put(sorted_rows, place, position)
        put(tally, zeros, place + 1)


@kernel
def _fill_slots(plan: Plan, first: int, rows: int) -> None:
    """Write the rows' slots, time after time."""
    length, block, order = plan.length, plan.block, longs(plan.order)
    is_lasting = plan.lasting_slots > 0
    source = ints(plan.ids) if is_lasting else ints(plan.row_slots)
    slots, positions, offsets = ints(plan.slots), ints(plan.position), longs(plan.offsets)
    for row in range(rows):
        position = get(positions, row)
        start = get(order, first + position) if is_lasting else position
        put(offsets, row, start * length)
    whole = length & -8
    for group in range(0, rows, 8):
        for t in range(0, whole, 8):
            _turn(at(source, t), at(offsets, group), at(slots, t * block + group), block)
        for row in range(group, group + 8):
            for t in range(whole, length):
                put(slots, t * block + row, get(source, get(offsets, row) + t))


@unit(RECORD, SIZE, SIZE, SIZE, SIZE)
def fill_block(plan: Plan, first: int, batch: int, part: int, start: int) -> Number:
    """Lay out a part's sorted rows from `start` on, up to a block; returns how many those are.

    The row with the most padding comes first; places beyond them repeat it.
    """
    length, group = plan.length, plan.group
    count = smaller(plan.block, (batch - part + plan.parts - 1) // plan.parts - start)
    if count <= 0:
        return 0
    room = (count + 7) & -8
    sorted_rows, leading = ints(plan.sorted_rows), ints(plan.leading)
    positions, active = ints(plan.position), ints(plan.active)
    for row in range(room):
        place = count - 1 if row == 0 or row >= count else row - 1
        put(positions, row, get(sorted_rows, part + plan.parts * (start + place)))
    _fill_slots(plan, first, room)
    for t in range(length):
        put(active, t, group)
    for row in range(group, count, group):
        for t in range(get(leading, get(positions, row)), length):
            put(active, t, row + group)
    return count


@kernel
def join(states: Pointer, begun: int, active: int, width: int) -> None:
    """Rows `begun` to `active` take over the first row's state."""
    for row in range(begun, active):
        for j in range(0, width, 8):
            store(states, row * width + j, load(states, j))


@kernel
def leave(gradient: Pointer, staying: int, active: int, width: int) -> None:
    """Rows `staying` to `active` hand their gradient to the first row."""
    for row in range(staying, active):
        for j in range(0, width, 8):
            store(gradient, j, load(gradient, j) + load(gradient, row * width + j))
