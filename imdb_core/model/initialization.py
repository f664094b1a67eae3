"""First weights, drawn from a generator of one's own."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn

from imdb_core.config import Initialization
from imdb_core.model.sentiment_rnn import SentimentRNN


@torch.no_grad()
def initialize(
    network: SentimentRNN,
    scheme: Initialization,
    generator: Generator,
    word_vectors: NDArray[np.float32] | None = None,
) -> SentimentRNN:
    """Set every weight of `network` in place; equal generators give equal weights.

    `torch` draws the very numbers that the constructors of `nn.Embedding`, `nn.RNN`
    (GRU, LSTM) and `nn.Linear` would draw, in the order of construction. `keras` draws
    from the distributions of Keras's layers: embedding uniform within 0.05, Glorot
    uniform input weights, orthogonal recurrent weights, zero biases but for one in an
    LSTM's forget gate (Jozefowicz et al., 2015). `word_vectors` draws as `keras`, then lets
    the embedding start from the given (V, E) vectors; without them it is a stand-in of the
    same size, good enough to measure time with.
    """
    if scheme == "torch":
        _draw_as_torch(network, generator)
    else:
        _draw_as_keras(network, generator)
    if scheme == "word_vectors" and word_vectors is not None:
        network.embedding.weight.copy_(torch.from_numpy(word_vectors))
    return network


def _draw_as_torch(network: SentimentRNN, generator: Generator) -> None:
    nn.init.normal_(network.embedding.weight, generator=generator)
    bound = 1 / math.sqrt(network.rnn.hidden_size)
    for parameter in network.rnn.parameters():
        nn.init.uniform_(parameter, -bound, bound, generator=generator)
    nn.init.kaiming_uniform_(network.dense.weight, a=math.sqrt(5), generator=generator)
    bound = 1 / math.sqrt(network.readout_size)
    nn.init.uniform_(network.dense.bias, -bound, bound, generator=generator)


def _draw_as_keras(network: SentimentRNN, generator: Generator) -> None:
    nn.init.uniform_(network.embedding.weight, -0.05, 0.05, generator=generator)
    hidden_size = network.rnn.hidden_size
    for name, parameter in network.rnn.named_parameters():
        if name.startswith("weight_ih"):
            # Keras holds all gates in one matrix, and its fans count them together.
            nn.init.xavier_uniform_(parameter, generator=generator)
        elif name.startswith("weight_hh"):
            parameter.copy_(_orthogonal(torch.empty_like(parameter).normal_(generator=generator)))
        else:
            nn.init.zeros_(parameter)
            if isinstance(network.rnn, nn.LSTM) and name.startswith("bias_ih"):
                parameter[hidden_size : 2 * hidden_size] = 1.0  # gates: input, forget, cell, output
    nn.init.xavier_uniform_(network.dense.weight, generator=generator)
    nn.init.zeros_(network.dense.bias)


def _orthogonal(normal: Tensor) -> Tensor:
    """Orthogonal columns of the same shape, from normal ones: as `nn.init.orthogonal_` gives.

    That one asks LAPACK, whose sums differ between processors; here each column takes its
    share from those behind it (Gram and Schmidt), every sum running down the rows.
    """
    columns = normal.numpy().astype(np.float64)
    for j in range(columns.shape[1]):
        columns[:, j] /= math.sqrt(math.fsum(columns[:, j] ** 2))
        column, others = columns[:, j : j + 1], columns[:, j + 1 :]
        others -= column * np.add.reduce(column * others, axis=0)
    return torch.from_numpy(columns.astype(np.float32))
