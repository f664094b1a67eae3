"""Kernels for word vectors: which words stand near each other, and the factors of that.

Only additions, multiplications, divisions and square roots, each sum in one order: so every
processor gives the same bits, with any number of threads. Each kernel works a range of rows, and
rows do not depend on each other.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from imdb_core.model.kernels.compiling import entry, kernel

# Within a kernel everything is an array or a number; numba works their types out itself.
Array = Any

_LOG_2 = math.log(2.0)
_MOST_SWEEPS = 30
_BLOCK = 32


@entry
def occurrences(ids: Array, first_word: int, starts: Array, places: Array) -> None:
    """Where each word stands.

    Args:
        ids: (N * T) of all reviews, one after another.
        first_word: ids below are no words.
        starts: (V + 1) zeros; becomes where each word's places begin.
        places: (N * T) becomes the places of word 0, of word 1 and so on.
    """
    for id in ids:
        if id >= first_word:
            starts[id + 1] += 1
    for word in range(len(starts) - 1):
        starts[word + 1] += starts[word]
    ends = starts[:-1].copy()
    for place in range(len(ids)):
        id = ids[place]
        if id >= first_word:
            places[ends[id]] = place
            ends[id] += 1


@entry
def count_company(
    ids: Array,
    length: int,
    window: int,
    first_word: int,
    starts: Array,
    places: Array,
    first: int,
    last: int,
    pairs: Array,
    columns: Array,
    counts: Array,
) -> int:
    """How often each two words stand at most `window` places apart in a review.

    Args:
        ids: (N * T) of all reviews, each of `length` ids.
        starts, places: from `occurrences`.
        first, last: the words, `last` left out, whose rows this call works out.
        pairs: (V + 1) becomes, from `first + 1` on, how many columns each row has.
        columns, counts: become the rows, one after another, each in the order of its
            columns.

    Returns:
        How many entries the rows have. If that is more than there is room for, the rest was
        not written.
    """  # fmt: skip
    vocabulary = len(starts) - 1
    row = np.zeros(vocabulary + _BLOCK, np.int32)
    # Most words have few companions: blocks of columns without any are passed over.
    is_met = np.zeros(vocabulary // _BLOCK + 1, np.uint8)
    total = 0
    for word in range(first, last):
        before = total
        for at in range(starts[word], starts[word + 1]):
            place = places[at]
            begin = place - place % length
            for other in range(max(begin, place - window), min(begin + length, place + window + 1)):
                # Unsigned: an index that could be negative costs a comparison each time.
                id = np.uint32(ids[np.uint32(other)])
                if other != place and id >= first_word:
                    row[id] += 1
                    is_met[id // np.uint32(_BLOCK)] = 1
        for block in range(len(is_met)):
            if is_met[block]:
                is_met[block] = 0
                for column in range(block * _BLOCK, (block + 1) * _BLOCK):
                    if row[column] > 0:
                        if total < len(columns):
                            columns[total] = column
                            counts[total] = row[column]
                        total += 1
                        row[column] = 0
        pairs[word + 1] = total - before
    return total


@kernel
def log(number: float) -> float:
    """The natural logarithm, by arithmetic that is the same on every processor."""
    fraction, exponent = math.frexp(number)
    if fraction < 0.7071067811865476:
        fraction, exponent = 2 * fraction, exponent - 1
    quotient = (fraction - 1) / (fraction + 1)
    square = quotient * quotient
    total = 0.0
    for odd in range(23, 0, -2):
        total = total * square + 1.0 / odd
    return 2 * quotient * total + exponent * _LOG_2


@entry
def information(
    starts: Array, columns: Array, counts: Array, first: int, last: int,
    words: Array, contexts: Array, values: Array, transposed: Array,
) -> None:  # fmt: skip
    """Positive pointwise mutual information of word and context, and of context and word.

    `values` may lie where `counts` do.
    """
    for row in range(first, last):
        for at in range(starts[row], starts[row + 1]):
            column, count = columns[at], counts[at]
            values[at] = max(log(count / (words[row] * contexts[column])), 0.0)
            transposed[at] = max(log(count / (words[column] * contexts[row])), 0.0)


@entry
def multiply(
    starts: Array, columns: Array, values: Array, first: int, last: int,
    given: Array, product: Array,
) -> None:  # fmt: skip
    """Rows of a sparse matrix times `given` (V, K); `product` must hold zeros."""
    size = given.shape[1]
    for row in range(first, last):
        for at in range(starts[row], starts[row + 1]):
            value = values[at]
            column = np.uint32(columns[at])
            if value != 0:
                for k in range(size):
                    product[row, k] += value * given[column, k]


@entry
def gram(matrix: Array) -> Array:
    """(K, K) float64: the products of all columns."""
    rows, size = matrix.shape
    products = np.zeros((size, size))
    wide = np.zeros(size)
    for row in range(rows):
        for k in range(size):
            wide[k] = matrix[row, k]
        for i in range(size):
            value = wide[i]
            for j in range(size):
                products[i, j] += value * wide[j]
    return products


@entry
def make_orthonormal(matrix: Array, products: Array) -> None:
    """Columns of length 1, each at a right angle to the others, that span the same.

    By Cholesky's factor of `products`, the matrix's own `gram`; columns that depend on those
    before them become zero. Twice makes good what rounding leaves the first time (Yamamoto and
    others, 2015).
    """
    rows, size = matrix.shape
    factor = np.zeros((size, size))
    for i in range(size):
        for j in range(i + 1):
            rest = products[i, j]
            for k in range(j):
                rest -= factor[i, k] * factor[j, k]
            if i == j:
                is_new = rest > 1e-12 * products[i, i]
                factor[i, i] = math.sqrt(rest) if is_new else 0.0
            elif factor[j, j] > 0:
                factor[i, j] = rest / factor[j, j]
    line = np.zeros(size)
    for row in range(rows):
        for i in range(size):
            rest = float(matrix[row, i])
            for k in range(i):
                rest -= factor[i, k] * line[k]
            line[i] = rest / factor[i, i] if factor[i, i] > 0 else 0.0
        for i in range(size):
            matrix[row, i] = line[i]


@entry
def eigen(symmetric: Array, vectors: Array) -> None:
    """Eigenvalues and vectors by Jacobi's rotations: those end on the diagonal of `symmetric`.

    Args:
        symmetric: (K, K) float64; overwritten.
        vectors: (K, K) the identity; its columns become the vectors.
    """
    size = len(symmetric)
    for _ in range(_MOST_SWEEPS):
        off, on = 0.0, 0.0
        for i in range(size):
            on += symmetric[i, i] * symmetric[i, i]
            for j in range(i):
                off += symmetric[i, j] * symmetric[i, j]
        if off <= 1e-26 * on:
            return
        for p in range(size - 1):
            for q in range(p + 1, size):
                if symmetric[p, q] != 0:
                    _rotate(symmetric, vectors, p, q)


@kernel
def _rotate(symmetric: Array, vectors: Array, p: int, q: int) -> None:
    theta = (symmetric[q, q] - symmetric[p, p]) / (2 * symmetric[p, q])
    tangent = 1 / (abs(theta) + math.sqrt(theta * theta + 1))
    if theta < 0:
        tangent = -tangent
    cosine = 1 / math.sqrt(tangent * tangent + 1)
    sine = tangent * cosine
    for k in range(len(symmetric)):
        one, other = symmetric[k, p], symmetric[k, q]
        symmetric[k, p], symmetric[k, q] = cosine * one - sine * other, sine * one + cosine * other
    for k in range(len(symmetric)):
        one, other = symmetric[p, k], symmetric[q, k]
        symmetric[p, k], symmetric[q, k] = cosine * one - sine * other, sine * one + cosine * other
        one, other = vectors[k, p], vectors[k, q]
        vectors[k, p], vectors[k, q] = cosine * one - sine * other, sine * one + cosine * other
