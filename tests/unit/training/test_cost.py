import itertools
import tracemalloc
from pathlib import Path

import pytest
import torch

from imdb_core.config import PRESETS, TrainConfig
from imdb_core.data import DataLibrary, Dataset
from imdb_core.data.encoded import encode_split
from imdb_core.errors import EngineUnavailableError
from imdb_core.model import SentimentRNN
from imdb_core.model.kernels.engine import Kernels
from imdb_core.stop_flag import StopFlag
from imdb_core.training.cost import Cost, CostEstimator
from imdb_core.training.footprint import footprint_bytes, parameter_count
from imdb_core.training.word_vectors import find_word_vectors
from tests.conftest import settings_in

NETWORKS = [
    TrainConfig(cell=cell, num_layers=layers, bidirectional=both, readout=readout, hidden_size=6)
    for cell, layers, both, readout in itertools.product(
        ("rnn", "gru", "lstm"), (1, 3), (False, True), ("last", "mean_max")
    )
]


class Ticks:
    """A clock that moves by a hundredth whenever somebody looks."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self) -> float:
        self.looks += 1
        return self.looks / 100


@pytest.fixture
def clock() -> Ticks:
    return Ticks()


@pytest.fixture
def estimator(clock: Ticks) -> CostEstimator:
    return CostEstimator(clock=clock)


@pytest.fixture(scope="module")
def dataset(sample_home: Path) -> Dataset:
    return DataLibrary(settings_in(sample_home)).load("sample")


def cost_of(estimator: CostEstimator, config: TrainConfig, dataset: Dataset | None) -> Cost:
    cost = estimator.estimate(config, dataset)
    assert cost is not None
    return cost


@pytest.mark.parametrize("config", [*NETWORKS, *PRESETS.values()], ids=str)
def test_parameters_are_counted_exactly(config: TrainConfig) -> None:
    network = SentimentRNN.empty(config)

    assert parameter_count(config) == sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize("config", PRESETS.values(), ids=PRESETS)
def test_the_kernels_memory_is_what_they_allocate(config: TrainConfig) -> None:
    parameters = {name: p.numpy() for name, p in SentimentRNN.empty(config).state_dict().items()}
    kernels = Kernels(
        cell=config.cell, readout=config.readout, parameters=parameters,
        batch_size=config.batch_size, max_length=config.max_length,
        weight_average=config.weight_average,
    )  # fmt: skip
    arrays = [*kernels._arrays.values(), *(a for part in kernels._parts for a in part.values())]
    allocated = sum(array.nbytes for array in arrays)

    without_reviews = footprint_bytes(config, "fast", 0, 0)

    assert without_reviews == allocated


@pytest.mark.imdb
@pytest.mark.parametrize("name", ["quick", "accurate"])
def test_memory_for_word_vectors_is_told_about_right(keras_dataset: Dataset, name: str) -> None:
    config = PRESETS[name]
    train = encode_split(keras_dataset, "train", config)
    validation_rows = len(keras_dataset.train) - len(train)
    told = footprint_bytes(config, "fast", len(train), validation_rows)

    find_word_vectors(train.ids[:10], config.vocab_size, config.embedding_dim)  # compiles
    tracemalloc.start()
    try:
        find_word_vectors(train.ids, config.vocab_size, config.embedding_dim)
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    untouched = 4 * int((train.ids < 3).sum())  # places are kept of words alone
    encoded = (len(train) + validation_rows) * (4 * config.max_length + 12)
    assert told == pytest.approx(encoded + taken - untouched, rel=0.2)


def test_a_run_takes_one_epoch_more_than_its_patience_or_its_most_epochs(
    estimator: CostEstimator, dataset: Dataset
) -> None:
    cost = cost_of(estimator, TrainConfig(patience=3, max_epochs=50), dataset)
    short = cost_of(estimator, TrainConfig(patience=3, max_epochs=2), dataset)

    assert cost.engine == "fast"
    assert cost.seconds_at_least == pytest.approx(4 * cost.epoch_seconds)
    assert cost.seconds_at_most == pytest.approx(50 * cost.epoch_seconds)
    assert short.seconds_at_least == short.seconds_at_most


def test_word_vectors_are_counted_once_before_the_first_epoch(
    estimator: CostEstimator, dataset: Dataset
) -> None:
    drawn = TrainConfig(initialization="keras", max_epochs=7, max_length=20)
    found = drawn.changed(initialization="word_vectors")
    costs = [cost_of(estimator, config, dataset) for config in (drawn, found)]

    assert costs[0].vectors_seconds == 0 < costs[1].vectors_seconds
    for seconds in ("seconds_at_least", "seconds_at_most"):
        more = getattr(costs[1], seconds) - getattr(costs[0], seconds)
        assert more == pytest.approx(costs[1].vectors_seconds)


def test_settings_that_no_batch_feels_are_not_measured_again(
    estimator: CostEstimator, clock: Ticks, dataset: Dataset
) -> None:
    first = cost_of(estimator, TrainConfig(), dataset)
    looks = clock.looks
    config = TrainConfig(learning_rate=0.01, seed=7, patience=9, validation_fraction=0.5)

    assert estimator.known(config, dataset) == cost_of(estimator, config, dataset)
    assert clock.looks == looks
    other = cost_of(estimator, config, dataset)  # 2,500 reviews of each, not 4,000 and 1,000
    assert other.train_seconds == pytest.approx(first.train_seconds * 40 / 63, rel=0.01)
    assert estimator.known(TrainConfig(hidden_size=10), dataset) is None


@pytest.mark.parametrize("engine", ["torch", "fast"])
def test_a_stop_is_heeded_and_nothing_is_kept(
    estimator: CostEstimator, dataset: Dataset, engine: str
) -> None:
    stop = StopFlag()
    stop.set()
    config = TrainConfig.parse({"engine": engine})

    assert estimator.estimate(config, dataset, stop=stop) is None
    assert estimator.known(config, dataset) is None


def test_measuring_leaves_no_trace_in_the_process(
    estimator: CostEstimator, dataset: Dataset
) -> None:
    torch.set_num_threads(2)  # one is enough for so few units
    state = torch.get_rng_state()

    cost_of(estimator, TrainConfig(engine="torch", dropout=0.5, max_length=10), dataset)

    assert torch.get_num_threads() == 2
    assert torch.equal(torch.get_rng_state(), state)


def test_without_data_reviews_like_imdbs_are_made_up(
    estimator: CostEstimator, dataset: Dataset
) -> None:
    made_up = cost_of(estimator, TrainConfig(max_length=20), None)
    sample = cost_of(estimator, TrainConfig(max_length=20), dataset)

    assert made_up.memory_bytes > sample.memory_bytes
    assert made_up.parameters == sample.parameters


def test_writing_is_counted_where_there_is_a_folder_and_leaves_nothing(
    tmp_path: Path, clock: Ticks, dataset: Dataset
) -> None:
    estimator = CostEstimator(scratch=tmp_path / "home", clock=clock)

    assert cost_of(estimator, TrainConfig(), dataset).writing_seconds == pytest.approx(0.05)
    assert list((tmp_path / "home").iterdir()) == []


def test_a_training_that_cannot_be_has_no_cost(estimator: CostEstimator, dataset: Dataset) -> None:
    with pytest.raises(EngineUnavailableError):
        estimator.estimate(TrainConfig(engine="fast", bidirectional=True), dataset)
