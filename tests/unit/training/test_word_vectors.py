"""Word vectors: what company words keep, found in a process of its own."""

import sys

import numpy as np
import pytest

from imdb_core.config import TrainConfig
from imdb_core.data import Dataset
from imdb_core.data.encoded import encode_split
from imdb_core.errors import DataError, PreparationCancelledError, StorageError
from imdb_core.training.word_vectors import WORKER, find_word_vectors
from imdb_core.training.word_vectors_worker import WINDOW, associations, factor

WAITS = [sys.executable, "-c", "import sys; sys.stdin.read()"]
SMALL_DISK = (
    "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000));"
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)
DIES = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]


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

    np.testing.assert_allclose(associations(ids, 6).toarray(), expected, rtol=1e-5)


def test_words_farther_apart_than_the_window_keep_no_company() -> None:
    row = [3] + [2] * WINDOW + [4]

    assert associations(np.array([row], dtype=np.int32), 5).nnz == 0


def test_factors_are_those_of_the_full_decomposition() -> None:
    random = np.random.default_rng(0)
    low_rank = random.random((40, 3)) @ random.random((3, 40))
    left, values, _ = np.linalg.svd(low_rank)
    mine = factor(low_rank, 3)

    np.testing.assert_allclose(np.abs(mine), np.abs(left[:, :3] * np.sqrt(values[:3])), atol=1e-4)
    assert factor(low_rank[:10, :10], 16).shape == (10, 16)


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


def test_a_worker_that_dies_is_explained_and_a_cancel_is_heeded() -> None:
    ids = np.zeros((1, 8), np.int32)

    with pytest.raises(DataError, match=r"works out the word vectors was killed \(signal 9\)"):
        find_word_vectors(ids, 100, 4, worker=DIES)
    with pytest.raises(PreparationCancelledError):
        find_word_vectors(ids, 100, 4, worker=WAITS, is_cancelled=lambda: True)


def test_vectors_that_do_not_fit_on_the_disk_are_a_storage_error() -> None:
    worker = [sys.executable, "-c", SMALL_DISK, *WORKER[1:]]
    ids = np.full((20, 30), 4, np.int32)

    with pytest.raises(StorageError, match=r"vectors\.npy could not be written: File too large"):
        find_word_vectors(ids, 5000, 60, worker=worker)
