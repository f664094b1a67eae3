import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch

from imdb_core.config import TrainConfig
from imdb_core.data.encoded import EncodedSplit
from imdb_core.errors import EngineUnavailableError
from imdb_core.stop_flag import StopFlag
from imdb_core.training.engines import engine_name
from imdb_core.training.loop import TrainingLoop
from imdb_core.training.records import Arrays, EpochRecord

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
@pytest.mark.parametrize("averaging", [0.0, 0.9])
def test_both_engines_draw_the_same_numbers_and_tell_the_same_losses(
    cell: str, readout: str, averaging: float
) -> None:
    histories = []
    for engine in ("torch", "fast"):
        history = History()
        loop = small_loop(
            engine, cell=cell, readout=readout, dropout=0.4, learning_rate=0.003,
            weight_decay=0.01, gradient_clip=0.5, weight_average=averaging,
            embedding_epsilon=0.01 if averaging else 1e-8, vocab_size=501, embedding_dim=6,
        )  # fmt: skip
        loop.run(history, StopFlag())
        histories.append([(r.train_loss, r.val_loss) for r in history.records])
    torch_losses, fast_losses = histories

    assert np.allclose(torch_losses, fast_losses, rtol=0, atol=1e-5)


@pytest.mark.parametrize("averaging", [0.0, 0.9])
@pytest.mark.parametrize("beginner", ["torch", "fast"])
def test_either_engine_continues_what_the_other_began(beginner: str, averaging: float) -> None:
    first = small_loop(beginner, weight_average=averaging)
    first.run(History(), StopFlag())
    second, third = (
        small_loop(engine, max_epochs=4, weight_average=averaging) for engine in ("fast", "torch")
    )
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


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("hidden_size", [2, 256])
def test_auto_takes_the_kernels_wherever_they_can_do_the_network(
    cell: str, hidden_size: int
) -> None:
    config = TrainConfig.parse({"cell": cell, "hidden_size": hidden_size})

    assert engine_name(config, CPU) == "fast"
    assert engine_name(config.changed(engine="torch"), CPU) == "torch"


def test_a_gpu_takes_torch() -> None:
    assert engine_name(TrainConfig(), torch.device("cuda")) == "torch"
    assert engine_name(TrainConfig(), CPU) == "fast"


@contextmanager
def a_busy_machine() -> Iterator[None]:
    """Another thread multiplies matrices, with all of PyTorch's threads."""
    is_over, has_begun = threading.Event(), threading.Event()

    def multiply() -> None:
        matrix = torch.ones(400, 400)
        while not is_over.is_set():
            torch.mm(matrix, matrix)
            has_begun.set()

    thread = threading.Thread(target=multiply)
    thread.start()
    try:
        assert has_begun.wait(30)
        yield
    finally:
        is_over.set()
        thread.join()


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
@pytest.mark.parametrize("hidden_size", [8, 48])
@pytest.mark.parametrize("engine", ["torch", "fast"])
def test_one_seed_gives_one_training_whatever_else_the_machine_does(
    engine: str, hidden_size: int, cell: str
) -> None:
    def trained() -> tuple[list[tuple[float, float]], Arrays]:
        history = History()
        loop = small_loop(engine, cell=cell, hidden_size=hidden_size, learning_rate=0.01)
        loop.run(history, StopFlag())
        weights = {name: view.copy() for name, view in loop.engine.weights().items()}
        return [(record.train_loss, record.val_loss) for record in history.records], weights

    losses, weights = trained()
    with a_busy_machine():
        again, same = trained()

    assert again == losses
    assert all(np.array_equal(same[name], value) for name, value in weights.items())


def test_averages_are_validated_and_kept_and_the_weights_go_on_from_where_they_were() -> None:
    """The averages lag behind the weights, which train as if there were none."""
    loops = [small_loop("fast", weight_average=average) for average in (0.0, 0.999)]
    first = {name: view.copy() for name, view in loops[1].engine.weights().items()}
    for loop in loops:
        loop.run(History(), StopFlag())
    plain, averaged = (loop.state() for loop in loops)

    for name, weights in plain.weights.items():
        assert np.array_equal(averaged.optimizer[f"trained.{name}"], weights)
        way = np.abs(weights - first[name]).max()
        assert 0 < np.abs(averaged.weights[name] - first[name]).max() < way
