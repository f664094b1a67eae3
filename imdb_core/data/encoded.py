"""The rows that training, validation and testing see, as padded ids."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from imdb_core.config import TrainConfig
from imdb_core.data.encoding import encode
from imdb_core.data.reviews import Dataset
from imdb_core.data.split import validation_split

SplitName = Literal["train", "validation", "test"]


@dataclass(frozen=True, kw_only=True)
class EncodedSplit:
    """Reviews as a network reads them.

    Attributes:
        ids: padded token ids, (N, max_length) int32.
        labels: 1.0 for positive, (N,) float32.
        rows: each review's place in the data set's own train or test part, (N,) int64.
    """

    ids: NDArray[np.int32]
    labels: NDArray[np.float32]
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)


_KEPT = 2  # a training's own two splits
_lock = threading.Lock()
_recent: OrderedDict[tuple[object, ...], NDArray[np.int32]] = OrderedDict()


def encode_split(dataset: Dataset, split: SplitName, config: TrainConfig) -> EncodedSplit:
    """The rows of one split in the notebook's order, encoded for `config`.

    Training and validation rows are parts of the data set's train part; the test split
    is its test part, whole. What trainings that follow each other have in common is
    encoded once.
    """
    if split == "test":
        reviews, rows = dataset.test, np.arange(len(dataset.test))
    else:
        reviews = dataset.train
        train_rows, validation_rows = validation_split(len(reviews), config.validation_fraction)
        rows = train_rows if split == "train" else validation_rows
    size = config.vocab_size, config.max_length
    key = dataset.fingerprint, split, split != "test" and config.validation_fraction, *size
    with _lock:
        if key not in _recent:
            while len(_recent) >= _KEPT:
                _recent.popitem(last=False)
            _recent[key] = encode(reviews, *size, rows)
        _recent.move_to_end(key)
        ids = _recent[key]
    return EncodedSplit(ids=ids, labels=reviews.labels[rows].astype(np.float32), rows=rows)
