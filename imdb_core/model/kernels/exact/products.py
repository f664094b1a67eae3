"""A product in the order that `orders` found."""

from __future__ import annotations

from ..compiling import Pointer, kernel
from ..matmul import four_lane_product, product, unfused_product
from .orders import FUSED, UNFUSED


@kernel
def ordered_product(
    order: int,
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
    """`matmul.product` in any order but `CALLED`."""
    if order == FUSED:
        product(out, out_row, left, left_row, left_k, right, right_k, rows, columns, depth)
    elif order == UNFUSED:
        unfused_product(out, out_row, left, left_row, left_k, right, right_k, rows, columns, depth)
    else:
        four_lane_product(
            out, out_row, left, left_row, left_k, right, right_k, rows, columns, depth
        )
