"""What the benchmarks compute on: real reviews where they are, else made-up ones."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary, Dataset
from imdb_core.data.encoded import EncodedSplit, encode_split
from imdb_core.settings import Settings

PROJECT = Path(__file__).parents[2]


def prepared_library(home: Path) -> tuple[DataLibrary, str]:
    """A library in `home` with one prepared source, and that source's name."""
    folder = Path(os.environ.get("IMDB_TEST_DATA") or PROJECT.parent / "shared" / "imdb")
    archive = folder / "aclImdb_v1.tar.gz"
    settings = Settings(home=home, aclimdb=None, keras_home=home / "keras")
    library = DataLibrary(settings)
    if archive.exists():
        library.prepare("aclimdb", path=archive)
        return library, "aclimdb"
    library.prepare("sample")
    return library, "sample"


def splits(dataset: Dataset, config: TrainConfig) -> tuple[EncodedSplit, EncodedSplit]:
    """Training and validation rows as `config` encodes them."""
    return encode_split(dataset, "train", config), encode_split(dataset, "validation", config)


def save_for_peers(path: Path, train: EncodedSplit, validation: EncodedSplit) -> None:
    """Write the arrays that the peer programs read."""
    np.savez(
        path,
        train_ids=train.ids,
        train_labels=train.labels,
        validation_ids=validation.ids,
        validation_labels=validation.labels,
    )
