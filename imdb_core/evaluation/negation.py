"""Words that turn a verdict round."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from imdb_core.data import Reviews, Vocabulary

WORDS: Final = frozenset(
    [
        "no",
        "not",
        "never",
        "none",
        "nobody",
        "nothing",
        "nowhere",
        "neither",
        "nor",
        "cannot",
        "without",
        "dont",
        "doesnt",
        "didnt",
        "isnt",
        "wasnt",
        "arent",
        "couldnt",
        "wouldnt",
    ]
)
ENDING: Final = "n't"


def is_negation(word: str) -> bool:
    """Whether a word of the vocabulary denies: `not`, `never`, `isn't` and their like."""
    return word in WORDS or word.endswith(ENDING)


def count_negations(
    reviews: Reviews, rows: NDArray[np.int64], vocabulary: Vocabulary, words_at_most: int
) -> NDArray[np.int32]:
    """How many negations stand among the last `words_at_most` words of each of `rows`: (N,)."""
    denies = np.zeros(len(vocabulary) + 1, dtype=bool)  # by rank
    denies[1:] = [is_negation(word) for word in vocabulary.words]
    places = np.flatnonzero(denies[np.asarray(reviews.ranks)])
    ends = np.asarray(reviews.offsets)[rows + 1]
    starts = np.maximum(np.asarray(reviews.offsets)[rows], ends - words_at_most)
    counts = np.searchsorted(places, ends) - np.searchsorted(places, starts)
    return counts.astype(np.int32)
