"""Word vectors: what company words keep."""

import os
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from imdb_core.config import TrainConfig
from imdb_core.data import Dataset
from imdb_core.data.encoded import encode_split
from imdb_core.errors import PreparationCancelledError
from imdb_core.training.word_vectors import (
    WINDOW,
    Associations,
    associations,
    factor,
    find_word_vectors,
)
from tests.conftest import PROJECT


def dense(found: Associations) -> NDArray[np.float32]:
    """All of it, zeros included; both ways must tell the same."""
    size = len(found.starts) - 1
    values = np.zeros((size, size), np.float32)
    transposed = values.copy()
    for row, (first, last) in enumerate(pairwise(found.starts)):
        values[row, found.columns[first:last]] = found.values[first:last]
        transposed[row, found.columns[first:last]] = found.transposed[first:last]
    assert np.array_equal(values, transposed.T)
    return values


def sparse(matrix: NDArray[np.float64]) -> Associations:
    rows, columns = matrix.shape
    return Associations(
        starts=np.arange(rows + 1) * columns,
        columns=np.tile(np.arange(columns, dtype=np.int32), rows),
        values=matrix.ravel().astype(np.float32),
        transposed=matrix.T.ravel().astype(np.float32),
    )


def test_associations_are_the_positive_information_counted_by_hand() -> None:
    ids = np.array([[0, 1, 3, 4, 3, 2, 5], [0, 0, 0, 0, 1, 4, 5]], dtype=np.int32)
    # Within five places: 3-4 twice, 3-5 twice, 3-3 once, 4-5 in each review once.
    counts = np.zeros((6, 6))
    for one, other, times in ((3, 4, 2), (3, 5, 2), (3, 3, 1), (4, 5, 2)):
        counts[one, other] += times
        counts[other, one] += times
    words = counts.sum(axis=1)
    contexts = words**0.75 / (words**0.75).sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        information = np.log(counts / np.outer(words, contexts))
    expected = np.where(counts > 0, np.maximum(information, 0), 0)

    np.testing.assert_allclose(dense(associations(ids, 6)), expected, rtol=1e-5)


def test_words_farther_apart_than_the_window_keep_no_company() -> None:
    row = [3] + [2] * WINDOW + [4]

    assert len(associations(np.array([row], dtype=np.int32), 5).columns) == 0


def test_factors_are_those_of_the_full_decomposition() -> None:
    random = np.random.default_rng(0)
    low_rank = random.random((40, 3)) @ random.random((3, 40))
    left, values, _ = np.linalg.svd(low_rank)
    mine = factor(sparse(low_rank), 3)

    np.testing.assert_allclose(np.abs(mine), np.abs(left[:, :3] * np.sqrt(values[:3])), atol=1e-4)
    assert factor(sparse(low_rank[:10, :10]), 16).shape == (10, 16)


@pytest.mark.imdb
def test_words_of_one_meaning_are_neighbours_and_each_time_the_same(
    aclimdb_dataset: Dataset,
) -> None:
    config = TrainConfig(source="aclimdb", vocab_size=3000, max_length=200)
    ids = encode_split(aclimdb_dataset, "train", config).ids
    vectors = find_word_vectors(ids, config.vocab_size, 32)
    again = find_word_vectors(ids, config.vocab_size, 32)

    assert np.array_equal(vectors, again)
    assert np.abs(vectors[:3]).max() < 1e-4  # padding, start and unknown are no words
    vocabulary = aclimdb_dataset.vocabulary
    directions = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)

    def likeness(one: str, other: str) -> float:
        one_id, other_id = (vocabulary.rank(word) + 3 for word in (one, other))
        return float(directions[one_id] @ directions[other_id])

    for word, like, unlike in (("boring", "dull", "excellent"), ("awful", "terrible", "great")):
        assert likeness(word, like) > likeness(word, unlike) + 0.2


def test_a_cancel_is_heeded() -> None:
    ids = np.full((20, 30), 4, np.int32)

    with pytest.raises(PreparationCancelledError):
        find_word_vectors(ids, 100, 4, is_cancelled=lambda: True)


GOLDEN = "4c46da3235cfc3b3856ca1f11a77300c18283a630c0b7878b28988e0ffdae788"
_DIGESTS = """
import hashlib, os
import numpy as np
from imdb_core.training.word_vectors import find_word_vectors
words = np.arange(40_000, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(40)
ids = (words % np.uint64(60) * (words % np.uint64(7))).astype(np.int32).reshape(400, 100)
for threads in (1, 2, 3):
    os.cpu_count = lambda: threads
    print(hashlib.sha256(find_word_vectors(ids, 360, 16).tobytes()).hexdigest())
"""


@pytest.mark.parametrize("processor", ["", "haswell", "x86-64"])
def test_the_same_reviews_give_the_same_bits_on_every_processor(processor: str) -> None:
    own = {"NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": ""} if processor else {}
    printed = subprocess.run(
        [sys.executable, "-c", _DIGESTS],
        env=os.environ | own, cwd=PROJECT, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert printed.stdout.split() == [GOLDEN] * 3
