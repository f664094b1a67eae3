"""Training steps on the compiled kernels: no PyTorch in between."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from imdb_core.config import TrainConfig
from imdb_core.data.encoded import EncodedSplit
from imdb_core.model import SentimentRNN
from imdb_core.model.kernels.engine import Kernels
from imdb_core.stop_flag import StopFlag
from imdb_core.training.records import Arrays

_NO_ROWS = np.zeros(0, dtype=np.int64)


class FastEngine:
    """Computes one run's epochs like `TorchEngine`, whose state it can continue.

    Args:
        network: its first weights set; they are copied.
        config: learning rate, weight decay, gradient clip and batch size.
        train: rows to learn from.
        validation: rows to measure on.

    Attributes:
        kernels: the network, its moments, and how many threads share a batch.
    """

    name = "fast"

    def __init__(
        self,
        network: SentimentRNN,
        config: TrainConfig,
        train: EncodedSplit,
        validation: EncodedSplit,
    ) -> None:
        self._config = config
        self._train = train
        self._validation = validation
        self.kernels = Kernels(
            cell=config.cell,
            readout=config.readout,
            parameters={name: value.numpy() for name, value in network.state_dict().items()},
            batch_size=config.batch_size,
            max_length=config.max_length,
            embedding_epsilon=config.embedding_epsilon,
            weight_average=config.weight_average,
        )
        # Compiled here, if they never were, while the run still says that it prepares.
        self.kernels.train(train.ids[:0], train.labels[:0], _NO_ROWS, learning_rate=1.0)
        self.kernels.predict(train.ids[:0], _NO_ROWS)

    def train_epoch(self, order: Tensor, masks: Tensor | None, stop: StopFlag) -> float | None:
        """Learn from the training reviews in `order` (N,), a batch after the other.

        Returns the mean of the batch means (nats), or None if `stop` was set before the end.
        `masks` (N, readout_size) are the dropout factors in the same order.
        """
        self.kernels.stop = stop.memory
        losses = self.kernels.train(
            self._train.ids,
            self._train.labels,
            order.numpy(),
            masks=None if masks is None else masks.numpy(),
            learning_rate=self._config.learning_rate,
            weight_decay=self._config.weight_decay,
            clip=self._config.gradient_clip,
        )
        return None if stop.is_set() else _mean(losses)

    def validate(self, stop: StopFlag) -> tuple[float, float] | None:
        """Mean of the validation batches' means (nats), and the share of reviews judged right.

        None if `stop` was set before the end.
        """
        self.kernels.stop = stop.memory
        labels = self._validation.labels
        logits = self.kernels.predict(self._validation.ids, labels=labels)
        if stop.is_set():
            return None
        right = (logits > 0) == (labels > 0.5)
        return _mean(self.kernels.losses), int(right.sum()) / len(labels)

    def weights(self) -> Arrays:
        """Views of the parameters by name, or of their averages if such are kept."""
        return self.kernels.averages

    def optimizer_state(self) -> Arrays:
        """Views of Adam's moments, and its step count, under the names that PyTorch gives them."""
        steps = np.array(self.kernels.steps, dtype=np.float32)
        state: Arrays = {}
        for name, first in self.kernels.first_moments.items():
            state[f"step.{name}"] = steps
            state[f"exp_avg.{name}"] = first
            state[f"exp_avg_sq.{name}"] = self.kernels.second_moments[name]
            if self._config.weight_average:
                state[f"trained.{name}"] = self.kernels.parameters[name]
        return state

    def restore(self, weights: Arrays, optimizer_state: Arrays) -> None:
        """Continue from what `weights` and `optimizer_state` gave, bit for bit."""
        for name, view in self.kernels.parameters.items():
            view[...] = optimizer_state.get(f"trained.{name}", weights[name])
            self.kernels.averages[name][...] = weights[name]
            self.kernels.first_moments[name][...] = optimizer_state[f"exp_avg.{name}"]
            self.kernels.second_moments[name][...] = optimizer_state[f"exp_avg_sq.{name}"]
            self.kernels.steps = int(optimizer_state[f"step.{name}"])


def _mean(losses: NDArray[np.float64]) -> float:
    """Rounded once, whatever a library's order of sums."""
    return math.fsum(losses) / len(losses)
