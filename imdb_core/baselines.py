"""What a run's validation figures are to be held against, from far simpler judges.

The bags of words are fitted by `baselines_worker` in a process of its own that ends:
importing scikit-learn costs seconds and 150 MB and would stay in a server for good.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from imdb_core.config import TrainConfig
from imdb_core.data.reviews import Dataset
from imdb_core.errors import StorageError
from imdb_core.files import write_atomically
from imdb_core.process import output_of, python

WORKER: Final = python("imdb_core.baselines_worker")

_FOLDER = "baselines"


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
    try:
        content = _file(dataset, config, data_folder).read_bytes()
        found = Baselines.model_validate_json(content)
    except (OSError, ValidationError):
        return None
    is_same = found.fingerprint == dataset.fingerprint
    return found if is_same and found.validation_fraction == config.validation_fraction else None


def compute(
    dataset: Dataset,
    config: TrainConfig,
    data_folder: Path,
    *,
    is_cancelled: Callable[[], bool] = lambda: False,
    worker: Sequence[str] = WORKER,
) -> Baselines:
    """Fit and measure, or give what is `cached`. Blocks for seconds: call it in the background.

    The result is kept in the prepared source's own folder and goes with it.

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
    found = Baselines.model_validate_json(
        output_of([*worker, *arguments], "The baselines", is_cancelled=is_cancelled)
    )
    file = _file(dataset, config, data_folder)
    try:
        file.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise StorageError.from_os_error(error, file.parent) from error
    write_atomically(file, found.model_dump_json(indent=2).encode() + b"\n")
    return found


def _file(dataset: Dataset, config: TrainConfig, data_folder: Path) -> Path:
    return data_folder / dataset.source / _FOLDER / f"{config.validation_fraction!r}.json"
