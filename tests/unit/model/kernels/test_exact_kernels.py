"""Where PyTorch uses MKL, a plain RNN read out at its last state is trained to its very bits."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn.functional import binary_cross_entropy

from imdb_core.model.kernels.engine import Kernels
from imdb_core.model.kernels.exact import workspace
from imdb_core.model.kernels.exact.orders import CALLED, Orders, find_orders
from tests.kernels import Floats, has_exact_kernels, kernels_of, network_of, reviews

pytestmark = pytest.mark.skipif(
    not has_exact_kernels(), reason="PyTorch has no MKL to call, or no AVX2 to be followed in"
)

LEARNING_RATE = 1e-3
SIZES = [  # V, E, H, T, B; the reviews leave a short last batch
    (500, 16, 8, 100, 64),
    (500, 24, 8, 30, 64),
    (500, 64, 8, 50, 64),
    (3000, 10, 6, 20, 32),
    (130, 5, 3, 17, 13),
    (100, 2, 2, 20, 64),
    (5000, 50, 7, 10, 8),
    (500, 16, 8, 20, 256),
    (500, 256, 8, 20, 64),
    (1000, 24, 4, 20, 104),
    (500, 16, 8, 20, 8),
    (100, 4, 4, 10, 1),
]


@pytest.fixture(autouse=True)
def one_thread_for_torch(torch_threads: None) -> None:
    """As the training on PyTorch's layers takes for so few units."""
    torch.set_num_threads(1)


class Pair:
    """The same network for PyTorch and for the kernels, and reviews to train on."""

    def __init__(self, size: tuple[int, ...], *, weight_decay: float = 0.0) -> None:
        V, E, H, T, self.batch = size
        self.rng = np.random.default_rng(V + T)
        torch.manual_seed(V + H)
        self.ids, self.labels = reviews(self.rng, 3 * self.batch + self.batch // 2 + 1, T, V)
        self.network = network_of("rnn", "last", V, E, H)
        self.kernels = kernels_of(self.network, "rnn", self.batch, T)
        self.weight_decay = weight_decay
        self.adam = torch.optim.AdamW(
            self.network.parameters(), lr=LEARNING_RATE, weight_decay=weight_decay
        )

    def train_epoch(self, dropout: float = 0.0) -> None:
        order, masks = self.rng.permutation(len(self.ids)), None
        if dropout:
            kept = self.rng.random((len(order), self.network.readout_size)) > dropout
            masks = (kept / (1 - dropout)).astype(np.float32)
        for start in range(0, len(order), self.batch):
            rows = torch.from_numpy(order[start : start + self.batch])
            mask = None if masks is None else torch.from_numpy(masks[start : start + self.batch])
            self.adam.zero_grad()
            logits = self.network(torch.from_numpy(self.ids)[rows], mask)
            labels = torch.from_numpy(self.labels)[rows]
            binary_cross_entropy(torch.sigmoid(logits), labels).backward()
            self.adam.step()
        self.kernels.train(
            self.ids, self.labels, order, masks=masks,
            learning_rate=LEARNING_RATE, weight_decay=self.weight_decay,
        )  # fmt: skip

    @torch.no_grad()
    def logits(self) -> NDArray[Any]:
        batches = torch.from_numpy(self.ids).split(self.batch)
        return np.concatenate([self.network(ids).numpy() for ids in batches])


def assert_same_bits(pair: Pair) -> None:
    for name, parameter in pair.network.named_parameters():
        state = pair.adam.state[parameter]
        for mine, theirs in (
            (pair.kernels.parameters, parameter.detach()),
            (pair.kernels.first_moments, state["exp_avg"]),
            (pair.kernels.second_moments, state["exp_avg_sq"]),
        ):
            assert np.array_equal(mine[name], theirs.numpy()), name
    assert np.array_equal(pair.kernels.predict(pair.ids), pair.logits())


@pytest.mark.parametrize("size", SIZES)
def test_an_epoch_leaves_pytorchs_bits(size: tuple[int, ...]) -> None:
    pair = Pair(size)
    assert pair.kernels.is_exact
    pair.train_epoch()
    assert_same_bits(pair)


@pytest.mark.parametrize("hidden", [8, 6])
def test_dropout_and_weight_decay_round_as_in_pytorch(hidden: int) -> None:
    pair = Pair((500, 16, hidden, 30, 64), weight_decay=0.01)
    for _ in range(3):
        pair.train_epoch(dropout=0.4)
    assert_same_bits(pair)


def test_large_states_round_as_in_pytorch() -> None:
    """Beyond 4 tanh is left to MKL, and here it is nearly always."""
    pair = Pair((500, 16, 8, 40, 64))
    with torch.no_grad():
        pair.network.embedding.weight.mul_(20)
    pair.kernels.parameters["embedding.weight"][...] *= 20
    pair.train_epoch()
    assert_same_bits(pair)


def test_a_busy_thread_pool_changes_nothing() -> None:
    size = (500, 64, 8, 100, 64)
    pair = Pair(size)
    pair.train_epoch()
    torch.set_num_threads(2)
    again = Pair(size)
    order = again.rng.permutation(len(again.ids))
    again.kernels.train(again.ids, again.labels, order, learning_rate=LEARNING_RATE)
    for name, value in again.kernels.parameters.items():
        assert np.array_equal(value, pair.kernels.parameters[name])


@pytest.mark.parametrize("size", SIZES[:3])
def test_the_kernels_own_products_and_tanh_give_what_mkl_gives(
    size: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def trained() -> Kernels:
        pair = Pair(size)
        pair.kernels.train(pair.ids, pair.labels, np.arange(len(pair.ids)), learning_rate=0.01)
        return pair.kernels

    own = trained()
    monkeypatch.setattr(workspace, "find_orders", lambda **sizes: Orders())
    monkeypatch.setattr(workspace, "_is_tanh_accurate", lambda: False)
    called = trained()

    for name, value in own.parameters.items():
        assert np.array_equal(value, called.parameters[name])


def test_sizes_without_whole_vectors_are_left_to_mkl() -> None:
    assert set(find_orders(batch=64, length=10, embedding=16, hidden=6)) == {CALLED}
    assert set(find_orders(batch=13, length=10, embedding=16, hidden=8)) == {CALLED}
    assert find_orders(batch=64, length=10, embedding=5, hidden=8).input_order == CALLED


@pytest.mark.parametrize(
    ("cell", "readout", "hidden"),
    [("gru", "last", 8), ("lstm", "last", 8), ("rnn", "mean_max", 8), ("rnn", "last", 10)],
)
def test_other_networks_take_the_other_kernels(cell: Any, readout: Any, hidden: int) -> None:
    assert not kernels_of(network_of(cell, readout, 100, 8, hidden), cell, 16, 10).is_exact


def test_not_a_number_stays() -> None:
    pair = Pair((500, 16, 8, 10, 64))
    pair.kernels.parameters["dense.weight"][0, 0] = np.nan
    logits: Floats = pair.kernels.predict(pair.ids)
    assert np.isnan(logits).all()
    losses = pair.kernels.train(pair.ids, pair.labels, np.arange(64), learning_rate=0.01)
    assert np.isnan(losses).all()
