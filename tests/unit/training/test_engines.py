import numpy as np
import pytest
import torch

from imdb_core.config import TrainConfig
from imdb_core.data import Dataset
from imdb_core.data.encoded import EncodedSplit, encode_split
from imdb_core.errors import EngineUnavailableError
from imdb_core.stop_flag import StopFlag
from imdb_core.training.engines import engine_name
from imdb_core.training.loop import TrainingLoop
from imdb_core.training.records import EpochRecord

CPU = torch.device("cpu")


class History:
    def __init__(self) -> None:
        self.records: list[EpochRecord] = []

    def epoch(self, record: EpochRecord, loop: TrainingLoop) -> None:
        self.records.append(record)


def random_split(count: int) -> EncodedSplit:
    random = np.random.default_rng(count)
    return EncodedSplit(
        ids=random.integers(1, 500, (count, 30), dtype=np.int32),
        labels=random.integers(0, 2, count).astype(np.float32),
        rows=np.arange(count),
    )


def small_loop(engine: str, **changes: object) -> TrainingLoop:
    config = TrainConfig.parse({"engine": engine, "max_length": 30, "max_epochs": 3} | changes)
    return TrainingLoop(config, random_split(200), random_split(60), CPU)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("readout", ["last", "mean_max"])
def test_both_engines_draw_the_same_numbers_and_tell_the_same_losses(
    cell: str, readout: str
) -> None:
    histories = []
    for engine in ("torch", "fast"):
        history = History()
        loop = small_loop(
            engine, cell=cell, readout=readout, dropout=0.4, learning_rate=0.003,
            weight_decay=0.01, gradient_clip=0.5,
        )  # fmt: skip
        loop.run(history, StopFlag())
        histories.append([(r.train_loss, r.val_loss) for r in history.records])
    torch_losses, fast_losses = histories

    assert np.allclose(torch_losses, fast_losses, rtol=0, atol=1e-5)


def test_either_engine_continues_what_the_other_began() -> None:
    first = small_loop("torch")
    first.run(History(), StopFlag())
    second, third = small_loop("fast", max_epochs=4), small_loop("torch", max_epochs=4)
    second.restore(first.state())
    third.restore(first.state())
    histories = History(), History()

    second.run(histories[0], StopFlag())
    third.run(histories[1], StopFlag())

    assert histories[0].records[0].epoch == 4
    assert histories[0].records[0].val_loss == pytest.approx(
        histories[1].records[0].val_loss, abs=1e-5
    )


@pytest.mark.parametrize("changes", [{"num_layers": 2}, {"bidirectional": True}])
def test_a_network_that_the_kernels_cannot_do_takes_torch_or_says_why(
    changes: dict[str, object],
) -> None:
    assert engine_name(TrainConfig.parse(changes), CPU) == "torch"
    with pytest.raises(EngineUnavailableError, match="The fast engine cannot train this network"):
        engine_name(TrainConfig.parse(changes | {"engine": "fast"}), CPU)


def test_a_gpu_takes_torch() -> None:
    assert engine_name(TrainConfig(), torch.device("cuda")) == "torch"
    assert engine_name(TrainConfig(), CPU) == "fast"


@pytest.mark.imdb
def test_the_fast_engine_follows_the_notebooks_curve(keras_dataset: Dataset) -> None:
    """Until rounding takes over: from about epoch 22 on, any two ways to round part."""
    histories = []
    for engine in ("torch", "fast"):
        config = TrainConfig.parse({"engine": engine, "max_epochs": 18})
        splits = [encode_split(keras_dataset, name, config) for name in ("train", "validation")]
        history = History()
        TrainingLoop(config, splits[0], splits[1], CPU).run(history, StopFlag())
        histories.append([(r.train_loss, r.val_loss) for r in history.records])

    assert np.allclose(histories[0], histories[1], rtol=0, atol=1e-5)
