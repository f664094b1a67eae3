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


def _tile(rows: int, vectors: int, *, add: bool) -> Callable[..., None]:
    """An intrinsic for `rows` × `vectors` of `out` that keeps all its sums in registers."""
    cells = [(row, vector) for row in range(rows) for vector in range(vectors)]

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
        sums = [builder.phi(LANES) for _ in cells]
        columns = [
            load_lanes(builder, builder.gep(right_at, [number(vector * WIDTH)]))
            for vector in range(vectors)
        ]
        factors = [
            broadcast(builder, builder.load(builder.gep(left_at, [start]))) for start in row_starts
        ]
        totals = [
            builder.fadd(
                total, builder.fmul(factors[row], columns[vector], flags=FLAGS), flags=FLAGS
            )
            for total, (row, vector) in zip(sums, cells, strict=True)
        ]
        following = [
            builder.add(k, number(1)),
            builder.gep(left_at, [left_k]),
            builder.gep(right_at, [right_k]),
        ]
        builder.cbranch(builder.icmp_signed("<", following[0], depth), loop, after)
        for phi, first, later in zip(
            [k, left_at, right_at, *sums],
            [number(0), left, right, *starts],
            following + totals,
            strict=True,
        ):
            phi.add_incoming(first, before)
            phi.add_incoming(later, loop)

        builder.position_at_end(after)
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


def _product(wide_tile: Callable[..., None], narrow_tile: Callable[..., None]) -> Any:  # noqa: ANN401
    @kernel
    def product(
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
            for i in range(0, rows, 4):
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
            for i in range(0, rows, 8):
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

    return product


# Eight sums in flight hide a fused product's latency (four cycles, two begun in
# each) and leave room in the sixteen registers of AVX2.
_WIDE = {"rows": 4, "vectors": 2}
_NARROW = {"rows": 8, "vectors": 1}

# out[i, j] = sum over k of left[i, k] * right[k, j]. `rows` and `columns` are
# multiples of eight, `depth` at least 1; `*_row` and `*_k` say how far apart
# neighbours in i and in k lie.
product = _product(_tile(**_WIDE, add=False), _tile(**_NARROW, add=False))
# The same, added to what `out` holds.
add_product = _product(_tile(**_WIDE, add=True), _tile(**_NARROW, add=True))
