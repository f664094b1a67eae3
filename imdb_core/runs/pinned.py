"""Reviews of the user's own that a run judges after every epoch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from imdb_core.config import TrainConfig
from imdb_core.data import Reviews, Vocabulary, encode, plain_text, tokenize
from imdb_core.model import SentimentRNN
from imdb_core.training.records import Arrays


class PinnedReviews:
    """Judges the pinned texts with any epoch's weights.

    Args:
        texts: may be none; each has a word in it.
        config: the run's settings.
        vocabulary: the words of the data that the run learns from.
    """

    def __init__(self, texts: Sequence[str], config: TrainConfig, vocabulary: Vocabulary) -> None:
        ranks = [vocabulary.ranks(tokenize(plain_text(text))) for text in texts]
        reviews = Reviews.from_rows(ranks, np.zeros(len(texts), dtype=np.uint8))
        self._ids = torch.from_numpy(encode(reviews, config.vocab_size, config.max_length))
        self._config = config

    def probabilities(self, weights: Arrays) -> list[float]:
        """P(positive) of each text, in order."""
        if not len(self._ids):
            return []
        network = SentimentRNN.with_weights(self._config, weights)
        with torch.inference_mode():
            logits = network(self._ids)
        return [float(value) for value in torch.sigmoid(logits)]
