"""Words and their ranks, counted as Keras's Tokenizer counts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

UNKNOWN_WORD: Final = "[unknown]"
"""What rank 0 is called; brackets are filtered, so no review can contain it as a word."""

FILTERED_SIGNS: Final = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'
"""What parts words, beside spaces, tabs and line ends."""

_FILTERED = str.maketrans(dict.fromkeys(f"{FILTERED_SIGNS}\t\n", " "))


def tokenize(text: str) -> list[str]:
    """The words of `text` as Keras's Tokenizer (default arguments) takes them.

    Lower-case; punctuation, tab and newline become spaces; split on spaces. An
    apostrophe stays within its word.
    """
    return [word for word in text.lower().translate(_FILTERED).split(" ") if word]


@dataclass(frozen=True)
class Vocabulary:
    """Words by rank: rank 1 is the most frequent word, rank 0 any word that is not here.

    Attributes:
        words: in rank order; `words[0]` has rank 1.
    """

    words: tuple[str, ...]

    @classmethod
    def from_texts(cls, texts: Iterable[str]) -> Vocabulary:
        """Count the words of `texts`."""
        return cls.from_counts(Counter(chain.from_iterable(map(tokenize, texts))))

    @classmethod
    def from_counts(cls, counts: Mapping[str, int]) -> Vocabulary:
        """Rank by count, descending; of equal counts, the word that stands first in `counts`."""
        return cls(tuple(sorted(counts, key=counts.__getitem__, reverse=True)))

    def __len__(self) -> int:
        return len(self.words)

    def rank(self, word: str) -> int:
        """The rank of `word`, 0 if it is not here."""
        return self._rank_of.get(word, 0)

    def word(self, rank: int) -> str:
        """The word of `rank`; `UNKNOWN_WORD` for 0.

        Raises:
            IndexError: no word has this rank.
        """
        if not 0 <= rank <= len(self.words):
            raise IndexError(f"rank {rank} is outside 0 to {len(self.words)}")
        return self.words[rank - 1] if rank else UNKNOWN_WORD

    def ranks(self, tokens: Sequence[str]) -> NDArray[np.int32]:
        """The rank of each token, 0 where it is not here: (len(tokens),) int32."""
        rank_of = self._rank_of
        return np.array([rank_of.get(token, 0) for token in tokens], dtype=np.int32)

    @cached_property
    def _rank_of(self) -> dict[str, int]:
        # Built at the first question: a page that only shows counts need not wait for it.
        return {word: rank for rank, word in enumerate(self.words, start=1)}
