"""`python -m imdb_core.evaluation.baseline_worker FOLDER FRACTION FINGERPRINT FILE`.

Fits the bag of words on the training rows of a prepared folder, has it and the majority judge
the validation and the test rows, writes FILE as `baseline_rows` reads it, and ends. Only
`baseline_rows` starts it. On standard output stands one JSON object: empty, or `error` (the
name of an error class) and `message`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imdb_core.baselines_worker import (
    FEWEST_REVIEWS,
    INVERSE_STRENGTH,
    Matrix,
    rows_of_words,
    word_counts,
)
from imdb_core.data import Dataset, Reviews, prepared, validation_split
from imdb_core.errors import DataError
from imdb_core.evaluation.baseline_rows import BaselineRows, as_bytes
from imdb_core.evaluation.metrics import measure
from imdb_core.process import work

Probabilities = NDArray[np.float32]


def main(folder: Path, fraction: float, fingerprint: str, file: Path) -> int:
    """Write the file and return the exit code."""

    def write() -> str:
        dataset = prepared.load(folder)
        if dataset.fingerprint != fingerprint:
            raise DataError(f"{folder} holds other reviews than before. Open the page again.")
        file.write_bytes(as_bytes(judge(dataset, fraction)))
        return "{}"

    return work(write, yields=True)


def judge(dataset: Dataset, fraction: float) -> BaselineRows:
    """Both baselines' judgements of both splits."""
    train, validation = validation_split(len(dataset.train), fraction)
    labels = np.asarray(dataset.train.labels)
    share = float(labels[train].mean())
    bag = _bag_of_words(dataset, train, validation)
    truth = {"validation": labels[validation], "test": np.asarray(dataset.test.labels)}
    return BaselineRows(
        fingerprint=dataset.fingerprint,
        validation_fraction=fraction,
        train_reviews=len(train),
        majority_share=share,
        bag_of_words=bag,
        bag_of_words_metrics={split: measure(truth[split], bag[split]) for split in truth},
        majority_metrics={
            split: measure(truth[split], np.full(len(truth[split]), share)) for split in truth
        },
    )


def _bag_of_words(
    dataset: Dataset, train: NDArray[np.int64], validation: NDArray[np.int64]
) -> dict[str, Probabilities]:
    """P(positive) by the judge that `baselines` describes, of both splits."""
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.linear_model import LogisticRegression

    counts = _words(dataset.train, len(dataset.vocabulary))
    learnt_from = counts[train]
    columns = np.flatnonzero(learnt_from.getnnz(axis=0) >= FEWEST_REVIEWS)
    weights = TfidfTransformer(sublinear_tf=True)
    features = weights.fit_transform(learnt_from[:, columns])
    regression = LogisticRegression(C=INVERSE_STRENGTH, max_iter=200)
    regression.fit(features, np.asarray(dataset.train.labels)[train])

    def judged(rows: Matrix) -> Probabilities:
        probabilities: Probabilities = regression.predict_proba(
            weights.transform(rows[:, columns])
        )[:, 1].astype(np.float32)
        return probabilities

    test = _words(dataset.test, len(dataset.vocabulary))
    return {"validation": judged(counts[validation]), "test": judged(test)}


def _words(reviews: Reviews, vocabulary: int) -> Matrix:
    """How often each rank stands in each review, (N, vocabulary + 1)."""
    return word_counts(
        rows_of_words(reviews), np.asarray(reviews.ranks), (len(reviews), vocabulary + 1)
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3], Path(sys.argv[4])))
