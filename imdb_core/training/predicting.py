"""P(positive) of many reviews: by the compiled kernels where they can, else by PyTorch.

PyTorch and numba are imported by what computes, not by importing this.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from imdb_core.config import TrainConfig
from imdb_core.training.records import Arrays

if TYPE_CHECKING:
    from imdb_core.model import SentimentRNN

Predictor = Callable[[NDArray[np.int32]], NDArray[np.float32]]
"""From padded ids (N, T) to P(positive) (N,)."""

_BATCH: Final = 64


def predictor_for(config: TrainConfig, weights: Arrays) -> Predictor:
    """What judges with `weights`, the faster way on a CPU; both agree to 1e-6.

    Not to be shared between threads.

    Raises:
        WeightsMismatchError: the weights are not those of a network that `config` describes.
    """
    import torch

    from imdb_core.model import SentimentRNN
    from imdb_core.training.engines import engine_name

    network = SentimentRNN.with_weights(config, weights)  # names and shapes are checked here
    on_cpu = config.changed(engine="auto", device="cpu")
    if engine_name(on_cpu, torch.device("cpu")) == "fast":
        return fast_predictor(config, weights)
    return lambda ids: predict(network, ids)


def fast_predictor(config: TrainConfig, weights: Arrays) -> Predictor:
    """Judges by the compiled kernels: one layer, one direction."""
    from imdb_core.model.kernels.engine import Kernels

    kernels = Kernels(
        cell=config.cell,
        readout=config.readout,
        parameters=weights,
        batch_size=_BATCH,
        max_length=config.max_length,
    )
    return lambda ids: _sigmoid(kernels.predict(np.ascontiguousarray(ids)))


def predict(
    network: SentimentRNN, ids: NDArray[np.int32], batch_size: int = 512
) -> NDArray[np.float32]:
    """P(positive) of each row of `ids` (N, T) by PyTorch: (N,)."""
    import torch

    with torch.inference_mode():
        batches = [
            torch.sigmoid(network(torch.from_numpy(ids[start : start + batch_size])))
            for start in range(0, len(ids), batch_size)
        ]
        probabilities: NDArray[np.float32] = torch.cat(batches).numpy()
    return probabilities


def _sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    import torch

    probabilities: NDArray[np.float32] = torch.sigmoid(torch.from_numpy(logits)).numpy()
    return probabilities
