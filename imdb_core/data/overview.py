"""What the reviews of a source are like, in numbers that a page can keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imdb_core.data.encoding import INDEX_FROM
from imdb_core.data.reviews import Dataset

LONGEST_SHOWN: Final = 1000
_BINS = 50
_SIZES = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 88_587)


@dataclass(frozen=True, kw_only=True)
class Overview:
    """The reviews to learn from; `Dataset.train`, before any is kept to validate on.

    Attributes:
        lengths: words a review, sorted, (N,).
        occurrences: `occurrences[r - 1]` words of the reviews have a rank up to r, (words,).
        words: all words of the reviews, each time it occurs.
        counts: reviews by length, in bins of equal width up to `LONGEST_SHOWN`; longer ones
            are in the last.
        edges: of the bins, one more than `counts`.
        by_stars: negative and positive reviews by stars 0 to 10, (2, 11); None without stars.
    """

    lengths: NDArray[np.int64]
    occurrences: NDArray[np.int64]
    words: int
    counts: list[int]
    edges: list[float]
    by_stars: list[list[int]] | None

    @classmethod
    def of(cls, dataset: Dataset) -> Overview:
        """Count."""
        reviews = dataset.train
        lengths = np.sort(reviews.lengths)
        counts, edges = np.histogram(
            np.minimum(lengths, LONGEST_SHOWN), bins=_BINS, range=(0, LONGEST_SHOWN)
        )
        by_rank = np.bincount(reviews.ranks, minlength=len(dataset.vocabulary) + 1)
        by_stars = None
        if reviews.stars is not None:
            by_stars = [
                np.bincount(reviews.stars[reviews.labels == label], minlength=11).tolist()
                for label in (0, 1)
            ]
        return cls(
            lengths=lengths,
            occurrences=np.cumsum(by_rank[1:]),
            words=len(reviews.ranks),
            counts=counts.tolist(),
            edges=edges.tolist(),
            by_stars=by_stars,
        )

    def read_whole(self, max_length: int) -> float:
        """The share of reviews of which no word is cut off."""
        return float(np.searchsorted(self.lengths, max_length, side="right") / len(self.lengths))

    def words_read(self, max_length: int) -> float:
        """The share of all words that are among the last `max_length` of their review."""
        return float(np.minimum(self.lengths, max_length).sum() / max(self.words, 1))

    def words_known(self, vocab_size: int) -> float:
        """The share of all words, each time it occurs, that a vocabulary tells apart."""
        most = min(known_words(vocab_size), len(self.occurrences))
        return float(self.occurrences[most - 1] / max(self.words, 1)) if most > 0 else 0.0

    def coverage(self) -> dict[int, float]:
        """`words_known` by vocabulary size, from the least to the largest that can be set."""
        return {size: self.words_known(size) for size in _SIZES}


def known_words(vocab_size: int) -> int:
    """How many words a vocabulary of this size tells apart; the other ids are marks."""
    return max(vocab_size - INDEX_FROM - 1, 0)
