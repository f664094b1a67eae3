"""A synthetic corpus of film reviews, for a machine without IMDB.

Every review is made of plot sentences, which say nothing of its worth, and verdicts, whose
sum is its sentiment. A verdict is plain ("the acting was really clever"), negated ("far
from boring") or a contrast, of which only the part after "but" counts. So the order of
words matters: who only counts words cannot tell "not good, but moving" from its reverse.
A few labels are wrong, so that nothing reaches 100 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from imdb_core.data import sample_words as words
from imdb_core.data.reviews import Dataset, Reviews, Texts, fingerprint_of
from imdb_core.data.vocabulary import Vocabulary, tokenize

ORIGIN: Final = "synthetic sample, not IMDB"
TRAIN_COUNT: Final = 4000
TEST_COUNT: Final = 1000
WRONG_LABELS: Final = 0.04
"""Share of reviews whose label and stars contradict their text."""

_SEED = 20_240_229
_AGAINST = 0.08  # share of verdicts that contradict the review's sentiment
_CONTRAST, _NEGATED = 0.2, 0.2  # shares of verdicts; the rest are plain


def make() -> Dataset:
    """4,000 reviews to train on and 1,000 to test, always the same, with stars and texts.

    Half of the texts are positive. Nine in ten have 30 to 96 words, all have 15 to 131.
    """
    writer = _Writer(np.random.default_rng(_SEED))
    written = [writer.review(is_positive=bool(row % 2)) for row in range(TRAIN_COUNT + TEST_COUNT)]
    train, test = written[:TRAIN_COUNT], written[TRAIN_COUNT:]
    vocabulary = Vocabulary.from_texts(text for text, _ in train)
    splits = _reviews(train, vocabulary), _reviews(test, vocabulary)
    return Dataset("sample", ORIGIN, fingerprint_of(*splits, vocabulary), *splits, vocabulary)


def _reviews(written: Sequence[tuple[str, int]], vocabulary: Vocabulary) -> Reviews:
    texts, stars = zip(*written, strict=True)
    return Reviews.from_rows(
        [vocabulary.ranks(tokenize(text)) for text in texts],
        [star > 5 for star in stars],
        stars=stars,
        texts=Texts.from_strings(texts),
    )


class _Writer:
    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def review(self, *, is_positive: bool) -> tuple[str, int]:
        """A text and its stars: 1 to 4 or 7 to 10, as IMDB's."""
        count = self._between(2, 6)
        against = min(int(self._rng.binomial(count, _AGAINST)), (count - 1) // 2)
        sides = [is_positive] * (count - against) + [not is_positive] * against
        sentences = [self._verdict(side) for side in sides]
        sentences += [self._fill(words.PLOTS) for _ in range(self._between(0, 3))]
        self._rng.shuffle(sentences)
        text = " ".join(map(_sentence, [self._fill(words.OPENINGS), *sentences]))
        strength = min(count - 2 * against - 1, 3)  # 0 to 3
        says_positive = is_positive != self._happens(WRONG_LABELS)
        return text, 7 + strength if says_positive else 4 - strength

    def _verdict(self, is_positive: bool) -> str:
        if not self._happens(_CONTRAST):
            return self._clause(is_positive)
        return f"{self._clause(not is_positive)}, but {self._clause(is_positive)}"

    def _clause(self, is_positive: bool) -> str:
        if self._happens(_NEGATED):
            return self._fill(words.NEGATED, adjectives=words.ADJECTIVES[not is_positive])
        return self._fill(words.PLAIN, adjectives=words.ADJECTIVES[is_positive])

    def _fill(self, patterns: Sequence[str], adjectives: Sequence[str] = ()) -> str:
        """One of `patterns`, its `{slots}` filled at random."""
        slots = {"adjective": adjectives, **words.SLOTS}
        parts = self._pick(patterns).split("{")
        for place, part in enumerate(parts[1:], start=1):
            slot, rest = part.split("}")
            parts[place] = self._pick(slots[slot]) + rest
        return "".join(parts)

    def _pick(self, options: Sequence[str]) -> str:
        return options[self._between(0, len(options) - 1)]

    def _between(self, low: int, high: int) -> int:
        return int(self._rng.integers(low, high + 1))

    def _happens(self, share: float) -> bool:
        return bool(self._rng.random() < share)


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."
