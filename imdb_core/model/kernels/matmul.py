"""Small matrix products, for operands that lie in the cache.

    out[i, j] (+)= sum over k of left[i, k] * right[k, j]

`right` and `out` have rows of whole vectors; `left` may be walked in any order,
which covers a product with its transpose. BLAS is made for larger ones: at the
sizes of one time step its calls cost more than the work.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types

from .compiling import Pointer, emitter, kernel
from .vectors import (
    FLAGS,
    FLOATS,
    LANES,
    WIDTH,
    Builder,
    Context,
    Typed,
    Value,
    at,
    broadcast,
    load_lanes,
    store_lanes,
)


def _tile(
    rows: int, vectors: int, *, add: bool = False, fused: bool = True, lanes: int = 1
) -> Callable[..., None]:
    """An intrinsic for `rows` × `vectors` of `out` that keeps all its sums in registers.

    Every number of `out` is one sum from the first k to the last; or with four `lanes` it is
    four sums, each over every fourth k, added as (0 + 2) + (1 + 3). Unless `fused`, products
    are rounded before they are added.
    """
    cells = [(row, vector) for row in range(rows) for vector in range(vectors)]
    flags = FLAGS if fused else ()

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        out, out_row, left, left_row, left_k, right, right_k, depth = args
        index = out_row.type

        def number(value: int) -> Value:
            return ir.Constant(index, value)

        def cell(row: int, vector: int) -> Value:
            start = builder.mul(out_row, number(row))
            return builder.gep(out, [builder.add(start, number(vector * WIDTH))])

        zero = ir.Constant(LANES, [0.0] * WIDTH)
        starts = [load_lanes(builder, cell(*c)) if add else zero for c in cells]
        row_starts = [builder.mul(left_row, number(row)) for row in range(rows)]
        before = builder.block
        loop = builder.append_basic_block("product")
        after = builder.append_basic_block("product.end")
        builder.branch(loop)

        builder.position_at_end(loop)
        k, left_at, right_at = (builder.phi(v.type) for v in (depth, left, right))
        sums = [builder.phi(LANES) for _ in range(lanes) for _ in cells]
        totals: list[Value] = []
        left_now, right_now = left_at, right_at
        for _ in range(lanes):
            columns = [
                load_lanes(builder, builder.gep(right_now, [number(vector * WIDTH)]))
                for vector in range(vectors)
            ]
            factors = [
                broadcast(builder, builder.load(builder.gep(left_now, [start])))
                for start in row_starts
            ]
            totals += [
                builder.fadd(
                    total, builder.fmul(factors[row], columns[vector], flags=flags), flags=flags
                )
                for total, (row, vector) in zip(sums[len(totals) :], cells, strict=False)
            ]
            left_now = builder.gep(left_now, [left_k])
            right_now = builder.gep(right_now, [right_k])
        following = [builder.add(k, number(lanes)), left_now, right_now]
        builder.cbranch(builder.icmp_signed("<", following[0], depth), loop, after)
        for phi, first, later in zip(
            [k, left_at, right_at, *sums],
            [number(0), left, right, *starts * lanes],
            following + totals,
            strict=True,
        ):
            phi.add_incoming(first, before)
            phi.add_incoming(later, loop)

        builder.position_at_end(after)
        while len(totals) > len(cells):
            half = len(totals) // 2
            totals = [builder.fadd(totals[i], totals[i + half]) for i in range(half)]
        for total, c in zip(totals, cells, strict=True):
            store_lanes(builder, total, cell(*c))
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
    ) -> Typed:
        size = types.intp
        return types.void(FLOATS, size, FLOATS, size, size, FLOATS, size, size), emit

    return emitter(tile)


def _product(name: str, **order: Any) -> Any:  # noqa: ANN401
    # Eight sums in flight hide a fused product's latency (four cycles, two begun in
    # each) and leave room in the sixteen registers of AVX2.
    lanes = order.get("lanes", 1)
    wide_rows, narrow_rows = 4 // lanes, 8 // lanes
    wide_tile = _tile(wide_rows, 2, **order)
    narrow_tile = _tile(narrow_rows, 1, **order)

    def walk(
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
    ) -> None:
        paired = columns & -(2 * WIDTH)
        for j in range(0, paired, 2 * WIDTH):
            for i in range(0, rows, wide_rows):
                wide_tile(
                    at(out, i * out_row + j),
                    out_row,
                    at(left, i * left_row),
                    left_row,
                    left_k,
                    at(right, j),
                    right_k,
                    depth,
                )
        if paired < columns:
            for i in range(0, rows, narrow_rows):
                narrow_tile(
                    at(out, i * out_row + paired),
                    out_row,
                    at(left, i * left_row),
                    left_row,
                    left_k,
                    at(right, paired),
                    right_k,
                    depth,
                )

    # The linker tells compiled functions apart by this name and a number that each process
    # counts for itself: of several named alike it could take the wrong one from the cache.
    walk.__qualname__ = name
    return kernel(walk)


# out[i, j] = sum over k of left[i, k] * right[k, j]. `rows` and `columns` are
# multiples of eight, `depth` at least 1; `*_row` and `*_k` say how far apart
# neighbours in i and in k lie.
product = _product("product")
# The same, added to what `out` holds.
add_product = _product("add_product", add=True)
# The same in other orders (see `exact.orders`); `depth` is a multiple of four for four lanes.
unfused_product = _product("unfused_product", fused=False)
four_lane_product = _product("four_lane_product", fused=False, lanes=4)
