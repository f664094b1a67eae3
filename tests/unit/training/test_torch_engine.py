import os
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from imdb_core.config import TrainConfig
from imdb_core.data.encoded import EncodedSplit
from imdb_core.model import SentimentRNN, initialize
from imdb_core.stop_flag import StopFlag
from imdb_core.training import torch_engine
from imdb_core.training.device import resolve_device
from imdb_core.training.loop import TrainingLoop
from imdb_core.training.torch_engine import TorchEngine

BATCHES = 20


class StopsAfter(StopFlag):
    """Set from the moment it was looked at more than `looks` times."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.looks_left = looks

    def is_set(self) -> bool:
        self.looks_left -= 1
        return self.looks_left < 0


@pytest.fixture
def engine() -> TorchEngine:
    random = np.random.default_rng(0)
    config = TrainConfig(batch_size=8)
    split = EncodedSplit(
        ids=random.integers(1, 500, (BATCHES * 8, 100), dtype=np.int32),
        labels=random.integers(0, 2, BATCHES * 8).astype(np.float32),
        rows=np.arange(BATCHES * 8),
    )
    network = initialize(SentimentRNN.empty(config), "torch", torch.Generator())
    return TorchEngine(network, config, split, split, torch.device("cpu"))


def test_a_stop_is_noticed_before_the_next_batch(engine: TorchEngine) -> None:
    order = torch.arange(BATCHES * 8)

    assert engine.train_epoch(order, None, StopsAfter(3)) is None
    assert set(step.item() for name, step in engine.optimizer_state().items()
               if name.startswith("step.")) == {3}  # fmt: skip
    assert engine.validate(StopsAfter(3)) is None


def test_a_large_state_takes_the_cores_that_the_process_may_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 3, 5}, raising=False)
    split = EncodedSplit(
        ids=np.zeros((0, 100), np.int32), labels=np.zeros(0, np.float32), rows=np.arange(0)
    )
    for hidden_size, threads in ((32, 1), (33, 3)):
        config = TrainConfig(hidden_size=hidden_size)
        network = initialize(SentimentRNN.empty(config), "torch", torch.Generator())
        TorchEngine(network, config, split, split, torch.device("cpu"))

        assert torch.get_num_threads() == threads


class SinglePrecision(TorchDispatchMode):
    """Refuses a double as Apple's GPU does."""

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        result = function(*args, **kwargs or {})
        if isinstance(result, torch.Tensor) and result.dtype == torch.float64:
            raise TypeError("the MPS framework doesn't support float64")
        return result


def test_nothing_on_the_device_is_a_double(
    engine: TorchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_engine, "_mean", lambda losses: 0.0)  # reads them on the CPU

    with SinglePrecision():
        assert engine.train_epoch(torch.arange(BATCHES * 8), None, StopFlag()) is not None
        assert engine.validate(StopFlag()) is not None


@pytest.mark.parametrize(
    ("has_cuda", "has_mps", "settings", "expected"),
    [
        (False, False, {"num_layers": 2}, "cpu"),
        (False, True, {}, "cpu"),
        (False, True, {"num_layers": 2}, "mps"),
        (False, True, {"bidirectional": True}, "mps"),
        (True, True, {}, "cuda"),
    ],
)
def test_auto_takes_cuda_and_apples_gpu_only_where_no_kernel_can_train(
    monkeypatch: pytest.MonkeyPatch,
    has_cuda: bool,
    has_mps: bool,
    settings: dict[str, Any],
    expected: str,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: has_mps)

    assert resolve_device(TrainConfig(**settings)).type == expected


def test_subnormals_are_the_callers_own_again_after_an_epoch() -> None:
    rows = EncodedSplit(
        ids=np.ones((8, 10), np.int32), labels=np.zeros(8, np.float32), rows=np.arange(8)
    )
    config = TrainConfig(engine="torch", max_length=10)
    loop = TrainingLoop(config, rows, rows, torch.device("cpu"))
    loop.engine.train_epoch(torch.arange(8), None, StopFlag())
    loop.engine.validate(StopFlag())
    assert torch.full((1,), 1e-39).mul_(1.0) > 0
