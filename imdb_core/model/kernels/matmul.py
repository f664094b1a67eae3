"""Small matrix products, for operands that lie in the cache.

    out[i, j] = start[slots[i], j] + sum over k of left[i, k] * right[k, j]

Every number is one sum from the first k to the last, each product fused into it.
`right` and `out` have rows of whole vectors; `left` may be walked in any order,
which covers a product with its transpose. BLAS is made for larger ones: at the
sizes of one time step its calls cost more than the work.
"""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir
from numba.core import types

from .activations import emit_tanh
from .compiling import (
    RECORD,
    SIZE,
    Builder,
    Context,
    Plan,
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
WIDE_ROWS, NARROW_ROWS = 4, 8


def _tile(rows: int, vectors: int) -> Callable[..., None]:
    """An intrinsic for `rows` × `vectors` of `out` that keeps all its sums in registers."""
    cells = [(row, vector) for row in range(rows) for vector in range(vectors)]

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        out, out_row, left, left_row, left_k, right, right_k, depth, *others = args
        start, slots, start_row, squash = others
        index = out_row.type

        def number(value: int) -> Value:
            return ir.Constant(index, value)

        def begin(row: int) -> Value:
            slot = builder.load(builder.gep(slots, [number(row)]))
            return builder.gep(start, [builder.mul(builder.sext(slot, index), start_row)])

        rows_begin = [begin(row) for row in range(rows)]
        starts = [
            load_lanes(builder, builder.gep(rows_begin[row], [number(vector * WIDTH)]))
            for row, vector in cells
        ]
        row_starts = [builder.mul(left_row, number(row)) for row in range(rows)]
        before = builder.block
        loop = builder.append_basic_block("product")
        after = builder.append_basic_block("product.end")
        builder.branch(loop)

        builder.position_at_end(loop)
        k, left_now, right_now = (builder.phi(v.type) for v in (depth, left, right))
        sums = [builder.phi(LANES) for _ in cells]
        columns = [
            load_lanes(builder, builder.gep(right_now, [number(vector * WIDTH)]))
            for vector in range(vectors)
        ]
        factors = [
            broadcast(builder, builder.load(builder.gep(left_now, [row_start])))
            for row_start in row_starts
        ]
        totals = [
            multiply_add(builder, factors[row], columns[vector], total)
            for total, (row, vector) in zip(sums, cells, strict=True)
        ]
        following = [
            builder.add(k, number(1)),
            builder.gep(left_now, [left_k]),
            builder.gep(right_now, [right_k]),
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
                place = builder.add(builder.mul(out_row, number(row)), number(vector * WIDTH))
                store_lanes(builder, value, builder.gep(out, [place]))

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
        left_k: Typed,
        right: Typed,
        right_k: Typed,
        depth: Typed,
        start: Typed,
        slots: Typed,
        start_row: Typed,
        squash: Typed,
    ) -> Typed:
        matrices = FLOATS, SIZE, FLOATS, SIZE, SIZE, FLOATS, SIZE, SIZE
        return types.void(*matrices, FLOATS, INTS, SIZE, SIZE), emit

    return emitter(tile)


_wide_tile = _tile(WIDE_ROWS, 2)
_narrow_tile = _tile(NARROW_ROWS, 1)


@unit(RECORD, FLOATS, SIZE, FLOATS, SIZE, SIZE, FLOATS, *(SIZE,) * 4, FLOATS, INTS, SIZE, SIZE)
def product(
    plan: Plan,  # so that it is compiled anew when any source is (see `plan`)
    out: Pointer,
    out_row: int,
    left: Pointer,
    left_row: int,
    left_k: int,
    right: Pointer,
    right_k: int,
    rows: int,
    columns: int,
    depth: int,
    start: Pointer,
    slots: Pointer,
    start_row: int,
    squash: int,
) -> int:
    """Write a product, or unless `squash` is 0 its tanh.

    `columns` is a multiple of eight, `rows` too (of four if `columns` is one of sixteen),
    `depth` at least 1; `*_row` and `*_k` say how far apart neighbours in i and in k lie.
    Row i starts at row `slots[i]` of `start`: a table's entry; with `numbers` for slots what
    `out` holds; with 0 for `start_row` one row for all.
    """
    paired = columns & -(2 * WIDTH)
    for j in range(0, paired, 2 * WIDTH):
        for i in range(0, rows, WIDE_ROWS):
            _wide_tile(
                at(out, i * out_row + j), out_row, at(left, i * left_row), left_row, left_k,
                at(right, j), right_k, depth, at(start, j), at(slots, i), start_row, squash,
            )  # fmt: skip
    if paired < columns:
        for i in range(0, rows, NARROW_ROWS):
            _narrow_tile(
                at(out, i * out_row + paired), out_row, at(left, i * left_row), left_row, left_k,
                at(right, paired), right_k, depth, at(start, paired), at(slots, i), start_row,
                squash,
            )  # fmt: skip
    return 0
