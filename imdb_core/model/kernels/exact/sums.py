"""Sums in the order of `torch.sum` (aten/src/ATen/native/cpu/SumKernel.cpp).

A long sum goes through four levels, each adding up chunks of the one before. PyTorch
compiles it for eight lanes on any x86 machine with AVX2, wider registers or not.
"""

from __future__ import annotations

import numpy as np

from ..compiling import Number, Pointer, Vector, kernel
from ..vectors import at, get, load, put, splat, store

_ILP = 4


@kernel
def _chunk_bits(count: int) -> int:
    bits = 0
    while (1 << bits) < count:
        bits += 1
    return max(4, bits // 4)


@kernel
def _cascade(data: Pointer, step: int, count: int) -> Vector:
    """Sum of `count` vectors that lie `step` apart."""
    bits = _chunk_bits(count)
    chunk = 1 << bits
    zero = splat(np.float32(0))
    first, second, third, fourth = zero, zero, zero, zero
    done = 0
    while done + chunk <= count:
        for i in range(done, done + chunk):
            first = first + load(data, i * step)
        done += chunk
        second, first = second + first, zero
        if done & ((chunk - 1) << bits) == 0:
            third, second = third + second, zero
            if done & ((chunk - 1) << (2 * bits)) == 0:
                fourth, third = fourth + third, zero
    for i in range(done, count):
        first = first + load(data, i * step)
    return first + second + third + fourth


@kernel
def _interleaved(data: Pointer, step: int, count: int) -> Vector:
    """The same through four sums, each of every fourth vector."""
    quarter = count // _ILP
    far = _ILP * step
    total = _cascade(data, far, quarter)
    for i in range(quarter * _ILP, count):
        total = total + load(data, i * step)
    total = total + _cascade(at(data, step), far, quarter)
    total = total + _cascade(at(data, 2 * step), far, quarter)
    return total + _cascade(at(data, 3 * step), far, quarter)


@kernel
def _keep(sums: Pointer, start: int, stop: int, total: Vector, spare: Pointer) -> None:
    store(spare, 0, total)
    for column in range(start, stop):
        put(sums, column, get(spare, column - start))


@kernel
def column_sums(sums: Pointer, data: Pointer, rows: int, columns: int, spare: Pointer) -> None:
    """Sums over the rows of `data` (rows, columns); up to eight floats behind it are read.

    `spare` has room for eight floats.
    """
    column = 0
    # Four vectors at a time, or of a narrow matrix four numbers.
    together = 32 if columns >= 8 else 4
    while column + together <= columns:
        for start in range(column, column + together, 8):
            total = _cascade(at(data, start), columns, rows)
            _keep(sums, start, min(start + 8, column + together), total, spare)
        column += together
    while column < columns:
        stop = min(column + 8, columns)
        _keep(sums, column, stop, _interleaved(at(data, column), columns, rows), spare)
        column = stop


@kernel
def total_sum(data: Pointer, count: int, spare: Pointer) -> Number:
    """The sum of `count` numbers side by side; up to eight behind them are read.

    `spare` has room for eight.
    """
    if count < 8:
        store(spare, 0, _interleaved(data, 1, count))
        return get(spare, 0)
    whole = count & -8
    store(spare, 0, _interleaved(data, 8, whole >> 3))
    total = np.float32(0)
    for i in range(whole, count):
        total += get(data, i)
    for lane in range(8):
        total += get(spare, lane)
    return total
