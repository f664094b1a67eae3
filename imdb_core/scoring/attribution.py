"""How much each word counts for the verdict, in two ways, in logits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from imdb_core.config import TrainConfig
from imdb_core.data import PAD_ID, Reviews, encode
from imdb_core.model import SentimentRNN
from imdb_core.scoring.passes import CELLS_AT_ONCE, logits_of, logits_of_vectors
from imdb_core.scoring.reading import Reading

_WAYS = ((32, "gausslegendre"), (128, "gausslegendre"), (1024, "riemann_middle"))
_MOST_CELLS = 4096  # places × states: so many steps take a small network a tenth of a second
_LARGE_ERROR = 0.1
_GOOD_ERROR = 0.01
_CELLS_AT_ONCE = CELLS_AT_ONCE // 4  # a way back keeps all that the way there passed


@dataclass(frozen=True, kw_only=True, eq=False)
class Attribution:
    """What each word counts, towards positive where it is above zero.

    Attributes:
        values: one for each word that is read, (words_read,) float64, in logits.
        difference: the logit of the review less that of the review without its words.
    """

    values: NDArray[np.float64]
    difference: float

    @property
    def total(self) -> float:
        """What the words count together."""
        return float(self.values.sum())

    @property
    def error(self) -> float:
        """By how much `total` misses `difference`: the completeness error."""
        return self.total - self.difference

    @property
    def is_close(self) -> bool:
        """Whether the error is below a tenth of the difference, or of 1 where that is less."""
        return abs(self.error) <= _LARGE_ERROR * max(1.0, abs(self.difference))


def integrated_gradients(network: SentimentRNN, reading: Reading) -> Attribution:
    """Gradients summed up on the way from blank words to the review's own.

    Sundararajan, Taly and Yan, 'Axiomatic Attribution for Deep Networks', 2017, on the word
    vectors; at the start of the way each word has the padding's vector. In theory the values
    add up to the difference; the steps on the way are finite, so an error remains. More steps
    are taken where it is above 0.01. A plain RNN whose states saturate jumps on the way, and no
    number of steps meets that: of the Notebook preset trained to its end, on 25 test reviews,
    8 were off by more than 0.01 with 2,048 steps, 12 with 128.

    `network` must not want gradients of its weights: they would be worked out for nothing.
    """
    # Brings matplotlib along; a page without this explanation does without both.
    from captum.attr import IntegratedGradients  # type: ignore[import-untyped]

    ids = torch.from_numpy(reading.ids)[None]
    is_word = ids != PAD_ID
    first = reading.first_place
    with torch.no_grad():
        vectors = network.embedding(ids)  # (1, T, E)
        blank = vectors.clone()
        blank[:, first:] = network.embedding.weight[PAD_ID]
        both = logits_of_vectors(network, torch.cat((vectors, blank)), is_word.repeat(2, 1))
    difference = float(both[0]) - float(both[1])
    method = IntegratedGradients(lambda words, mask: logits_of_vectors(network, words, mask))
    states = network.rnn.hidden_size * network.rnn.num_layers
    for steps, rule in _WAYS:
        if steps > 128 and ids.shape[1] * states > _MOST_CELLS:
            break
        gradients = method.attribute(
            vectors,
            blank,
            additional_forward_args=(is_word,),
            n_steps=steps,
            method=rule,
            internal_batch_size=max(1, _CELLS_AT_ONCE // ids.shape[1]),
        )
        values = gradients[0, first:].double().sum(dim=1).numpy()
        found = Attribution(values=values, difference=difference)
        if abs(found.error) <= _GOOD_ERROR:
            break
    return found


def left_out(network: SentimentRNN, config: TrainConfig, reading: Reading) -> Attribution:
    """The logit of the review less that of the review without the word, for each word.

    A word that was cut off moves in where the review is longer than the network reads.
    What words do only together is counted for each of them or for none, so the values need
    not add up to the difference.

    Args:
        network: judges.
        config: its settings.
        reading: the review.
    """
    whole = float(logits_of(network, reading.ids[None])[0])
    extra = len(reading.ranks) - reading.words_read
    rows_at_once = max(1, CELLS_AT_ONCE // config.max_length)
    values = np.zeros(reading.words_read)
    for start in range(0, reading.words_read, rows_at_once):
        indexes = range(start, min(start + rows_at_once, reading.words_read))
        rows = [np.delete(reading.ranks, extra + index) for index in indexes]
        values[start : start + len(rows)] = whole - logits_of(network, _encode(rows, config))
    nothing = float(logits_of(network, _encode([reading.ranks[:0]], config))[0])
    return Attribution(values=values, difference=whole - nothing)


def _encode(rows: list[NDArray[np.int32]], config: TrainConfig) -> NDArray[np.int32]:
    reviews = Reviews.from_rows(rows, np.zeros(len(rows), dtype=np.uint8))
    return encode(reviews, config.vocab_size, config.max_length)
