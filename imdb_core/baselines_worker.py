"""`python -m imdb_core.baselines_worker FOLDER FRACTION FINGERPRINT`: fit the baselines, then end.

Only `baselines` starts it, and holds its standard input open as long as it lives. On
standard output stands one JSON object: a `Baselines`, or `error` (the name of an error
class) and `message`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imdb_core.baselines import Baseline, Baselines, cached_in, keep
from imdb_core.baselines_fit import fit, pairs_of, words_of
from imdb_core.data import Dataset
from imdb_core.data.split import validation_split
from imdb_core.evaluation.baseline_worker import alone_with_baselines, load, rows_at
from imdb_core.evaluation.metrics import Metrics
from imdb_core.process import work


def main(folder: Path, fraction: float, fingerprint: str) -> int:
    """Compute, say the outcome on standard output, and return the exit code."""
    return work(lambda: find(folder, fraction, fingerprint).model_dump_json(), yields=True)


def find(folder: Path, fraction: float, fingerprint: str) -> Baselines:
    """What another process has found by now, or `measure`, kept in the folder.

    Raises:
        DataNotPreparedError, SourceDamagedError, DataError, StorageError: as `measure`.
    """
    with alone_with_baselines(folder):
        found = cached_in(folder, fingerprint, fraction)
        if found is None:
            found = measure(folder, fraction, fingerprint)
            keep(folder, found)
    return found


def measure(folder: Path, fraction: float, fingerprint: str) -> Baselines:
    """Fit every judge on the training rows of a prepared folder and measure it on the others.

    The bag of words and the majority judge every review once for this and for the Evaluate page.

    Raises:
        DataNotPreparedError, SourceDamagedError: as `prepared.load`.
        DataError: the folder holds other data than those of `fingerprint`.
        StorageError: the folder cannot be written.
    """
    dataset = load(folder, fingerprint)
    known = rows_at(folder, dataset, fraction)
    train, validation = validation_split(len(dataset.train), fraction)
    return Baselines(
        fingerprint=fingerprint,
        validation_fraction=fraction,
        train_reviews=len(train),
        validation_reviews=len(validation),
        majority=_figures(known.majority_metrics["validation"]),
        bag_of_words=_figures(known.bag_of_words_metrics["validation"]),
        word_pairs=_word_pairs(dataset, train, validation),
    )


def _figures(metrics: Metrics) -> Baseline:
    return Baseline(loss=metrics.log_loss, accuracy=metrics.accuracy)


def _word_pairs(
    dataset: Dataset, train: NDArray[np.int64], validation: NDArray[np.int64]
) -> Baseline:
    from scipy.sparse import hstack  # type: ignore[import-untyped]

    labels = np.asarray(dataset.train.labels)
    parts = [words_of(dataset.train, len(dataset.vocabulary)), pairs_of(dataset.train, train)]
    counts = hstack(parts, format="csr")
    probabilities, positive = fit(counts, labels, train)(counts[validation]), labels[validation] > 0
    given = np.where(positive, probabilities, 1 - probabilities)
    return Baseline(
        loss=float(-np.log(given.clip(1e-12)).mean()),
        accuracy=float(((probabilities > 0.5) == positive).mean()),
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3]))
