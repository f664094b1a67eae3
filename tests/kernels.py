"""Random networks and reviews to hold the kernels against PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imdb_core.config import Cell, Readout
from imdb_core.model import SentimentRNN
from imdb_core.model.kernels.engine import Kernels, named_views

Floats = NDArray[np.float32]


def network_of(cell: Cell, readout: Readout, vocab: int, embedding: int, hidden: int) -> Any:
    """A network with PyTorch's own first weights, in single precision."""
    return SentimentRNN(vocab, embedding, hidden, cell=cell, readout=readout)


def parameters_of(network: SentimentRNN) -> dict[str, Floats]:
    """Copies of the network's parameters in single precision."""
    return {
        name: value.detach().float().numpy().copy() for name, value in network.state_dict().items()
    }


def kernels_of(
    network: SentimentRNN, cell: Cell, batch: int, length: int, *, threads: int | None = None
) -> Kernels:
    """Kernels with the weights of `network`."""
    return Kernels(
        cell=cell,
        readout=network.readout,
        parameters=parameters_of(network),
        batch_size=batch,
        max_length=length,
        threads=threads,
    )


def gradients_of(
    kernels: Kernels,
    token_ids: NDArray[np.int32],
    labels: Floats,
    order: NDArray[np.int64],
    masks: Floats | None = None,
) -> tuple[float, dict[str, Floats]]:
    """One batch's mean loss and its gradients by name, without a step; nothing of them stays."""
    gradient = kernels._arrays["gradient"]
    gradient[:] = 0
    (loss,) = kernels.train(token_ids, labels, order, masks=masks, learning_rate=0.0)
    named = named_views(gradient.copy(), kernels.sizes)
    gradient[:] = 0
    return float(loss), named


def reviews(
    rng: np.random.Generator, count: int, length: int, vocab: int, *, inner_zeros: bool = False
) -> tuple[NDArray[np.int32], Floats]:
    """Random ids, many with padding in front, one (`count // 2`) of nothing else; and labels."""
    ids = rng.integers(1, vocab, size=(count, length)).astype(np.int32)
    padding = rng.integers(0, length + 1, size=count) * (rng.random(count) < 0.6)
    ids[np.arange(length) < padding[:, None]] = 0
    if inner_zeros:
        ids[rng.random((count, length)) < 0.05] = 0
    ids[count // 2] = 0
    return ids, rng.integers(0, 2, count).astype(np.float32)
