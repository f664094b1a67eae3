"""TF-IDF and logistic regression: the judge that a bag of words is. For workers only.

Words are counted on the columns of sparse matrices, a row a review.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imdb_core.data.reviews import Reviews

FEWEST_REVIEWS: Final = 3  # a word or pair that fewer training reviews have is left out
# Inverse strength of the penalty. Of 3, 10 and 30 on IMDB, 10 gave words their lowest loss
# (0.256); pairs would gain a little from 30 (0.225 for 0.238).
INVERSE_STRENGTH: Final = 10.0

Matrix = Any  # scipy's sparse matrices have no types of their own
Judge = Callable[[Matrix], NDArray[np.float64]]
"""From counts (N, columns) to P(positive) (N,)."""


def fit(counts: Matrix, labels: NDArray[np.uint8], train: NDArray[np.int64]) -> Judge:
    """A judge that learnt from the rows `train` of `counts`, whose labels are `labels`."""
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.linear_model import LogisticRegression

    learnt_from = counts[train]
    columns = np.flatnonzero(learnt_from.getnnz(axis=0) >= FEWEST_REVIEWS)
    weights = TfidfTransformer(sublinear_tf=True)
    features = weights.fit_transform(learnt_from[:, columns])
    regression = LogisticRegression(C=INVERSE_STRENGTH, max_iter=200).fit(features, labels[train])

    def judge(rows: Matrix) -> NDArray[np.float64]:
        judged: NDArray[np.float64] = regression.predict_proba(weights.transform(rows[:, columns]))[
            :, 1
        ]
        return judged

    return judge


def words_of(reviews: Reviews, vocabulary: int) -> Matrix:
    """How often each rank stands in each review, (N, vocabulary + 1)."""
    return _counts(_rows(reviews), np.asarray(reviews.ranks), (len(reviews), vocabulary + 1))


def pairs_of(reviews: Reviews, train: NDArray[np.int64]) -> Matrix:
    """The same for pairs of neighbours, those that are frequent enough in the rows `train`."""
    rows, ranks = _rows(reviews), np.asarray(reviews.ranks).astype(np.int64)
    is_inside = rows[1:] == rows[:-1]
    rows = rows[1:][is_inside]
    pairs = (ranks[:-1] * (ranks.max() + 1) + ranks[1:])[is_inside]
    is_learnt_from = np.zeros(len(reviews), dtype=bool)
    is_learnt_from[train] = True
    known, times = np.unique(pairs[is_learnt_from[rows]], return_counts=True)
    known = known[times >= FEWEST_REVIEWS]
    is_known = np.isin(pairs, known)
    columns = np.searchsorted(known, pairs[is_known])
    return _counts(rows[is_known], columns, (len(reviews), len(known)))


def _rows(reviews: Reviews) -> NDArray[np.int64]:
    """The review that each word stands in, (words,)."""
    return np.repeat(np.arange(len(reviews)), reviews.lengths)


def _counts(rows: NDArray[np.int64], columns: NDArray[Any], shape: tuple[int, int]) -> Matrix:
    """How often each pair of `rows` and `columns` occurs."""
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

    ones = np.ones(len(rows), dtype=np.float32)
    return csr_matrix((ones, (rows, columns)), shape=shape)
