"""Scores a text with a run's weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from imdb_core.config import TrainConfig
from imdb_core.data import UNKNOWN_ID, Reviews, Vocabulary, encode, plain_text, tokenize
from imdb_core.errors import RunDamagedError, TextError, WeightsMismatchError
from imdb_core.model import SentimentRNN
from imdb_core.runs.announced import run_with
from imdb_core.runs.folder import VOCABULARY
from imdb_core.runs.run import Run
from imdb_core.runs.weights import load_epoch, weights_file
from imdb_core.scoring.attribution import Attribution, integrated_gradients, left_out
from imdb_core.scoring.curve import ReadingCurve, reading_curve
from imdb_core.scoring.passes import one_thread
from imdb_core.scoring.reading import Reading
from imdb_core.scoring.vocabularies import load_vocabulary
from imdb_core.scoring.words import spans_of_last
from imdb_core.training.predicting import Predictor, predictor_for

TEXT_LIMIT = 2_000_000
_CHUNK = 256
_MANY = 1_000  # below, the kernels take longer to begin than they save


@dataclass(frozen=True, kw_only=True)
class Score:
    """A verdict and what it rests on.

    Attributes:
        probability: P(positive), between 0 and 1.
        words: words in the text.
        words_read: words that the network read, the last ones of the text.
        words_unknown: how many of those it could not tell apart from other rare words.
    """

    MEANS_NOTHING: ClassVar = "The network knows none of these words, so the verdict means nothing."

    probability: float
    words: int
    words_read: int
    words_unknown: int

    @property
    def verdict(self) -> str:
        """`positive` or `negative`."""
        return "positive" if self.is_positive else "negative"

    @property
    def is_positive(self) -> bool:
        """The verdict, by the threshold that the reported accuracy uses."""
        return self.probability > 0.5

    @property
    def words_known(self) -> int:
        """Words that were read and told apart."""
        return self.words_read - self.words_unknown


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainedNetwork:
    """What a run's files hold for scoring; unlike the run itself, it never changes.

    Attributes:
        network: with the weights of one epoch.
        vocabulary: the words that it was trained with.
        epoch: the epoch that the weights are from.
    """

    network: SentimentRNN
    vocabulary: Vocabulary
    epoch: int

    @classmethod
    def load(cls, run: Run, epoch: int | None = None) -> TrainedNetwork:
        """The weights of one epoch of `run`, the best one if none is named.

        Raises:
            RunStateError: it has no weights yet, or none of this epoch any more.
            RunDamagedError: its files are missing or damaged, or do not fit each other.
            RunNotFoundError: it was deleted.
            StorageError: the system does not let its files be read.
        """
        weights, found_epoch = load_epoch(run, epoch)
        try:
            network = SentimentRNN.with_weights(run.config, weights)
        except WeightsMismatchError as error:
            raise RunDamagedError(
                f"{weights_file(run, epoch)} does not fit the run's settings. Train again."
            ) from error
        vocabulary = load_vocabulary(run.folder / VOCABULARY)
        return cls(network=network.requires_grad_(False), vocabulary=vocabulary, epoch=found_epoch)


class Scorer:
    """One run's network, ready to score; safe to share between threads.

    Args:
        run: whose weights these are; read again if it was read before it announced their epoch.
        trained: its network.

    Attributes:
        run: whose weights these are.
        epoch: the epoch that they are from.
    """

    def __init__(self, run: Run, trained: TrainedNetwork) -> None:
        self.run = run_with(run, trained.epoch)
        self.epoch = trained.epoch
        self._network = trained.network
        self._vocabulary = trained.vocabulary

    @classmethod
    def load(cls, run: Run, epoch: int | None = None) -> Scorer:
        """`TrainedNetwork.load`, ready to score.

        Raises:
            RunStateError, RunDamagedError, RunNotFoundError, StorageError: as there.
        """
        return cls(run, TrainedNetwork.load(run, epoch))

    @property
    def config(self) -> TrainConfig:
        """The run's settings."""
        return self.run.config

    def score(self, text: str) -> Score:
        """Judge one review.

        Raises:
            TextError: there is no word in it, or it is longer than 2,000,000 characters.
        """
        (result,) = self._score_chunk([text], self.probabilities)
        if isinstance(result, TextError):
            raise result
        return result

    def read(self, text: str, *, is_counted: bool = False) -> Reading:
        """What of `text` reaches the network.

        Args:
            text: a visitor's; it is made plain first.
            is_counted: it is a data set's own, whose words were counted as it stands.

        Raises:
            TextError: as for `score`.
        """
        if not is_counted:
            text = _plain(text)
        tokens = _tokenize(text)
        if isinstance(tokens, TextError):
            raise tokens
        length = self.config.max_length
        ranks = self._vocabulary.ranks(tokens[-length - 1 :])
        ids = self._encode([ranks[-length:]])[0]
        spans = spans_of_last(text, tokens[-length:])
        return Reading(
            text=text,
            words=len(tokens),
            spans=tuple(spans),
            is_known=tuple((ids[-len(spans) :] != UNKNOWN_ID).tolist()),
            ranks=ranks,
            ids=ids,
        )

    def judge(self, reading: Reading) -> Score:
        """The score of a text that was read before, by this run's network of any epoch."""
        return Score(
            probability=float(self.probabilities(reading.ids[None])[0]),
            words=reading.words,
            words_read=reading.words_read,
            words_unknown=reading.words_unknown,
        )

    @torch.inference_mode()
    @one_thread()
    def probabilities(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """P(positive) of each row of padded ids (N, T): (N,)."""
        judged: NDArray[np.float32] = torch.sigmoid(self._network(torch.from_numpy(ids))).numpy()
        return judged

    def predictor(self, texts: int) -> Predictor:
        """What does the work of `probabilities` soonest for so many texts; not for two threads."""
        if texts < _MANY:
            return self.probabilities
        weights = {name: each.numpy() for name, each in self._network.state_dict().items()}
        return predictor_for(self.config, weights)

    @one_thread()
    def curve(self, reading: Reading) -> ReadingCurve:
        """P(positive) after each word; a single pass unless the network reads both ways."""
        return reading_curve(self._network, reading)

    @one_thread()
    def integrated_gradients(self, reading: Reading) -> Attribution:
        """What each word counts, by `attribution.integrated_gradients`."""
        return integrated_gradients(self._network, reading)

    @one_thread()
    def left_out(self, reading: Reading) -> Attribution:
        """What each word counts, by `attribution.left_out`."""
        return left_out(self._network, self.config, reading)

    def score_many(
        self,
        texts: Sequence[str],
        *,
        on_progress: Callable[[int], None] = lambda done: None,
    ) -> list[Score | TextError]:
        """Judge each of `texts`; where one cannot be judged, the reason stands in its place.

        `on_progress` is told how many are done; an exception of its ends the work.
        """
        predict = self.predictor(len(texts))
        results: list[Score | TextError] = []
        for start in range(0, len(texts), _CHUNK):
            results += self._score_chunk(texts[start : start + _CHUNK], predict)
            on_progress(len(results))
        return results

    @one_thread()
    def _score_chunk(self, texts: Sequence[str], predict: Predictor) -> list[Score | TextError]:
        tokenized = [_tokenize(_plain(text)) for text in texts]
        scorable = [tokens for tokens in tokenized if not isinstance(tokens, TextError)]
        scores = iter(self._judge(scorable, predict) if scorable else [])
        return [tokens if isinstance(tokens, TextError) else next(scores) for tokens in tokenized]

    def _judge(self, tokenized: Sequence[list[str]], predict: Predictor) -> list[Score]:
        # Words that the network does not get to see need no look-up.
        length = self.config.max_length
        ids = self._encode([self._vocabulary.ranks(tokens[-length:]) for tokens in tokenized])
        probabilities = predict(ids).tolist()
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

    def _encode(self, rows: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
        reviews = Reviews.from_rows(rows, np.zeros(len(rows), dtype=np.uint8))
        return encode(reviews, self.config.vocab_size, self.config.max_length)


def _plain(text: str) -> str:
    return text if len(text) > TEXT_LIMIT else plain_text(text)


def _tokenize(text: str) -> list[str] | TextError:
    if len(text) > TEXT_LIMIT:
        return TextError(
            f"The text has {len(text):,} characters; the limit is {TEXT_LIMIT:,}. "
            "Paste one review at a time."
        )
    return tokenize(text) or TextError(
        "There is no word to read in this text. Write a sentence or two."
    )
