"""How large a network is, and what training it takes in memory."""

from __future__ import annotations

import math
from typing import Final

from imdb_core.config import TrainConfig

IMDB_REVIEW_WORDS: Final = 238.0
"""How long its reviews are on average."""
GATES: Final = {"rnn": 1, "gru": 3, "lstm": 4}
"""How many matrices of each kind a cell has."""
_FLOAT: Final = 4
# Floats that PyTorch keeps of a unit at a time step between its passes, forward and
# backward together; measured as the growth of the process over hidden 32 to 128.
_KEPT_BY_TORCH: Final = {"rnn": 4, "gru": 14, "lstm": 14}


def parameter_count(config: TrainConfig) -> int:
    """How many numbers `SentimentRNN` learns, without building one."""
    directions = 2 if config.bidirectional else 1
    units = GATES[config.cell] * config.hidden_size
    total = config.vocab_size * config.embedding_dim
    inputs = config.embedding_dim
    for _ in range(config.num_layers):
        total += directions * units * (inputs + config.hidden_size + 2)
        inputs = directions * config.hidden_size
    return total + _readout_size(config) + 1


def footprint_bytes(
    config: TrainConfig,
    engine: str,
    train_rows: int,
    validation_rows: int,
    *,
    review_words: float = IMDB_REVIEW_WORDS,
) -> int:
    """Bytes that a training adds to a process at its height, PyTorch itself not counted.

    Args:
        config: of the training.
        engine: `torch` or `fast`.
        train_rows, validation_rows: how many reviews.
        review_words: how long they are on average.
    """
    rows = train_rows + validation_rows
    encoded = rows * config.max_length * 4 + 12 * rows
    masks = 2 * train_rows * _readout_size(config) * _FLOAT if config.dropout else 0
    scratch = _fast_bytes(config) if engine == "fast" else _torch_bytes(config)
    # Word vectors have been worked out before the network is made.
    return encoded + max(masks + scratch, _vectors_bytes(config, train_rows, review_words))


def _fast_bytes(config: TrainConfig) -> int:
    """Exactly what the kernels allocate."""
    from imdb_core.model.kernels.engine import allocated_bytes
    from imdb_core.model.kernels.plan import sizes_of

    sizes = sizes_of(
        cell=config.cell,
        readout=config.readout,
        vocabulary=config.vocab_size,
        embedding=config.embedding_dim,
        hidden=config.hidden_size,
        length=config.max_length,
        batch=config.batch_size,
        averaged=config.weight_average > 0,
    )
    return allocated_bytes(sizes)


def _torch_bytes(config: TrainConfig) -> int:
    """Weights, averages, gradients, Adam's moments, and what a batch leaves for its way back."""
    directions = 2 if config.bidirectional else 1
    tokens = config.batch_size * config.max_length
    states = directions * config.num_layers * config.hidden_size * _KEPT_BY_TORCH[config.cell]
    readout = 3 * directions * config.hidden_size if config.readout == "mean_max" else 0
    kept = tokens * (2 * config.embedding_dim + states + readout)
    copies = 5 if config.weight_average else 4
    return _FLOAT * (copies * parameter_count(config) + kept)


def _vectors_bytes(config: TrainConfig, train_rows: int, review_words: float) -> int:
    """What `find_word_vectors` takes for reviews of any lengths with this average.

    How many pairs of words keep company is fitted to IMDB's reviews, with 500 to 40,000 words
    and 0.6 to 4.7 million places; there it is right within a tenth.
    """
    if config.initialization != "word_vectors" or not train_rows:
        return 0
    vocabulary, size = config.vocab_size, config.embedding_dim
    places = train_rows * review_words * -math.expm1(-config.max_length / review_words)
    pairs = 2.15 * places * vocabulary / (vocabulary + 5700) * math.pow(places / 4e6, -0.32)
    sparse = 3 * _FLOAT * min(pairs, 0.9 * vocabulary * vocabulary) + _FLOAT * places
    dense = vocabulary * (4 * _FLOAT * (size + 8) + 8 * size)
    return round(sparse + dense)


def _readout_size(config: TrainConfig) -> int:
    directions = 2 if config.bidirectional else 1
    return math.prod((config.hidden_size, directions, 2 if config.readout == "mean_max" else 1))
