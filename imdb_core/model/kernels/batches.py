"""Rows of a batch, arranged so that padding is worked only once.

Zeros in front of a review leave every row with the same state: it depends on
how many zeros went by and on nothing else. Within a block the row with the most
padding therefore walks alone through it, and the others join, eight at a time,
by copying its state; on the way back they hand it their gradient. Rows are
sorted by padding so that those who join together need not wait for each other.
"""

from __future__ import annotations

import numpy as np

from .compiling import Plan, Pointer, kernel
from .vectors import at, get, ints, load, longs, put, store


@kernel
def sort_rows(plan: Plan, first: int, batch: int) -> None:
    """Sort the batch's positions by leading padding, least first; ties keep their order."""
    length = plan.length
    ids, order = ints(plan.ids), longs(plan.order)
    tally, leading = ints(plan.tally), ints(plan.leading)
    sorted_rows = ints(plan.sorted_rows)
    for zeros in range(length + 1):
        put(tally, zeros, np.int32(0))
    for position in range(batch):
        review = at(ids, get(order, first + position) * length)
        zeros = 0
        while zeros < length - 1 and get(review, zeros) == 0:
            zeros += 1
        put(leading, position, np.int32(zeros))
        put(tally, zeros + 1, np.int32(get(tally, zeros + 1) + 1))
    for zeros in range(length):
        put(tally, zeros + 1, np.int32(get(tally, zeros) + get(tally, zeros + 1)))
    for position in range(batch):
        zeros = get(leading, position)
        place = get(tally, zeros)
        put(sorted_rows, place, np.int32(position))
        put(tally, zeros, np.int32(place + 1))


@kernel
def fill_block(plan: Plan, first: int, start: int, count: int) -> int:
    """Lay out `count` of the sorted rows from `start` on; returns them rounded up to eight.

    The row with the most padding comes first; places beyond `count` repeat it.
    """
    room = (count + 7) & -8
    length, block = plan.length, plan.block
    ids, order = ints(plan.ids), longs(plan.order)
    slots, slot_of = ints(plan.slots), ints(plan.slot_of)
    sorted_rows, leading = ints(plan.sorted_rows), ints(plan.leading)
    positions, active = ints(plan.position), ints(plan.active)
    for row in range(room):
        place = start + (count - 1 if row == 0 or row >= count else row - 1)
        position = get(sorted_rows, place)
        put(positions, row, position)
        review = at(ids, get(order, first + position) * length)
        for t in range(length):
            put(slots, t * block + row, get(slot_of, get(review, t)))
    for t in range(length):
        put(active, t, np.int32(8))
    for group in range(8, room, 8):
        for t in range(get(leading, get(positions, group)), length):
            put(active, t, np.int32(group + 8))
    return room


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
