"""The reading curve: how the verdict moves while a review is read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imdb_core.model import SentimentRNN
from imdb_core.scoring.passes import logit_of_nothing, logits_after_each
from imdb_core.scoring.reading import Reading

_LEAST_TURN = 0.10
_LEAST_CROSSING = 0.04


@dataclass(frozen=True, kw_only=True)
class TurningWord:
    """A word that moved the verdict far.

    Attributes:
        index: which of the words that were read, from 0.
        before: P(positive) before it.
        after: P(positive) after it.
    """

    index: int
    before: float
    after: float


@dataclass(frozen=True, kw_only=True, eq=False)
class ReadingCurve:
    """P(positive) as if the review ended after each word.

    Attributes:
        start: P(positive) before the first word.
        points: P(positive) after each word that is read, (words_read,) float64; the last
            one is the score.
    """

    start: float
    points: NDArray[np.float64]

    @property
    def added(self) -> NDArray[np.float64]:
        """What each word added to P(positive), (words_read,)."""
        return np.diff(self.points, prepend=self.start)

    def turning_words(self, most: int = 3) -> list[TurningWord]:
        """The words that moved it furthest, in reading order.

        A turn is a step of 10 points, or of 4 across the middle.
        """
        before = np.concatenate(([self.start], self.points[:-1]))
        size = np.abs(self.added)
        crosses = (before > 0.5) != (self.points > 0.5)
        turns = np.flatnonzero((size >= _LEAST_TURN) | (crosses & (size >= _LEAST_CROSSING)))
        largest = sorted(turns, key=lambda index: -size[index])[:most]
        return [
            TurningWord(index=int(i), before=float(before[i]), after=float(self.points[i]))
            for i in sorted(largest)
        ]


def reading_curve(network: SentimentRNN, reading: Reading) -> ReadingCurve:
    """The curve of `reading`, exact for every cell, readout and direction."""
    first = reading.first_place
    # Before the first word stands the mark that starts a review, unless it was cut off.
    logits = logits_after_each(network, reading.ids, max(first - 1, 0))
    if first == 0:
        logits = np.concatenate(([logit_of_nothing(network)], logits))
    probabilities = 1 / (1 + np.exp(-logits))
    return ReadingCurve(start=float(probabilities[0]), points=probabilities[1:])
