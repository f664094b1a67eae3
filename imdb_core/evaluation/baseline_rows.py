"""What the majority and a bag of words make of each review that a run is evaluated on.

They are those of `imdb_core.baselines`, which has their validation figures only, taken from
here; here are both splits, review by review, so that a run can be held against them on any part.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from imdb_core.data import Dataset
from imdb_core.data.prepared import BASELINES
from imdb_core.evaluation.evaluation import Evaluation
from imdb_core.evaluation.metrics import Metrics
from imdb_core.files import make_folder
from imdb_core.process import output_of, python
from imdb_core.tensors import read_tensors, write_tensors

WORKER: Final = python("imdb_core.evaluation.baseline_worker")
SPLITS: Final = ("validation", "test")

_FORMAT: Final = 1
_WHAT: Final = "The baselines"

Judge = Literal["bag_of_words", "majority"]


@dataclass(frozen=True, kw_only=True)
class BaselineRows:
    """Two judges that learnt from the training reviews; each mapping is from split to value.

    Attributes:
        fingerprint: of the data set.
        validation_fraction: with it, all that decides the split.
        train_reviews: learnt from.
        majority_share: share of positives in them: the majority's P for every review.
        bag_of_words: P(positive) of each row of a split, in the notebook's order, float32.
        bag_of_words_metrics: scikit-learn's figures.
        majority_metrics: likewise.
    """

    fingerprint: str
    validation_fraction: float
    train_reviews: int
    majority_share: float
    bag_of_words: dict[str, NDArray[np.float32]]
    bag_of_words_metrics: dict[str, Metrics]
    majority_metrics: dict[str, Metrics]

    def is_right(self, evaluation: Evaluation) -> NDArray[np.bool_]:
        """Which reviews of the evaluation the bag of words judges right, in its order."""
        called = self.bag_of_words[evaluation.split] > 0.5
        is_right: NDArray[np.bool_] = called == (evaluation.labels > 0)
        return is_right


def stored(
    source: str, fingerprint: str, validation_fraction: float, data_folder: Path
) -> BaselineRows | None:
    """What `compute` found before; None if it did not, or the data have changed since.

    Args:
        source: the prepared set's name.
        fingerprint: of the data set.
        validation_fraction: of the run.
        data_folder: holds one folder a prepared source (`Settings.data_folder`).
    """
    return stored_in(data_folder / source, fingerprint, validation_fraction)


def stored_in(folder: Path, fingerprint: str, validation_fraction: float) -> BaselineRows | None:
    """`stored`, by the prepared source's own folder."""
    try:
        found = _read(_file(folder, validation_fraction))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if found.fingerprint == fingerprint else None


def keep(folder: Path, rows: BaselineRows) -> None:
    """Put `rows` into a prepared source's own folder.

    Raises:
        StorageError: the disk is full or the folder cannot be written.
    """
    file = _file(folder, rows.validation_fraction)
    make_folder(file.parent)
    write_tensors(file, rows.bag_of_words, {"baselines": json.dumps(_facts(rows))})


def compute(
    dataset: Dataset,
    validation_fraction: float,
    data_folder: Path,
    *,
    is_cancelled: Callable[[], bool] = lambda: False,
    worker: Sequence[str] = WORKER,
) -> BaselineRows:
    """Fit and judge, or give what is `stored`. Blocks for seconds: call it in the background.

    The result is kept in the prepared source's own folder and goes with it.

    Args:
        dataset: as `DataLibrary.load` gives it.
        validation_fraction, data_folder: as for `stored`.
        is_cancelled: asked several times a second.
        worker: the command, to which folder, share and fingerprint are added.

    Raises:
        DataNotPreparedError, SourceDamagedError: the prepared folder is gone, or damaged.
        DataError: the process that computes was killed, or failed, or met other data.
        PreparationCancelledError: cancelled; nothing is kept.
        StorageError: the disk is full or the folder cannot be written.
    """
    known = stored(dataset.source, dataset.fingerprint, validation_fraction, data_folder)
    if known is not None:
        return known
    folder = data_folder / dataset.source
    arguments = [str(folder), repr(validation_fraction), dataset.fingerprint]
    output_of([*worker, *arguments], _WHAT, is_cancelled=is_cancelled)
    return _read(_file(folder, validation_fraction))


def _facts(rows: BaselineRows) -> dict[str, object]:
    """What stands in the file's header; the arrays by split are its content."""
    return {
        "format": _FORMAT,
        "fingerprint": rows.fingerprint,
        "validation_fraction": rows.validation_fraction,
        "train_reviews": rows.train_reviews,
        "majority_share": rows.majority_share,
        "bag_of_words_metrics": _dumped(rows.bag_of_words_metrics),
        "majority_metrics": _dumped(rows.majority_metrics),
    }


def _dumped(metrics: dict[str, Metrics]) -> dict[str, object]:
    return {split: each.model_dump() for split, each in metrics.items()}


def _file(folder: Path, validation_fraction: float) -> Path:
    return folder / BASELINES / f"{validation_fraction!r}.rows.safetensors"


def _read(path: Path) -> BaselineRows:
    bag_of_words, metadata = read_tensors(path.read_bytes())
    facts = json.loads(metadata["baselines"])
    if facts.pop("format") != _FORMAT:
        raise ValueError("another format")
    for name in ("bag_of_words_metrics", "majority_metrics"):
        facts[name] = {split: Metrics.model_validate(facts[name][split]) for split in SPLITS}
    for split, probabilities in bag_of_words.items():
        if probabilities.shape != (facts["bag_of_words_metrics"][split].reviews,):
            raise ValueError(f"{split} is {probabilities.shape}")
    return BaselineRows(bag_of_words=bag_of_words, **facts)
