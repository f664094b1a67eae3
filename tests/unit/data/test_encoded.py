from pathlib import Path

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary, Dataset, encode
from imdb_core.data.encoded import SplitName, encode_split
from tests.conftest import settings_in


@pytest.fixture(scope="module")
def dataset(sample_home: Path) -> Dataset:
    return DataLibrary(settings_in(sample_home)).load("sample")


def test_splits_are_the_rows_that_the_notebook_takes(dataset: Dataset) -> None:
    config = TrainConfig()
    ids = encode(dataset.train, config.vocab_size, config.max_length)
    train_ids, validation_ids, train_labels, validation_labels = train_test_split(
        ids, dataset.train.labels, test_size=0.2, random_state=42
    )

    train = encode_split(dataset, "train", config)
    validation = encode_split(dataset, "validation", config)

    assert np.array_equal(train.ids, train_ids)
    assert np.array_equal(train.labels, train_labels)
    assert np.array_equal(validation.ids, validation_ids)
    assert np.array_equal(validation.labels, validation_labels)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_the_same_encoding_is_done_once_and_another_one_anew(
    dataset: Dataset, split: SplitName
) -> None:
    first = encode_split(dataset, split, TrainConfig())

    assert encode_split(dataset, split, TrainConfig(hidden_size=16)).ids is first.ids
    other = encode_split(dataset, split, TrainConfig(validation_fraction=0.3))
    assert (len(other) == len(first)) == (split == "test")
    assert encode_split(dataset, "test", TrainConfig(max_length=50)).ids.shape == (1000, 50)
