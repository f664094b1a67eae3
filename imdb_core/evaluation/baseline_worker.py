"""`python -m imdb_core.evaluation.baseline_worker FOLDER FRACTION FINGERPRINT`.

Fits the bag of words on the training rows of a prepared folder, has it and the majority judge
the validation and the test rows, keeps that in the folder as `baseline_rows` reads it, and ends.
Only `baseline_rows` starts it. On standard output stands one JSON object: empty, or `error` (the
name of an error class) and `message`.
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np

from imdb_core.baselines_fit import fit, words_of
from imdb_core.data import Dataset, prepared, validation_split
from imdb_core.data.lock import alone_with
from imdb_core.data.prepared import BASELINES
from imdb_core.data.progress import Watch
from imdb_core.errors import DataError, DataNotPreparedError
from imdb_core.evaluation.baseline_rows import BaselineRows, keep, stored_in
from imdb_core.evaluation.metrics import measure
from imdb_core.files import is_there, make_folder
from imdb_core.process import work


def main(folder: Path, fraction: float, fingerprint: str) -> int:
    """Have the rows judged and kept, and return the exit code."""

    def write() -> str:
        with alone_with_baselines(folder):
            rows_at(folder, load(folder, fingerprint), fraction)
        return "{}"

    return work(write, yields=True)


def alone_with_baselines(folder: Path) -> AbstractContextManager[None]:
    """Wait until no other process works out baselines of this prepared folder.

    Raises:
        DataNotPreparedError: it is gone.
        StorageError: it cannot be written.
    """
    if not is_there(folder):
        raise DataNotPreparedError(f"{folder} is not prepared.")
    make_folder(folder / BASELINES)
    # Within it, so that it goes with the reviews.
    return alone_with(folder / BASELINES / ".lock", "The baselines are being worked out", Watch())


def load(folder: Path, fingerprint: str) -> Dataset:
    """The prepared reviews.

    Raises:
        DataNotPreparedError, SourceDamagedError: as `prepared.load`.
        DataError: the folder holds other data than those of `fingerprint`.
    """
    dataset = prepared.load(folder)
    if dataset.fingerprint != fingerprint:
        raise DataError(f"{folder} holds other reviews than before. Open the page again.")
    return dataset


def rows_at(folder: Path, dataset: Dataset, fraction: float) -> BaselineRows:
    """What both baselines make of the reviews; worked out and kept where it is not known yet.

    Raises:
        StorageError: the folder cannot be written.
    """
    known = stored_in(folder, dataset.fingerprint, fraction)
    if known is not None:
        return known
    found = judge(dataset, fraction)
    keep(folder, found)
    return found


def judge(dataset: Dataset, fraction: float) -> BaselineRows:
    """Both baselines' judgements of both splits."""
    train, validation = validation_split(len(dataset.train), fraction)
    labels = np.asarray(dataset.train.labels)
    share = float(labels[train].mean())
    counts = words_of(dataset.train, len(dataset.vocabulary))
    bag_of_words = fit(counts, labels, train)
    rows = {
        "validation": counts[validation],
        "test": words_of(dataset.test, len(dataset.vocabulary)),
    }
    bag = {split: bag_of_words(rows[split]).astype(np.float32) for split in rows}
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


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3]))
