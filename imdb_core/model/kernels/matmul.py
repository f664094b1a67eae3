"""Small matrix products, for operands that lie in the cache.

    out[i, j] = start[slots[i], j] + sum over k of left[i, k] * right[k, j]

Every number is one sum from the first k to the last, each product fused into it.
`right` and `out` have rows of whole vectors; of `left` it may be the transpose
that is stored. BLAS is made for larger ones: at the
sizes of one time step its calls cost more than the work.
"""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir
from numba.core import types

from .activations import emit_tanh
from .compiling import (
    SIZE,
    Builder,
    Context,
    Number,
    Pointer,
    Typed,
    Value,
    emitter,
    unit,
)
from .vectors import (
    FLOATS,
    INTS,
    LANES,
    WIDTH,
    at,
    broadcast,
    load_lanes,
    multiply_add,
    store_lanes,
)

# Eight sums in flight hide a fused product's latency (four cycles, two begun in
# each) and leave room in the sixteen registers of AVX2.
_WIDE_ROWS, _NARROW_ROWS = 4, 8
_SHAPES = (_WIDE_ROWS, 2), (_NARROW_ROWS, 1)
_UNROLLED = 8, 4  # steps of k; of a transposed left side, k counts rows of a group
_MATRICES = FLOATS, SIZE, FLOATS, SIZE, FLOATS, SIZE


def _tile(rows: int, vectors: int, *, is_transposed: bool) -> Callable[..., None]:
    """An intrinsic for `rows` × `vectors` of `out` that keeps all its sums in registers."""
    cells = [(row, vector) for row in range(rows) for vector in range(vectors)]
    unrolled = _UNROLLED[is_transposed]

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        out, out_row, left, left_row, right, right_row, depth, start, slots, start_row, squash = (
            args
        )
        index = out_row.type

        def number(value: int) -> Value:
            return ir.Constant(index, value)

        def moved(pointer: Value, step: Value, times: int, more: int = 0) -> Value:
            place = builder.add(builder.mul(step, number(times)), number(more))
            return builder.gep(pointer, [place])

        def begin(row: int) -> Value:
            slot = builder.load(builder.gep(slots, [number(row)]))
            return builder.gep(start, [builder.mul(builder.sext(slot, index), start_row)])

        rows_begin = [begin(row) for row in range(rows)]
        starts = [
            load_lanes(builder, builder.gep(rows_begin[r], [number(v * WIDTH)])) for r, v in cells
        ]
        before = builder.block
        loop = builder.append_basic_block("product")
        after = builder.append_basic_block("product.end")
        builder.branch(loop)

        builder.position_at_end(loop)
        k, left_now, right_now = (builder.phi(v.type) for v in (depth, left, right))
        sums = [builder.phi(LANES) for _ in cells]
        totals = list(sums)
        for step in range(unrolled):
            columns = [
                load_lanes(builder, moved(right_now, right_row, step, vector * WIDTH))
                for vector in range(vectors)
            ]
            for row in range(rows):
                times, more = (step, row) if is_transposed else (row, step)
                factor = broadcast(builder, builder.load(moved(left_now, left_row, times, more)))
                for vector in range(vectors):
                    cell = row * vectors + vector
                    totals[cell] = multiply_add(builder, factor, columns[vector], totals[cell])
        left_step = builder.mul(left_row, number(unrolled)) if is_transposed else number(unrolled)
        following = [
            builder.add(k, number(unrolled)),
            builder.gep(left_now, [left_step]),
            moved(right_now, right_row, unrolled),
        ]
        builder.cbranch(builder.icmp_signed("<", following[0], depth), loop, after)
        for phi, first, later in zip(
            [k, left_now, right_now, *sums],
            [number(0), left, right, *starts],
            following + totals,
            strict=True,
        ):
            phi.add_incoming(first, before)
            phi.add_incoming(later, loop)

        def end(values: list[Value]) -> None:
            for value, (row, vector) in zip(values, cells, strict=True):
                store_lanes(builder, value, moved(out, out_row, row, vector * WIDTH))

        builder.position_at_end(after)
        with builder.if_else(builder.icmp_signed("!=", squash, number(0))) as (if_so, if_not):
            with if_so:
                end([emit_tanh(builder, total) for total in totals])
            with if_not:
                end(totals)
        return context.get_dummy_value()

    def tile(
        typing: Context,
        out: Typed,
        out_row: Typed,
        left: Typed,
        left_row: Typed,
        right: Typed,
        right_row: Typed,
        depth: Typed,
        start: Typed,
        slots: Typed,
        start_row: Typed,
        squash: Typed,
    ) -> Typed:
        return types.void(*_MATRICES, SIZE, FLOATS, INTS, SIZE, SIZE), emit

    return emitter(tile)


_wide, _narrow = (_tile(*shape, is_transposed=False) for shape in _SHAPES)
_wide_transposed, _narrow_transposed = (_tile(*shape, is_transposed=True) for shape in _SHAPES)


@unit(*_MATRICES, *(SIZE,) * 4, FLOATS, INTS, SIZE, SIZE)
def product(
    out: Pointer,
    out_row: int,
    left: Pointer,
    left_row: int,
    right: Pointer,
    right_row: int,
    rows: int,
    columns: int,
    depth: int,
    is_transposed: int,
    start: Pointer,
    slots: Pointer,
    start_row: int,
    squash: int,
) -> Number:
    """Write a product, or unless `squash` is 0 its tanh; `*_row` say how far apart rows lie.

    `columns` is a multiple of eight, `rows` too (of four if `columns` is one of sixteen), and
    `depth` (of four if transposed). Row i starts at row `slots[i]` of `start`: a table's entry;
    with `numbers` for slots what `out` holds; with 0 for `start_row` one row for all.
    """
    paired = columns & -(2 * WIDTH)
    for j in range(0, columns, 2 * WIDTH):
        height = _WIDE_ROWS if j < paired else _NARROW_ROWS
        for i in range(0, rows, height):
            into, first, other = at(out, i * out_row + j), at(start, j), at(slots, i)
            if is_transposed != 0:
                if j < paired:
                    _wide_transposed(
                        into, out_row, at(left, i), left_row, at(right, j), right_row, depth,
                        first, other, start_row, squash,
                    )  # fmt: skip
                else:
                    _narrow_transposed(
                        into, out_row, at(left, i), left_row, at(right, j), right_row, depth,
                        first, other, start_row, squash,
                    )  # fmt: skip
            elif j < paired:
                _wide(
                    into, out_row, at(left, i * left_row), left_row, at(right, j), right_row,
                    depth, first, other, start_row, squash,
                )  # fmt: skip
            else:
                _narrow(
                    into, out_row, at(left, i * left_row), left_row, at(right, j), right_row,
                    depth, first, other, start_row, squash,
                )  # fmt: skip
    return 0
