"""What an engine does, and which one takes a run."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from imdb_core.config import TrainConfig
from imdb_core.data.encoded import EncodedSplit
from imdb_core.errors import EngineUnavailableError
from imdb_core.model import SentimentRNN
from imdb_core.stop_flag import StopFlag
from imdb_core.training.device import kernels_obstacle
from imdb_core.training.records import Arrays
from imdb_core.training.torch_engine import TorchEngine


class Engine(Protocol):
    """Computes one run's epochs; it knows nothing of rules, files or threads.

    Attributes:
        name: `torch` or `fast`.
    """

    name: str

    def train_epoch(self, order: Tensor, masks: Tensor | None, stop: StopFlag) -> float | None:
        """Learn from the training reviews in `order` (N,), a batch after the other.

        Returns the mean of the batch means (nats), or None if `stop` was set before the end.
        `masks` (N, readout_size) are the dropout factors in the same order.
        """

    def validate(self, stop: StopFlag) -> tuple[float, float] | None:
        """Mean of the validation batches' means (nats), and the share of reviews judged right.

        None if `stop` was set before the end.
        """

    def weights(self) -> Arrays:
        """The parameters by name, or their averages if such are kept: what `validate` measured.

        They may be views, and so move with the next epoch.
        """

    def optimizer_state(self) -> Arrays:
        """Adam's moments and step counts, as `exp_avg.<parameter>` and so on; beside averages
        also the parameters themselves, as `trained.<parameter>`. They may be views.
        """

    def restore(self, weights: Arrays, optimizer_state: Arrays) -> None:
        """Continue from what `weights` and `optimizer_state` gave, bit for bit."""


def make_engine(
    network: SentimentRNN,
    config: TrainConfig,
    train: EncodedSplit,
    validation: EncodedSplit,
    device: torch.device,
) -> Engine:
    """The engine that `config` asks for, or for `auto` the faster one.

    Raises:
        EngineUnavailableError: the fast one is asked for, but cannot do this network.
    """
    name = engine_name(config, device)
    if name == "torch":
        return TorchEngine(network, config, train, validation, device)
    # Imported where it is needed: numba takes a second.
    from imdb_core.training.fast_engine import FastEngine

    return FastEngine(network, config, train, validation)


def engine_name(config: TrainConfig, device: torch.device) -> str:
    """`torch` or `fast`, by the rule of `make_engine`.

    Raises:
        EngineUnavailableError: as there.
    """
    obstacle = _obstacle(config, device)
    if config.engine == "fast" and obstacle:
        raise EngineUnavailableError(
            f"The fast engine cannot train this network: {obstacle}. Set Engine to auto."
        )
    if config.engine == "auto":
        return "torch" if obstacle else "fast"
    return config.engine


def _obstacle(config: TrainConfig, device: torch.device) -> str:
    if device.type != "cpu":
        return f"it computes on the CPU, not on {device.type}"
    return kernels_obstacle(config)
