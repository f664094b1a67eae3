"""`python -m imdb_core.training.word_vectors_worker IDS VECTORS VOCAB_SIZE SIZE`.

IDS is an `.npy` of encoded reviews; VECTORS is written as one. Only `word_vectors` starts it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imdb_core.data.prepared import write_array
from imdb_core.process import work

WINDOW: Final = 5
"""Words up to so many places apart keep each other company."""

_FIRST_WORD: Final = 3  # below are padding, the start of a review, and unknown words
# Contexts are taken for as frequent as their 3/4th power, and singular values by their square
# root: what Levy, Goldberg and Dagan (2015) found to serve best.
_SMOOTHING: Final = 0.75
_ITERATIONS: Final = 3

Matrix = Any  # scipy's sparse matrices have no types of their own


def main(given: Path, made: Path, vocab_size: int, size: int) -> int:
    """Write the vectors and return the exit code."""

    def write() -> str:
        write_array(made, factor(associations(np.load(given), vocab_size), size))
        return "{}"

    return work(write)


def associations(ids: NDArray[np.int32], vocab_size: int) -> Matrix:
    """Positive pointwise mutual information of each two words, (V, V) sparse.

    How much more often they stand near each other than their frequencies would have it, as a
    logarithm, and 0 for less often (Levy and Goldberg, 2014).
    """
    from scipy.sparse import coo_matrix, csr_matrix  # type: ignore[import-untyped]

    counts = csr_matrix((vocab_size, vocab_size), dtype=np.float32)
    for distance in range(1, WINDOW + 1):
        left, right = ids[:, :-distance], ids[:, distance:]
        are_words = (left >= _FIRST_WORD) & (right >= _FIRST_WORD)
        pairs = left[are_words], right[are_words]
        ones = np.ones(len(pairs[0]), np.float32)
        counts = counts + coo_matrix((ones, pairs), shape=counts.shape).tocsr()
    counts = (counts + counts.T).tocoo()
    words = np.asarray(counts.sum(axis=1)).ravel()
    contexts = words**_SMOOTHING
    contexts /= max(contexts.sum(), 1)
    information = np.log(counts.data / (words[counts.row] * contexts[counts.col]))
    values = np.maximum(information, 0).astype(np.float32)
    positive = csr_matrix((values, (counts.row, counts.col)), shape=counts.shape)
    positive.eliminate_zeros()
    return positive


def factor(matrix: Matrix, size: int) -> NDArray[np.float32]:
    """(V, size): the left singular vectors, each times the root of its singular value.

    By random projections (Halko, Martinsson and Tropp, 2011) with a seed of their own.
    """
    from sklearn.utils.extmath import randomized_svd

    rank = min(size, matrix.shape[0])
    vectors, values, _ = randomized_svd(matrix, rank, n_iter=_ITERATIONS, random_state=0)
    scaled = np.zeros((matrix.shape[0], size), np.float32)
    scaled[:, :rank] = vectors * np.sqrt(values)
    return scaled


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
