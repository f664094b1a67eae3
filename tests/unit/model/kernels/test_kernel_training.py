import threading

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from imdb_core.config import Cell, Readout
from tests.kernels import Floats, gradients_of, kernels_of, network_of, reviews


def _learnable(
    rng: np.random.Generator, N: int, T: int, V: int
) -> tuple[NDArray[np.int32], Floats]:
    ids, _ = reviews(rng, N, T, V)
    score = ((ids % 7 == 1).sum(1) - (ids % 7 == 2).sum(1)) + rng.normal(0, 1, N)
    return ids, (score > 0).astype(np.float32)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("readout", ["last", "mean_max"])
def test_epochs_follow_torchs_curve(cell: Cell, readout: Readout) -> None:
    V, E, H, T, B, N = 500, 16, 8, 50, 64, 2000
    rng = np.random.default_rng(0)
    torch.manual_seed(42)
    ids, labels = _learnable(rng, N, T, V)
    model = network_of(cell, readout, V, E, H)
    engine = kernels_of(model, cell, B, T)
    adam = torch.optim.Adam(model.parameters(), lr=2e-3)
    ids_t, labels_t = torch.from_numpy(ids).long(), torch.from_numpy(labels)
    for _ in range(4):
        order = rng.permutation(N)
        losses = engine.train(ids, labels, order, learning_rate=2e-3)
        want = []
        for start in range(0, N, B):
            rows = torch.from_numpy(order[start : start + B])
            adam.zero_grad()
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                model(ids_t[rows]), labels_t[rows]
            )
            loss.backward()
            adam.step()
            want.append(loss.item())
        assert losses.mean() == pytest.approx(np.mean(want), abs=1e-3)
        engine.predict(ids, labels=labels)
        val = engine.losses.mean()
        with torch.no_grad():
            expected = model(ids_t)
        want_val = np.mean(
            [
                torch.nn.functional.binary_cross_entropy_with_logits(
                    expected[i : i + B], labels_t[i : i + B]
                ).item()
                for i in range(0, N, B)
            ]
        )
        assert val == pytest.approx(want_val, abs=1e-3)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("readout", ["last", "mean_max"])
@pytest.mark.parametrize("V", [300, 20000])
def test_logits_are_the_models(cell: Cell, readout: Readout, V: int) -> None:
    rng = np.random.default_rng(0)
    ids, _ = reviews(rng, 203, 37, V, inner_zeros=True)
    model = network_of(cell, readout, V, 11, 21)
    engine = kernels_of(model, cell, 64, 37)
    with torch.no_grad():
        want = model.double()(torch.tensor(ids).long()).numpy()
    assert np.abs(engine.predict(ids) - want).max() < 1e-5


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_same_start_gives_the_same_bits(cell: Cell) -> None:
    rng = np.random.default_rng(0)
    ids, labels = reviews(rng, 300, 30, 2000)
    model = network_of(cell, "mean_max", 2000, 12, 20)
    order = rng.permutation(300)
    whole = kernels_of(model, cell, 64, 30)
    losses = whole.train(ids, labels, order, learning_rate=1e-2)
    parts = kernels_of(model, cell, 64, 30)
    singly = [
        parts.train(ids, labels, order[i : i + 64], learning_rate=1e-2)[0]
        for i in range(0, 300, 64)
    ]
    assert losses.tolist() == singly
    for name, value in whole.parameters.items():
        assert np.array_equal(value, parts.parameters[name])


@pytest.mark.parametrize("V", [100, 500, 5000])
def test_a_short_last_batch_is_learned_like_any_other(V: int) -> None:
    rng = np.random.default_rng(0)
    ids, labels = reviews(rng, 72, 50, V)
    model = network_of("gru", "last", V, 8, 8)
    used, fresh = (kernels_of(model, "gru", 64, 50) for _ in range(2))
    gradients_of(used, ids, labels, np.arange(64))
    used.predict(ids)
    last = np.arange(64, 72)
    loss, gradients = gradients_of(used, ids, labels, last)
    expected_loss, expected = gradients_of(fresh, ids, labels, last)
    assert loss == expected_loss
    for name, gradient in expected.items():
        assert np.abs(gradient).sum() > 0
        assert np.array_equal(gradients[name], gradient)


def test_dropout_masks_go_by_position_in_the_order() -> None:
    rng = np.random.default_rng(0)
    ids, labels = reviews(rng, 90, 15, 100)
    model = network_of("rnn", "mean_max", 100, 6, 10)
    masks = ((rng.random((90, 20)) > 0.5) * 2).astype(np.float32)
    order = rng.permutation(90)
    whole = kernels_of(model, "rnn", 32, 15)
    losses = whole.train(ids, labels, order, masks=masks, learning_rate=1e-2)
    parts = kernels_of(model, "rnn", 32, 15)
    singly = [
        parts.train(ids, labels, order[i : i + 32], masks=masks[i : i + 32], learning_rate=1e-2)[0]
        for i in range(0, 90, 32)
    ]
    assert losses.tolist() == singly


def test_stop_is_noticed_within_a_batch_and_leaves_the_gil_free() -> None:
    rng = np.random.default_rng(0)
    ids, labels = reviews(rng, 4000, 100, 500)
    model = network_of("rnn", "last", 500, 16, 8)
    engine = kernels_of(model, "rnn", 64, 100)
    engine.train(ids, labels, np.arange(64), learning_rate=1e-3)
    order = np.tile(np.arange(4000), 500)  # minutes of work
    losses = []
    thread = threading.Thread(
        target=lambda: losses.append(engine.train(ids, labels, order, learning_rate=1e-3))
    )
    thread.start()
    while engine.losses.size < 9 or engine.losses[3] == 0:  # some batches are done
        thread.join(timeout=0.001)
    engine.stop[0] = 1
    thread.join(timeout=5)
    assert not thread.is_alive()
    assert 4 <= losses[0].size < order.size // 64
    assert (losses[0] > 0).all()
    assert engine.steps == losses[0].size + 1


def test_padding_at_the_end_of_a_batch_changes_nothing() -> None:
    """A row's logit does not depend on the company it keeps."""
    rng = np.random.default_rng(0)
    ids, _ = reviews(rng, 77, 40, 500)
    model = network_of("lstm", "last", 500, 8, 16)
    engine = kernels_of(model, "lstm", 77, 40)
    together = engine.predict(ids)
    alone = np.concatenate([engine.predict(ids, np.array([i])) for i in range(77)])
    assert np.abs(together - alone).max() < 1e-6


def test_wrong_arrays_are_refused() -> None:
    rng = np.random.default_rng(0)
    ids, labels = reviews(rng, 10, 12, 100)
    engine = kernels_of(network_of("rnn", "last", 100, 4, 4), "rnn", 8, 12)
    with pytest.raises(ValueError, match="ids"):
        engine.predict(ids.astype(np.int64))
    with pytest.raises(ValueError, match="labels"):
        engine.train(ids, labels[:5], np.arange(8), learning_rate=1e-3)
    with pytest.raises(ValueError, match="order"):
        engine.predict(ids, np.array([10]))
    with pytest.raises(ValueError, match="token"):
        engine.predict(ids + 100)
