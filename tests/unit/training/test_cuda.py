"""Training on a GPU, where there is one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch

from imdb_core.config import TrainConfig
from imdb_core.data.encoded import EncodedSplit
from imdb_core.model import SentimentRNN, initialize
from imdb_core.stop_flag import StopFlag
from imdb_core.training import cuda_graph, torch_engine
from imdb_core.training.loop import TrainingLoop
from imdb_core.training.records import Arrays
from imdb_core.training.torch_engine import TorchEngine
from tests.unit.training.test_engines import History, random_split

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU for PyTorch")

CONFIGS = {
    "notebook": TrainConfig(max_length=30, max_epochs=3, learning_rate=3e-3),
    "all at once": TrainConfig(
        cell="lstm", num_layers=2, bidirectional=True, readout="mean_max", hidden_size=16,
        dropout=0.4, weight_decay=0.01, gradient_clip=0.5, weight_average=0.9,
        max_length=30, max_epochs=3, learning_rate=3e-3,
    ),
}  # fmt: skip


def trained(config: TrainConfig, device: str) -> tuple[list[tuple[float, float]], Arrays]:
    """Losses by epoch, and the last weights."""
    history = History()
    loop = TrainingLoop(config, random_split(200), random_split(60), torch.device(device))
    loop.run(history, StopFlag())
    losses = [(record.train_loss, record.val_loss) for record in history.records]
    return losses, {name: array.copy() for name, array in loop.engine.weights().items()}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_the_curve_is_that_of_the_cpu(config: TrainConfig) -> None:
    on_gpu, _ = trained(config, "cuda")
    on_cpu, _ = trained(config.changed(engine="torch"), "cpu")

    # cuDNN multiplies in TF32, which has ten bits.
    np.testing.assert_allclose(on_gpu, on_cpu, rtol=0, atol=1e-3)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_one_seed_gives_one_training(config: TrainConfig) -> None:
    losses, weights = trained(config, "cuda")
    again, same = trained(config, "cuda")

    assert again == losses
    assert all(np.array_equal(same[name], array) for name, array in weights.items())


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_recorded_steps_give_the_bits_of_single_ones(
    config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses, weights = trained(config, "cuda")
    monkeypatch.setattr(cuda_graph, "_FIRST_CALLS", 1_000_000)
    singly, same = trained(config, "cuda")

    assert singly == losses
    assert all(np.array_equal(same[name], array) for name, array in weights.items())


def test_a_training_goes_on_from_its_state_to_the_same_bits() -> None:
    config = CONFIGS["all at once"]
    whole, first, second = (
        TrainingLoop(config, random_split(200), random_split(60), torch.device("cuda"))
        for _ in range(3)
    )
    whole.run(History(), StopFlag())
    first.run(History(), StopFlag(), pause_after=1)
    second.restore(first.state())
    second.run(History(), StopFlag())

    for name, array in whole.engine.weights().items():
        assert np.array_equal(second.engine.weights()[name], array), name


@contextmanager
def no_waiting_for_the_gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse whatever makes the host wait, but for the losses' way back at an epoch's end."""
    mean = torch_engine._mean

    def read(losses: torch.Tensor) -> float:
        torch.cuda.set_sync_debug_mode("default")
        return mean(losses)

    monkeypatch.setattr(torch_engine, "_mean", read)
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_no_batch_waits_for_the_gpu(config: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    split: EncodedSplit = random_split(200)
    network = initialize(SentimentRNN.empty(config), config.initialization, torch.Generator())
    engine = TorchEngine(network, config, split, split, torch.device("cuda"))
    order = torch.arange(200, device="cuda")
    masks = torch.ones(200, network.readout_size, device="cuda")
    works: list[Callable[[], object]] = [
        lambda: engine.train_epoch(order, masks, StopFlag()),
        lambda: engine.validate(StopFlag()),
    ]
    for work in works:
        work()  # the first loads libraries, which waits
        with no_waiting_for_the_gpu(monkeypatch):
            assert work() is not None
