"""Getting ready what the first training would otherwise wait for."""

from __future__ import annotations

import numpy as np
import torch

from imdb_core.config import Cell, TrainConfig
from imdb_core.data.encoded import EncodedSplit
from imdb_core.model import SentimentRNN, initialize
from imdb_core.training.fast_engine import FastEngine

_CELLS: tuple[Cell, ...] = ("rnn", "gru", "lstm")


def warm_up() -> None:
    """Compile the kernels of every cell, or load them from numba's cache on disk.

    Takes some ten seconds after an installation and a fraction of one later; importing
    this module has loaded PyTorch by then.
    """
    no_reviews = EncodedSplit(
        ids=np.zeros((0, 10), dtype=np.int32),
        labels=np.zeros(0, dtype=np.float32),
        rows=np.zeros(0, dtype=np.int64),
    )
    for cell in _CELLS:
        config = TrainConfig(cell=cell, max_length=10)
        network = initialize(SentimentRNN.empty(config), "torch", torch.Generator())
        FastEngine(network, config, no_reviews, no_reviews)
