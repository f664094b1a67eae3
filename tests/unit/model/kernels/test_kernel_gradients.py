import numpy as np
import pytest
import torch

from imdb_core.config import Cell, Readout
from tests.kernels import kernels_of, network_of, reviews

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


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("readout", ["last", "mean_max"])
@pytest.mark.parametrize("size", SIZES)
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
    N = B + 20
    ids, labels = reviews(rng, N, T, V, inner_zeros=dropout > 0)
    order = rng.permutation(N)[:B]
    features = model.dense.in_features
    mask = None
    if dropout:
        mask = ((rng.random((B, features)) > dropout) / (1 - dropout)).astype(np.float32)
    engine = kernels_of(model, cell, B, T)
    loss = engine.compute_gradients(ids, labels, order, mask)
    logit = model(
        torch.tensor(ids[order]).long(), None if mask is None else torch.tensor(mask).double()
    )
    want = torch.nn.functional.binary_cross_entropy_with_logits(
        logit, torch.tensor(labels[order]).double()
    )
    want.backward()
    assert loss == pytest.approx(want.item(), rel=2e-6)
    for name, p in model.named_parameters():
        got = engine.gradients[name].astype(np.float64)
        norm = p.grad.norm().item()
        error = np.linalg.norm(got - p.grad.numpy())
        assert error <= 1e-5 * norm + 1e-12, (name, error / norm)
