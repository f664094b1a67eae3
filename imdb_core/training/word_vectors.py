"""Word vectors from the company that words keep in the training reviews.

A network that starts from them knows from the first batch that "dull" is like "boring", and
so has more to say about the words that it meets too seldom to learn. The same reviews give the
same vectors, bit for bit, on every processor.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imdb_core.errors import PreparationCancelledError
from imdb_core.training import word_company as kernels

WINDOW: Final = 5
"""Words up to so many places apart keep each other company."""

_FIRST_WORD: Final = 3  # below are padding, the start of a review, and unknown words
_OVERSAMPLES: Final = 8
_ITERATIONS: Final = 2
_PARTS: Final = 32  # of rows; more than any laptop's cores, so that none waits long for another
_ENTRIES_A_PLACE: Final = 2


@dataclass(frozen=True, kw_only=True)
class Associations:
    """Positive pointwise mutual information of each two words, as sparse rows.

    How much more often they stand near each other than their frequencies would have it, as a
    logarithm, and 0 for less often (Levy and Goldberg, 2014). Contexts are taken for as frequent
    as their 3/4th power (Levy, Goldberg and Dagan, 2015), so it is not symmetric; but where
    either of two words has the other for company, the other has it as well.

    Attributes:
        starts: (V + 1) where each row begins.
        columns: of each entry.
        values: of each entry.
        transposed: the value with word and context exchanged.
    """

    starts: NDArray[np.int64]
    columns: NDArray[np.int32]
    values: NDArray[np.float32]
    transposed: NDArray[np.float32]


def typical_seconds(size: int, max_length: int) -> float:
    """How long `find_word_vectors` takes for IMDB's 20,000 reviews on two cores of 2026."""
    return 0.15 + 0.008 * size + 0.0004 * max_length


def find_word_vectors(
    ids: NDArray[np.int32],
    vocab_size: int,
    size: int,
    *,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> NDArray[np.float32]:
    """(vocab_size, size) word vectors. Blocks for a second; other threads go on meanwhile.

    Args:
        ids: (N, T) the training reviews as `encode` gives them.
        vocab_size, size: V and E of the network.
        is_cancelled: asked every tenth of a second or so.

    Raises:
        PreparationCancelledError: cancelled.
    """
    with _Workers(vocab_size, is_cancelled) as workers:
        return factor(associations(ids, vocab_size, workers), size, workers)


class _Workers:
    """Threads that share the rows of a matrix among them."""

    def __init__(self, rows: int, is_cancelled: Callable[[], bool] = lambda: False) -> None:
        self._rows = rows
        self._is_cancelled = is_cancelled
        self._pool = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="word-vectors")

    def __enter__(self) -> _Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def share(self, work: Callable[[int, int], Any]) -> list[Any]:
        """`work(first, last)` for parts of the rows; the results in the rows' order."""
        bounds = np.linspace(0, self._rows, min(_PARTS, self._rows) + 1).astype(int).tolist()
        return list(self._pool.map(lambda part: self._checked(work, *part), pairwise(bounds)))

    def _checked(self, work: Callable[[int, int], Any], first: int, last: int) -> Any:  # noqa: ANN401
        if self._is_cancelled():
            raise PreparationCancelledError("The preparation was cancelled; nothing of it is kept.")
        return work(first, last)


def associations(
    ids: NDArray[np.int32], vocab_size: int, workers: _Workers | None = None
) -> Associations:
    """Which words keep each other company in the reviews `ids` (N, T), and how closely."""
    workers = workers or _Workers(vocab_size)
    length = ids.shape[1]
    flat = np.ascontiguousarray(ids).reshape(-1)
    starts, places = np.zeros(vocab_size + 1, np.int64), np.empty(len(flat), np.int32)
    kernels.occurrences(flat, _FIRST_WORD, starts, places)
    pairs = np.zeros(vocab_size + 1, np.int64)

    def count(first: int, last: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        room = min(
            _ENTRIES_A_PLACE * int(starts[last] - starts[first]), (last - first) * vocab_size
        )
        while True:
            columns, counts = np.empty(room, np.int32), np.empty(room, np.int32)
            used = kernels.count_company(
                flat,
                length,
                WINDOW,
                _FIRST_WORD,
                starts,
                places,
                first,
                last,
                pairs,
                columns,
                counts,
            )
            if used <= room:
                return columns[:used].copy(), counts[:used].copy()
            room = used

    parts_of_columns, parts_of_counts = zip(*workers.share(count), strict=True)
    columns = np.concatenate(parts_of_columns)
    del parts_of_columns  # millions of numbers, as are the counts
    counts = np.concatenate(parts_of_counts)
    del parts_of_counts
    rows = np.cumsum(pairs)
    words, has_company = np.zeros(vocab_size), pairs[1:] > 0
    words[has_company] = np.add.reduceat(counts, rows[:-1][has_company], dtype=np.float64)
    contexts = np.sqrt(words) * np.sqrt(np.sqrt(words))
    contexts /= max(_sum(contexts), 1.0)
    # The values take the place of the counts that they are made of.
    values, transposed = counts.view(np.float32), np.empty(len(counts), np.float32)
    workers.share(
        lambda first, last: kernels.information(
            rows, columns, counts, first, last, words, contexts, values, transposed
        )
    )
    return Associations(starts=rows, columns=columns, values=values, transposed=transposed)


def factor(found: Associations, size: int, workers: _Workers | None = None) -> NDArray[np.float32]:
    """(V, size): the left singular vectors, each times the root of its singular value.

    By random projections (Halko, Martinsson and Tropp, 2011) from a start of their own. Of each
    vector and its opposite, which are as good, the one is taken whose largest number is positive.
    """
    rows = len(found.starts) - 1
    workers = workers or _Workers(rows)
    rank = min(size, rows)
    basis = _start(rows, min(rank + _OVERSAMPLES, rows))

    def times(values: NDArray[np.float32], given: NDArray[np.float32]) -> NDArray[np.float32]:
        product = np.zeros_like(given)
        workers.share(
            lambda first, last: kernels.multiply(
                found.starts, found.columns, values, first, last, given, product
            )
        )
        return product

    basis = _orthonormal(times(found.values, basis))
    for _ in range(_ITERATIONS):
        basis = _orthonormal(times(found.values, _orthonormal(times(found.transposed, basis))))
    squares = kernels.gram(times(found.transposed, basis))
    turns = np.eye(len(squares))
    kernels.eigen(squares, turns)
    squared = np.diagonal(squares)
    order = np.argsort(-squared, kind="stable")[:rank]
    scaled = np.zeros((rows, size), np.float32)
    scaled[:, :rank] = _turned(
        basis, turns[:, order] * np.sqrt(np.sqrt(np.maximum(squared[order], 0)))
    )
    return scaled


def _orthonormal(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    for _ in range(2):
        kernels.make_orthonormal(matrix, kernels.gram(matrix))
    return matrix


def _turned(basis: NDArray[np.float32], turns: NDArray[np.float64]) -> NDArray[np.float64]:
    """`basis` times `turns`, summed in order; each column with its largest number positive."""
    product = np.zeros((len(basis), turns.shape[1]))
    for k in range(basis.shape[1]):
        product += basis[:, k, None].astype(np.float64) * turns[k]
    largest = np.abs(product).argmax(axis=0)
    return product * np.where(product[largest, range(product.shape[1])] < 0, -1.0, 1.0)


def _start(rows: int, columns: int) -> NDArray[np.float32]:
    """Numbers between -1 and 1 that look random (Vigna's splitmix64, 2015)."""
    state = np.arange(1, rows * columns + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    state ^= state >> np.uint64(31)
    numbers = (state >> np.uint64(40)).astype(np.float32) * np.float32(2**-23) - np.float32(1)
    return np.ascontiguousarray(numbers.reshape(rows, columns))


def _sum(numbers: NDArray[np.float64]) -> float:
    """In the order of the numbers: NumPy's own order may differ between processors."""
    return math.fsum(numbers.tolist())
