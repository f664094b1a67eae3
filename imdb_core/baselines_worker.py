"""`python -m imdb_core.baselines_worker FOLDER FRACTION FINGERPRINT`: fit the baselines, then end.

Only `baselines` starts it, and holds its standard input open as long as it lives. On
standard output stands one JSON object: a `Baselines`, or `error` (the name of an error
class) and `message`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imdb_core.baselines import Baseline, Baselines
from imdb_core.data import prepared
from imdb_core.data.reviews import Reviews
from imdb_core.data.split import validation_split
from imdb_core.errors import DataError
from imdb_core.process import work

FEWEST_REVIEWS: Final = 3  # a word or pair that fewer training reviews have is left out
# Inverse strength of the penalty. Of 3, 10 and 30 on IMDB, 10 gave words their lowest loss
# (0.256); pairs would gain a little from 30 (0.225 for 0.238).
INVERSE_STRENGTH: Final = 10.0

Matrix = Any  # scipy's sparse matrices have no types of their own
Labels = NDArray[np.uint8]


def main(folder: Path, fraction: float, fingerprint: str) -> int:
    """Compute, say the outcome on standard output, and return the exit code."""
    return work(lambda: measure(folder, fraction, fingerprint).model_dump_json(), yields=True)


def measure(folder: Path, fraction: float, fingerprint: str) -> Baselines:
    """Fit every judge on the training rows of a prepared folder and measure it on the others.

    Raises:
        DataNotPreparedError, SourceDamagedError: as `prepared.load`.
        DataError: the folder holds other data than those of `fingerprint`.
    """
    dataset = prepared.load(folder)
    if dataset.fingerprint != fingerprint:
        raise DataError(f"{folder} holds other reviews than before. Open the page again.")
    train, validation = validation_split(len(dataset.train), fraction)
    words = _words(dataset.train)
    pairs = _pairs(dataset.train, train)
    labels = np.asarray(dataset.train.labels)
    return Baselines(
        fingerprint=fingerprint,
        validation_fraction=fraction,
        train_reviews=len(train),
        validation_reviews=len(validation),
        majority=_majority(labels[train], labels[validation]),
        bag_of_words=_regression([words], labels, train, validation),
        word_pairs=_regression([words, pairs], labels, train, validation),
    )


def _majority(train: Labels, validation: Labels) -> Baseline:
    share = float(train.mean())
    return _measured(np.full(len(validation), share), validation)


def _regression(
    parts: list[Matrix],
    labels: Labels,
    train: NDArray[np.int64],
    validation: NDArray[np.int64],
) -> Baseline:
    """TF-IDF and logistic regression on the columns of all `parts`."""
    from scipy.sparse import hstack  # type: ignore[import-untyped]
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.linear_model import LogisticRegression

    counts = hstack(parts, format="csr")
    learnt_from = counts[train]
    columns = np.flatnonzero(learnt_from.getnnz(axis=0) >= FEWEST_REVIEWS)
    weights = TfidfTransformer(sublinear_tf=True)
    features = weights.fit_transform(learnt_from[:, columns])
    judge = LogisticRegression(C=INVERSE_STRENGTH, max_iter=200).fit(features, labels[train])
    judged = judge.predict_proba(weights.transform(counts[validation][:, columns]))[:, 1]
    return _measured(judged, labels[validation])


def _measured(probabilities: NDArray[np.float64], labels: Labels) -> Baseline:
    positive = labels > 0
    given = np.where(positive, probabilities, 1 - probabilities)
    return Baseline(
        loss=float(-np.log(given.clip(1e-12)).mean()),
        accuracy=float(((probabilities > 0.5) == positive).mean()),
    )


def _words(reviews: Reviews) -> Matrix:
    """How often each rank stands in each review, (N, ranks)."""
    ranks = np.asarray(reviews.ranks)
    return word_counts(rows_of_words(reviews), ranks, (len(reviews), int(ranks.max()) + 1))


def _pairs(reviews: Reviews, train: NDArray[np.int64]) -> Matrix:
    """The same for pairs of neighbours, those that are frequent enough in training."""
    rows, ranks = rows_of_words(reviews), np.asarray(reviews.ranks).astype(np.int64)
    is_inside = rows[1:] == rows[:-1]
    rows = rows[1:][is_inside]
    pairs = (ranks[:-1] * (ranks.max() + 1) + ranks[1:])[is_inside]
    is_learnt_from = np.zeros(len(reviews), dtype=bool)
    is_learnt_from[train] = True
    known, times = np.unique(pairs[is_learnt_from[rows]], return_counts=True)
    known = known[times >= FEWEST_REVIEWS]
    is_known = np.isin(pairs, known)
    columns = np.searchsorted(known, pairs[is_known])
    return word_counts(rows[is_known], columns, (len(reviews), len(known)))


def rows_of_words(reviews: Reviews) -> NDArray[np.int64]:
    """The review that each word stands in, (words,)."""
    return np.repeat(np.arange(len(reviews)), reviews.lengths)


def word_counts(rows: NDArray[np.int64], columns: NDArray[Any], shape: tuple[int, int]) -> Matrix:
    """How often each pair of `rows` and `columns` occurs, as a sparse matrix of `shape`."""
    from scipy.sparse import csr_matrix

    ones = np.ones(len(rows), dtype=np.float32)
    return csr_matrix((ones, (rows, columns)), shape=shape)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3]))
