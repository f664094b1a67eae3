"""Reviews as flat arrays: all ranks of a split one after another, and where each review ends."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imdb_core.data.vocabulary import Vocabulary

if TYPE_CHECKING:
    from imdb_core.config import Source


@dataclass(frozen=True)
class Texts:
    """Strings in one flat UTF-8 array, so that they can be memory-mapped.

    Attributes:
        utf8: all texts one after another, (bytes,) uint8.
        offsets: text `row` is `utf8[offsets[row]:offsets[row + 1]]`, (N + 1,) int64.
    """

    utf8: NDArray[np.uint8]
    offsets: NDArray[np.int64]

    @classmethod
    def from_strings(cls, strings: Iterable[str]) -> Texts:
        """Pack `strings` in their order."""
        encoded = [string.encode() for string in strings]
        return cls(np.frombuffer(b"".join(encoded), np.uint8), _offsets(encoded))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> str:
        return self.utf8[_span(self.offsets, row)].tobytes().decode()

    def __iter__(self) -> Iterator[str]:
        return (self[row] for row in range(len(self)))


@dataclass(frozen=True, kw_only=True)
class Reviews:
    """N labelled reviews.

    Attributes:
        ranks: the words of all reviews, (words,) int32; 1 is the most frequent word of the
            vocabulary, 0 a word outside it.
        offsets: review `row` is `ranks[offsets[row]:offsets[row + 1]]`, (N + 1,) int64.
        labels: 1 positive, 0 negative, (N,) uint8.
        stars: 1 to 10, (N,) uint8, where the source has them.
        texts: as they were written, where the source has them.
    """

    ranks: NDArray[np.int32]
    offsets: NDArray[np.int64]
    labels: NDArray[np.uint8]
    stars: NDArray[np.uint8] | None = None
    texts: Texts | None = None

    @classmethod
    def from_rows(
        cls,
        rows: Sequence[ArrayLike],
        labels: ArrayLike,
        *,
        stars: ArrayLike | None = None,
        texts: Texts | None = None,
    ) -> Reviews:
        """Lay the ranks of each review one after another."""
        arrays = [np.asarray(row, dtype=np.int32) for row in rows]
        return cls(
            ranks=np.concatenate([np.empty(0, np.int32), *arrays]),
            offsets=_offsets(arrays),
            labels=np.asarray(labels, dtype=np.uint8),
            stars=None if stars is None else np.asarray(stars, dtype=np.uint8),
            texts=texts,
        )

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Words per review, (N,) int64."""
        return np.diff(self.offsets)

    def ranks_of(self, row: int) -> NDArray[np.int32]:
        """The ranks of one review.

        Raises:
            IndexError: there is no such row.
        """
        return self.ranks[_span(self.offsets, row)]


@dataclass(frozen=True)
class Dataset:
    """One source, prepared.

    Attributes:
        source: what it was prepared as.
        origin: where its reviews come from, to stand beside every number made from them.
        fingerprint: `fingerprint_of` its content.
        train: reviews to train and validate on.
        test: reviews that no training sees.
        vocabulary: counted over `train`.
    """

    source: Source
    origin: str
    fingerprint: str
    train: Reviews
    test: Reviews
    vocabulary: Vocabulary

    @property
    def is_synthetic(self) -> bool:
        """Whether the reviews were made up by this project."""
        return self.source == "sample"

    def text(self, reviews: Reviews, row: int) -> str:
        """A review as it was written, or its words in a row if the source has no texts.

        Raises:
            IndexError: there is no such row.
        """
        if reviews.texts is not None:
            return reviews.texts[row]
        return " ".join(self.vocabulary.word(int(rank)) for rank in reviews.ranks_of(row))


def fingerprint_of(train: Reviews, test: Reviews, vocabulary: Vocabulary) -> str:
    """SHA-256 (hex) of ranks, offsets and labels of both splits and of the words.

    It depends on nothing else: not on stars or texts, machine, folder or day.
    """
    digest = hashlib.sha256()
    for reviews in (train, test):
        digest.update(np.ascontiguousarray(reviews.ranks, dtype="<i4").data)
        digest.update(np.ascontiguousarray(reviews.offsets, dtype="<i8").data)
        digest.update(np.ascontiguousarray(reviews.labels, dtype="u1").data)
    digest.update("\n".join(vocabulary.words).encode())
    return digest.hexdigest()


def _offsets(parts: Sequence[bytes | NDArray[np.int32]]) -> NDArray[np.int64]:
    return np.cumsum([0, *map(len, parts)], dtype=np.int64)


def _span(offsets: NDArray[np.int64], row: int) -> slice:
    if not 0 <= row < len(offsets) - 1:
        raise IndexError(f"row {row} is outside 0 to {len(offsets) - 2}")
    return slice(int(offsets[row]), int(offsets[row + 1]))
