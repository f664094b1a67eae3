"""What a run's validation figures are to be held against, from far simpler judges.

The bags of words are fitted by `baselines_worker` in a process of its own that ends:
importing scikit-learn costs seconds and 150 MB and would stay in a server for good.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from imdb_core.config import TrainConfig
from imdb_core.data.prepared import BASELINES
from imdb_core.data.reviews import Dataset
from imdb_core.files import make_folder, parse_checked_json, write_json_atomically
from imdb_core.process import output_of, python

WORKER: Final = python("imdb_core.baselines_worker")


class Baseline(BaseModel):
    """One judge on the validation reviews: `loss` a mean over reviews (nats)."""

    model_config = ConfigDict(frozen=True)

    loss: float
    accuracy: float


class Baselines(BaseModel):
    """Three judges that learnt from a run's training reviews, on its validation reviews.

    Attributes:
        fingerprint: of the data set.
        validation_fraction: with it, all that decides the split.
        train_reviews: learnt from.
        validation_reviews: judged.
        majority: always the class that is more frequent in training, with its share as P.
        bag_of_words: logistic regression on the TF-IDF of words, all those that occur in
            three training reviews, whatever vocabulary a run knows.
        word_pairs: the same on words and pairs of neighbours.
    """

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    fingerprint: str
    validation_fraction: float
    train_reviews: int
    validation_reviews: int
    majority: Baseline
    bag_of_words: Baseline
    word_pairs: Baseline


def cached(dataset: Dataset, config: TrainConfig, data_folder: Path) -> Baselines | None:
    """What `compute` found before; None if it did not, or the data have changed since.

    Args:
        dataset: as `DataLibrary.load` gives it.
        config: only its validation share counts.
        data_folder: holds one folder a prepared source (`Settings.data_folder`).
    """
    folder = data_folder / dataset.source
    return cached_in(folder, dataset.fingerprint, config.validation_fraction)


def cached_in(folder: Path, fingerprint: str, validation_fraction: float) -> Baselines | None:
    """`cached`, by the prepared source's own folder."""
    try:
        content = _file(folder, validation_fraction).read_bytes()
        found = Baselines.model_validate(parse_checked_json(content))
    except (OSError, ValueError):
        return None
    is_same = (found.fingerprint, found.validation_fraction) == (fingerprint, validation_fraction)
    return found if is_same else None


def keep(folder: Path, found: Baselines) -> None:
    """Put `found` into a prepared source's own folder.

    Raises:
        StorageError: the disk is full or the folder cannot be written.
    """
    file = _file(folder, found.validation_fraction)
    make_folder(file.parent)
    write_json_atomically(file, found.model_dump())


def compute(
    dataset: Dataset,
    config: TrainConfig,
    data_folder: Path,
    *,
    is_cancelled: Callable[[], bool] = lambda: False,
    worker: Sequence[str] = WORKER,
) -> Baselines:
    """Fit and measure, or give what is `cached`. Blocks for seconds: call it in the background.

    The worker keeps the result in the prepared source's own folder, with which it goes; of two at
    once, one waits for the other and takes what that has found.

    Args:
        dataset, config, data_folder: as for `cached`.
        is_cancelled: asked several times a second.
        worker: the command, to which the folder, the validation share and the fingerprint
            are added.

    Raises:
        DataNotPreparedError, SourceDamagedError: the prepared folder is gone, or damaged.
        DataError: the process that computes was killed, or failed, or met other data.
        PreparationCancelledError: cancelled; nothing is kept.
        StorageError: the disk is full or the folder cannot be written.
    """
    known = cached(dataset, config, data_folder)
    if known is not None:
        return known
    arguments = [
        str(data_folder / dataset.source),
        repr(config.validation_fraction),
        dataset.fingerprint,
    ]
    return Baselines.model_validate_json(
        output_of([*worker, *arguments], "The baselines", is_cancelled=is_cancelled)
    )


def _file(folder: Path, validation_fraction: float) -> Path:
    return folder / BASELINES / f"{validation_fraction!r}.json"
