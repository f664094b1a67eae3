"""In which order MKL adds up a product, found by trying.

MKL chooses its order by the machine and the sizes, and documents none. Where it is one that
a kernel can follow, the kernel is several times as fast for small matrices; where it is not,
MKL itself is called. Either way the bits are PyTorch's.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .library import one_thread

Floats = npt.NDArray[np.float32]

# MKL is called; one sum from the first product to the last, each product fused into it or
# rounded before; four sums over every fourth product, rounded, added as (0 + 2) + (1 + 3).
CALLED, FUSED, UNFUSED, FOUR_LANES = range(4)
_LANES = 4
_WIDTH = 8
_CHECKED_ROWS = 64
_RANDOM_ROWS = 4096


class Orders(NamedTuple):
    """The order of each product of a batch with all its rows.

    Attributes:
        input_order: the embeddings with weight_ih.
        state_order: the states with weight_hh.
        state_grad_order: a step's gradient with weight_hh.
        recurrent_grad_order: a step's gradient with its states.
        input_grad_order: all steps' gradients with weight_ih.
    """

    input_order: int = CALLED
    state_order: int = CALLED
    state_grad_order: int = CALLED
    recurrent_grad_order: int = CALLED
    input_grad_order: int = CALLED


def find_orders(*, batch: int, length: int, embedding: int, hidden: int) -> Orders:
    """Compare PyTorch's products of random matrices with each order's, bit by bit."""
    if batch % _WIDTH or hidden % _WIDTH:
        return Orders()
    generator = torch.Generator().manual_seed(0)

    def matrix(rows: int, columns: int) -> Tensor:
        some = torch.randn(min(rows, _RANDOM_ROWS), columns, generator=generator)
        return some.repeat(-(-rows // len(some)), 1)[:rows]

    slopes, states, square = matrix(batch, hidden), matrix(batch, hidden), matrix(hidden, hidden)
    words, weights = matrix(length * batch, embedding), matrix(hidden, embedding)
    whole = embedding % _WIDTH == 0
    return Orders(
        input_order=_order(words, weights.T) if whole else CALLED,
        state_order=_order(states, square.T),
        state_grad_order=_order(slopes, square),
        recurrent_grad_order=_order(slopes.T, states),
        input_grad_order=_order(matrix(length * batch, hidden), weights) if whole else CALLED,
    )


def _order(left: Tensor, right: Tensor) -> int:
    """The order whose every checked number is the one that PyTorch gives."""
    with one_thread():
        product = torch.mm(left, right).numpy()
    rows = np.unique(np.linspace(0, len(left) - 1, _CHECKED_ROWS, dtype=np.int64))
    product, a, b = product[rows], left.numpy()[rows], right.numpy()
    if np.array_equal(_sum(a, b, fuse=True), product):
        return FUSED
    if np.array_equal(_sum(a, b, fuse=False), product):
        return UNFUSED
    lanes = [_sum(a[:, i::_LANES], b[i::_LANES], fuse=False) for i in range(_LANES)]
    whole = a.shape[1] % _LANES == 0
    if whole and np.array_equal((lanes[0] + lanes[2]) + (lanes[1] + lanes[3]), product):
        return FOUR_LANES
    return CALLED


def _sum(left: Floats, right: Floats, *, fuse: bool) -> Floats:
    """One float32 sum over k, product after product.

    In float64 a product is exact and its sum nearly so: rounded to float32 it is the fused
    one but once in 2**29.
    """
    total = np.zeros((len(left), right.shape[1]), np.float32)
    for k in range(left.shape[1]):
        product = left[:, k, None].astype(np.float64) * right[k].astype(np.float64)
        if not fuse:
            product = product.astype(np.float32)
        total = (total + product).astype(np.float32)
    return total
