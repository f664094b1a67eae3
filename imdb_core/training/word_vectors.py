"""Word vectors from the company that words keep in the training reviews.

A network that starts from them knows from the first batch that "dull" is like "boring", and
so has more to say about the words that it meets too seldom to learn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imdb_core.data.prepared import write_array
from imdb_core.files import scratch_folder
from imdb_core.process import output_of, python

WORKER: Final = python("imdb_core.training.word_vectors_worker")


def typical_seconds(size: int, max_length: int) -> float:
    """How long `find_word_vectors` takes for IMDB's 20,000 reviews on two cores of 2026: most of
    it to load scikit-learn, and for each number of a vector and each word read.
    """
    return 1.4 + 0.022 * size + 0.0008 * max_length


def find_word_vectors(
    ids: NDArray[np.int32],
    vocab_size: int,
    size: int,
    *,
    is_cancelled: Callable[[], bool] = lambda: False,
    worker: Sequence[str] = WORKER,
) -> NDArray[np.float32]:
    """(vocab_size, size) vectors, as `word_vectors_worker` factors them. Blocks for seconds.

    The same ids give the same vectors on the same machine.

    Args:
        ids: (N, T) the training reviews as `encode` gives them.
        vocab_size, size: V and E of the network.
        is_cancelled: asked many times a second.
        worker: the command, to which two files and both sizes are added.

    Raises:
        DataError: the process that computes was killed, or failed.
        PreparationCancelledError: cancelled; nothing is kept.
        StorageError: the disk has no room for the ids, or the vectors.
    """
    with scratch_folder() as folder:
        given, made = folder / "ids.npy", folder / "vectors.npy"
        write_array(given, ids)
        command = [*worker, str(given), str(made), str(vocab_size), str(size)]
        output_of(command, "The word vectors", is_cancelled=is_cancelled)
        vectors: NDArray[np.float32] = np.load(made, allow_pickle=False)
    return vectors
