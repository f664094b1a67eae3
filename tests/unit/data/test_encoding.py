from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imdb_core.data import Dataset, Reviews, encode


def reference(rows: list[list[int]], vocab_size: int, max_length: int) -> list[list[int]]:
    """Keras's rule, word by word."""
    encoded = []
    for row in rows:
        ids = [1] + [rank + 3 if rank and rank + 3 < vocab_size else 2 for rank in row]
        ids = ids[-max_length:]
        encoded.append([0] * (max_length - len(ids)) + ids)
    return encoded


@pytest.mark.imdb
@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize(("vocab_size", "max_length"), [(500, 100), (10_000, 200), (88_587, 1000)])
def test_every_id_is_the_one_keras_gives(
    keras_dataset: Dataset, keras_reference: Path, split: str, vocab_size: int, max_length: int
) -> None:
    reviews = keras_dataset.train if split == "train" else keras_dataset.test
    file = keras_reference / f"ids_{vocab_size}_{max_length}_{split}.npy"
    expected = np.load(file, mmap_mode="r")

    ids = encode(reviews, vocab_size, max_length)

    assert ids.dtype == expected.dtype
    assert ids.shape == (25_000, max_length)
    assert np.array_equal(ids, expected)


@settings(deadline=None)  # the machine may be busy
@given(
    rows=st.lists(st.lists(st.integers(0, 40), max_size=12), max_size=6),
    vocab_size=st.integers(3, 45),
    max_length=st.integers(1, 15),
)
def test_encoding_keeps_kerass_rule(
    rows: list[list[int]], vocab_size: int, max_length: int
) -> None:
    reviews = Reviews.from_rows(rows, [0] * len(rows))

    ids = encode(reviews, vocab_size, max_length)

    assert ids.shape == (len(rows), max_length)
    assert ids.tolist() == reference(rows, vocab_size, max_length)


def test_rows_beyond_one_block_are_encoded_alike() -> None:
    rows = [[row % 50] * (row % 4) for row in range(3000)]

    ids = encode(Reviews.from_rows(rows, [0] * len(rows)), 40, 1000)

    assert ids.tolist() == reference(rows, 40, 1000)
