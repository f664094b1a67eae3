import numpy as np
import pytest
import torch

from imdb_core.config import TrainConfig
from imdb_core.data.encoded import EncodedSplit
from imdb_core.model import SentimentRNN, initialize
from imdb_core.stop_flag import StopFlag
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
