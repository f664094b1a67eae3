"""Training steps on PyTorch's own layers, with all batches resident on the device."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import binary_cross_entropy, binary_cross_entropy_with_logits

from imdb_core.config import TrainConfig
from imdb_core.data.encoded import EncodedSplit
from imdb_core.model import SentimentRNN
from imdb_core.stop_flag import StopFlag
from imdb_core.training.cuda_graph import Recorded
from imdb_core.training.records import Arrays

_TRAINED = "trained."


@contextmanager
def _flushing_subnormals() -> Iterator[None]:
    """Let this thread take numbers below 1.2e-38 for zero; they cost Intel's processors dearly.

    No loss of the notebook's changes by it. PyTorch's other threads go on as they are.
    """
    was_flushing = bool(torch.full((1,), 1e-39).mul_(1.0) == 0)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(was_flushing)


class TorchEngine:
    """Computes one run's batches; it knows nothing of epochs to come, files or threads.

    Args:
        network: its first weights set, on the CPU.
        config: learning rate, weight decay, gradient clip and batch size.
        train: rows to learn from.
        validation: rows to measure on.
        device: where to compute.
    """

    name = "torch"

    def __init__(
        self,
        network: SentimentRNN,
        config: TrainConfig,
        train: EncodedSplit,
        validation: EncodedSplit,
        device: torch.device,
    ) -> None:
        _use_threads(config)
        if device.type == "cuda":
            # For the whole process: nothing in it wants cuDNN's quicker, varying sums.
            torch.backends.cudnn.deterministic = True
        self._config = config
        self._network = network.to(device)
        self._device = device
        self._train = _on_device(train, device)
        self._validation = _on_device(validation, device)
        self._average = _copy(self._network) if config.weight_average else None
        self._steps = torch.zeros((), device=device)  # float32, as Adam counts its own
        words: Tensor = network.embedding.weight
        others = [parameter for parameter in network.parameters() if parameter is not words]
        groups: list[dict[str, Any]] = [
            {"params": [words], "eps": config.embedding_epsilon},
            {"params": others},
        ]
        self._optimizer = torch.optim.Adam(
            groups,
            lr=config.learning_rate,
            weight_decay=config.weight_decay,
            decoupled_weight_decay=True,
            capturable=device.type == "cuda",  # it counts its steps there
        )
        self._forget_recordings()

    def _forget_recordings(self) -> None:
        """A recording holds addresses: what was put into a new place must be recorded anew."""
        batch = self._config.batch_size, self._config.max_length
        self._learn = Recorded(self._step, batch)
        self._judge = Recorded(self._losses_and_hits, batch)

    @_flushing_subnormals()
    def train_epoch(self, order: Tensor, masks: Tensor | None, stop: StopFlag) -> float | None:
        """Learn from the training reviews in `order` (N,), a batch after the other.

        Returns the mean of the batch means (nats), or None if `stop` was set before the end.
        `masks` (N, readout_size) are the dropout factors in the same order.
        """
        self._network.train()
        ids, labels = self._train
        order = order.to(self._device)
        if masks is not None:
            masks = masks.to(self._device)
        batches = self._batches(len(order))
        losses = self._no_losses(len(batches))
        for number, batch in enumerate(batches):
            if stop.is_set():
                return None
            rows = order[batch]
            mask = () if masks is None else (masks[batch],)
            (losses[number],) = self._learn(ids[rows], labels[rows], *mask)
        return _mean(losses)

    def _batches(self, count: int) -> list[slice]:
        size = self._config.batch_size
        return [slice(start, start + size) for start in range(0, count, size)]

    def _no_losses(self, batches: int) -> Tensor:
        # On the device: reading each loss would make a GPU wait for it.
        return torch.zeros(batches, device=self._device)

    def _step(self, ids: Tensor, labels: Tensor, mask: Tensor | None = None) -> tuple[Tensor]:
        """Learn from a batch; returns its mean loss."""
        self._optimizer.zero_grad()
        loss, _ = _loss(self._network(ids, mask), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        if self._config.gradient_clip:
            torch.nn.utils.clip_grad_norm_(self._network.parameters(), self._config.gradient_clip)
        self._optimizer.step()
        self._follow()
        return (loss.detach(),)

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the running averages to the parameters, faster in the first steps.

        The share that is kept is TensorFlow's in `ExponentialMovingAverage(num_updates=step)`.
        """
        if self._average is None:
            return
        self._steps += 1
        share = (1 + self._steps) / (10 + self._steps)
        keep = share.clamp(max=self._config.weight_average)
        for average, parameter in zip(
            self._average.parameters(), self._network.parameters(), strict=True
        ):
            average.lerp_(parameter, 1 - keep)

    @_flushing_subnormals()
    @torch.no_grad()
    def validate(self, stop: StopFlag) -> tuple[float, float] | None:
        """Mean of the validation batches' means (nats), and the share of reviews judged right.

        None if `stop` was set before the end.
        """
        self._scored.eval()
        ids, labels = self._validation
        batches = self._batches(len(labels))
        losses = self._no_losses(len(batches))
        right = torch.zeros((), dtype=torch.int64, device=self._device)
        for number, batch in enumerate(batches):
            if stop.is_set():
                return None
            losses[number], hits = self._judge(ids[batch], labels[batch])
            right += hits
        return _mean(losses), int(right) / len(labels)

    def _losses_and_hits(self, ids: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """A batch's mean loss, and how many of its reviews are judged right."""
        loss, probabilities = _loss(self._scored(ids), labels)
        return loss, ((probabilities > 0.5) == (labels > 0.5)).sum()

    def weights(self) -> Arrays:
        """The parameters by name, or their averages if such are kept; on the CPU views."""
        return {name: _array(value) for name, value in self._scored.state_dict().items()}

    @property
    def _scored(self) -> SentimentRNN:
        return self._network if self._average is None else self._average

    def optimizer_state(self) -> Arrays:
        """Adam's moments and step count, as `exp_avg.<parameter>` and so on; on the CPU views."""
        state = {
            f"{key}.{name}": _array(value)
            for name, parameter in self._network.named_parameters()
            for key, value in self._optimizer.state[parameter].items()
        }
        if self._average is not None:
            weights = self._network.state_dict().items()
            state |= {f"{_TRAINED}{name}": _array(value) for name, value in weights}
        return state

    def restore(self, weights: Arrays, optimizer_state: Arrays) -> None:
        """Continue from what `weights` and `optimizer_state` gave, bit for bit."""
        trained = {
            name.removeprefix(_TRAINED): array
            for name, array in optimizer_state.items()
            if name.startswith(_TRAINED)
        }
        self._network.load_state_dict(_tensors(trained or weights))
        if self._average is not None:
            self._average.load_state_dict(_tensors(weights))
        for key_and_name, array in optimizer_state.items():
            key, name = key_and_name.split(".", 1)
            if key_and_name.startswith(_TRAINED):
                continue
            parameter = self._network.get_parameter(name)
            # Adam counts on the CPU but for CUDA.
            is_count = key == "step" and self._device.type != "cuda"
            device = torch.device("cpu") if is_count else self._device
            self._optimizer.state[parameter][key] = torch.tensor(array, device=device)
            if key == "step":
                self._steps.fill_(float(array))
        self._forget_recordings()


def _copy(network: SentimentRNN) -> SentimentRNN:
    copied = copy.deepcopy(network)
    # cuDNN wants a layer's weights in one piece, which is lost when they are copied one by one.
    copied.rnn.flatten_parameters()
    return copied


def _use_threads(config: TrainConfig) -> None:
    # A small state is done before a second thread wakes, and where other programs keep the
    # cores busy, threads that wait for each other cost many times what they save.
    torch.set_num_threads(1 if config.hidden_size <= 32 else _usable_cores())


def _usable_cores() -> int:
    """Those that this process may use, where the system says; else all that there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _loss(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Mean cross entropy (nats) and P(positive) of a batch; not finite if a logit is not.

    On the CPU these are the notebook's sigmoid and loss, two steps: fused into one they
    round otherwise, and after some 25 epochs of its preset the last bit decides the second
    decimal. That loss refuses NaN with an error, which on a GPU ends the process.
    """
    probabilities = torch.sigmoid(logits)
    if logits.device.type != "cpu":
        return binary_cross_entropy_with_logits(logits, labels), probabilities
    if not torch.isfinite(probabilities).all():
        return logits.mean(), probabilities
    return binary_cross_entropy(probabilities, labels), probabilities


def _mean(losses: Tensor) -> float:
    """Added up on the CPU, in double precision: an Apple GPU has none."""
    return float(losses.cpu().double().mean())


def _on_device(split: EncodedSplit, device: torch.device) -> tuple[Tensor, Tensor]:
    return (
        torch.from_numpy(split.ids).to(device),
        torch.from_numpy(split.labels).to(device),
    )


def _tensors(arrays: Arrays) -> dict[str, Tensor]:
    return {name: torch.tensor(array) for name, array in arrays.items()}


def _array(value: Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = value.detach().cpu().numpy()
    return array
