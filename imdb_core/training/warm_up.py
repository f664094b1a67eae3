"""Getting ready what the first training would otherwise wait for."""

from __future__ import annotations

import numpy as np
import torch

from imdb_core.config import TrainConfig
from imdb_core.data.encoded import EncodedSplit
from imdb_core.model import SentimentRNN, initialize
from imdb_core.training.fast_engine import FastEngine


def warm_up() -> None:
    """Compile the kernels that the Notebook preset needs, or load them from the cache on disk.

    Takes some five seconds after an installation and a fraction of one later; importing this
    module has loaded PyTorch by then. What another cell needs besides takes a second, and waits
    until it is asked for.
    """
    no_reviews = EncodedSplit(
        ids=np.zeros((0, 10), dtype=np.int32),
        labels=np.zeros(0, dtype=np.float32),
        rows=np.zeros(0, dtype=np.int64),
    )
    config = TrainConfig(max_length=10)
    network = initialize(SentimentRNN.empty(config), "torch", torch.Generator())
    FastEngine(network, config, no_reviews, no_reviews)
