from collections.abc import Iterator

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from imdb_core.config import Cell, Readout
from tests.kernels import gradients_of, kernels_of, network_of, reviews

# Of a probability. The output bias's gradient is a sum of p - y, which cancels in a balanced
# batch, and then is no better than its terms.
ROUNDING = 2**-25

Order = NDArray[np.int64]

SIZES = [  # V, E, H, T, B
    (500, 16, 8, 100, 64),
    (100, 2, 2, 10, 8),
    (130, 5, 3, 17, 13),
    (2000, 32, 32, 60, 32),
    (700, 10, 24, 33, 100),
    (300, 24, 66, 40, 1),
    (5000, 50, 100, 25, 72),
    (100, 8, 16, 300, 200),
]
_RANDOM = np.random.default_rng(2026)
RANDOM_SIZES = [
    tuple(int(_RANDOM.integers(low, high)) for low, high in
          ((20, 3000), (1, 60), (1, 80), (2, 120), (2, 150)))
    for _ in range(6)
]  # fmt: skip


def batches(rng: np.random.Generator, count: int, size: int) -> Iterator[Order]:
    """A full batch and a remainder, each with the row of nothing but padding; and one row alone."""
    padding = count // 2
    others = rng.permutation(np.delete(np.arange(count), padding))
    for rows in (size, int(rng.integers(1, size + 1))):
        yield rng.permutation(np.append(others[: rows - 1], padding))
    yield others[:1]


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("readout", ["last", "mean_max"])
@pytest.mark.parametrize("size", [*SIZES, *RANDOM_SIZES], ids=str)
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_gradients_agree_with_float64_autograd(
    cell: Cell, readout: Readout, size: tuple[int, ...], dropout: float
) -> None:
    V, E, H, T, B = size
    rng = np.random.default_rng(V + T)
    torch.manual_seed(V + H)
    model = network_of(cell, readout, V, E, H).double()
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(p.float().double())
    ids, labels = reviews(rng, B + 20, T, V, inner_zeros=dropout > 0)
    engine = kernels_of(model, cell, B, T)
    for order in batches(rng, len(ids), B):
        mask = None
        if dropout:
            kept = rng.random((len(order), model.readout_size)) > dropout
            mask = (kept / (1 - dropout)).astype(np.float32)
        loss, gradients = gradients_of(engine, ids, labels, order, mask)
        model.zero_grad()
        logit = model(
            torch.tensor(ids[order]).long(), None if mask is None else torch.tensor(mask).double()
        )
        want = torch.nn.functional.binary_cross_entropy_with_logits(
            logit, torch.tensor(labels[order]).double()
        )
        want.backward()
        assert loss == pytest.approx(want.item(), rel=2e-6)
        for name, p in model.named_parameters():
            norm = p.grad.norm().item()
            error = np.linalg.norm(gradients[name].astype(np.float64) - p.grad.numpy())
            rounding = ROUNDING if name == "dense.bias" else 1e-12
            assert error <= 1e-5 * norm + rounding, (name, error / norm)
