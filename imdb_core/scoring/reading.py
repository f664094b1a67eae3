"""A text as a network reads it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imdb_core.scoring.words import Span


@dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """What of a text reaches the network.

    Attributes:
        text: as it was typed, in plain signs.
        words: how many words it has.
        spans: where each word that is read stands in `text`; the last `max_length` words.
        is_known: whether the network can tell that word apart from other rare ones.
        ranks: of the words that are read, with the one before them where there is one,
            int32; leaving a word out lets that one in.
        ids: what goes into the network, (max_length,) int32, padded in front.
    """

    text: str
    words: int
    spans: tuple[Span, ...]
    is_known: tuple[bool, ...]
    ranks: NDArray[np.int32]
    ids: NDArray[np.int32]

    @property
    def words_read(self) -> int:
        """How many words the network reads."""
        return len(self.spans)

    @property
    def words_unknown(self) -> int:
        """How many of those it cannot tell apart."""
        return self.words_read - sum(self.is_known)

    @property
    def words_cut(self) -> int:
        """How many words stand before the first one that is read."""
        return self.words - self.words_read

    @property
    def first_place(self) -> int:
        """The place in `ids` of the first word."""
        return len(self.ids) - self.words_read

    def number(self, index: int) -> int:
        """Which word of the text a word that is read is, from 1."""
        return self.words_cut + index + 1

    def word(self, index: int) -> str:
        """A word that is read, as it stands in `text`."""
        start, end = self.spans[index]
        return self.text[start:end]
