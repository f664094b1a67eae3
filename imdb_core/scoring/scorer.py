"""Scores a text with a run's weights."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from imdb_core.config import TrainConfig
from imdb_core.data import UNKNOWN_ID, Reviews, Vocabulary, encode, tokenize
from imdb_core.errors import RunDamagedError, TextError
from imdb_core.model import SentimentRNN
from imdb_core.runs.checkpoints import load_weights
from imdb_core.runs.run import Run

TEXT_LIMIT = 2_000_000
_CHUNK = 512


@dataclass(frozen=True, kw_only=True)
class Score:
    """A verdict and what it rests on.

    Attributes:
        probability: P(positive), between 0 and 1.
        words: words in the text.
        words_read: words that the network read, the last ones of the text.
        words_unknown: how many of those it could not tell apart from other rare words.
    """

    probability: float
    words: int
    words_read: int
    words_unknown: int

    @property
    def is_positive(self) -> bool:
        """The verdict, by the threshold that the reported accuracy uses."""
        return self.probability > 0.5

    @property
    def words_known(self) -> int:
        """Words that were read and told apart."""
        return self.words_read - self.words_unknown


class Scorer:
    """One run's network, ready to score; safe to share between threads.

    Attributes:
        run: whose weights these are.
        epoch: the epoch that they are from.
    """

    def __init__(
        self,
        run: Run,
        network: SentimentRNN,
        vocabulary: Vocabulary,
        epoch: int,
    ) -> None:
        self.run = run
        self.epoch = epoch
        self._network = network
        self._vocabulary = vocabulary

    @classmethod
    def load(cls, run: Run) -> Scorer:
        """The best epoch's weights of `run`.

        Raises:
            RunStateError: it has no weights yet.
            RunDamagedError: its files cannot be read, or do not fit each other.
        """
        weights, epoch = load_weights(run.best_weights)
        try:
            network = SentimentRNN.with_weights(run.config, weights)
        except RuntimeError as error:
            raise RunDamagedError(
                f"{run.best_weights} does not fit the run's settings. Train again."
            ) from error
        return cls(run, network, _load_vocabulary(run.folder / "vocabulary.json"), epoch)

    @property
    def config(self) -> TrainConfig:
        """The run's settings."""
        return self.run.config

    def score(self, text: str) -> Score:
        """Judge one review.

        Raises:
            TextError: there is no word in it, or it is longer than 2,000,000 characters.
        """
        (result,) = self._score_chunk([text])
        if isinstance(result, TextError):
            raise result
        return result

    def score_many(
        self,
        texts: Sequence[str],
        *,
        on_progress: Callable[[int], None] = lambda done: None,
    ) -> list[Score | TextError]:
        """Judge each of `texts`; where one cannot be judged, the reason stands in its place.

        `on_progress` is told how many are done; an exception of its ends the work.
        """
        results: list[Score | TextError] = []
        for start in range(0, len(texts), _CHUNK):
            results += self._score_chunk(texts[start : start + _CHUNK])
            on_progress(len(results))
        return results

    def _score_chunk(self, texts: Sequence[str]) -> list[Score | TextError]:
        tokenized = [_tokenize(text) for text in texts]
        scorable = [tokens for tokens in tokenized if not isinstance(tokens, TextError)]
        scores = iter(self._judge(scorable) if scorable else [])
        return [tokens if isinstance(tokens, TextError) else next(scores) for tokens in tokenized]

    def _judge(self, tokenized: Sequence[list[str]]) -> list[Score]:
        # Words that the network does not get to see need no look-up.
        length = self.config.max_length
        reviews = Reviews.from_rows(
            [self._vocabulary.ranks(tokens[-length:]) for tokens in tokenized],
            np.zeros(len(tokenized), dtype=np.uint8),
        )
        ids = encode(reviews, self.config.vocab_size, length)
        with torch.inference_mode():
            probabilities = torch.sigmoid(self._network(torch.from_numpy(ids))).tolist()
        # The mark that starts a review takes a place, too, as long as nothing is cut off.
        unknown = np.count_nonzero(ids == UNKNOWN_ID, axis=1)
        return [
            Score(
                probability=probability,
                words=len(tokens),
                words_read=min(len(tokens), length),
                words_unknown=int(count),
            )
            for tokens, probability, count in zip(tokenized, probabilities, unknown, strict=True)
        ]


def _tokenize(text: str) -> list[str] | TextError:
    if len(text) > TEXT_LIMIT:
        return TextError(
            f"The text has {len(text):,} characters; the limit is {TEXT_LIMIT:,}. "
            "Paste one review at a time."
        )
    return tokenize(text) or TextError(
        "There is no word to read in this text. Write a sentence or two."
    )


class ScorerCache:
    """The scorer used last, loaded again only when the run's best weights change."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: tuple[Path, int] | None = None
        self._scorer: Scorer | None = None

    def get(self, run: Run) -> Scorer:
        """`Scorer.load(run)`, or the one at hand if it is still true."""
        key = run.best_weights, run.best_weights.stat().st_mtime_ns
        with self._lock:
            if self._scorer is None or key != self._key:
                self._scorer, self._key = Scorer.load(run), key
            return self._scorer


def _load_vocabulary(path: Path) -> Vocabulary:
    try:
        return Vocabulary(tuple(json.loads(path.read_bytes())["words"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunDamagedError(f"{path} cannot be read ({error}). Train again.") from error
