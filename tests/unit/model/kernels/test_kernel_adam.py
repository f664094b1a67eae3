import numpy as np
import pytest
import torch

from tests.kernels import gradients_of, kernels_of, network_of, reviews


@pytest.mark.parametrize("weight_decay", [0.0, 0.05])
@pytest.mark.parametrize("clip", [0.0, 0.05])
@pytest.mark.parametrize("V", [300, 5000])
def test_a_step_is_torchs_step(weight_decay: float, clip: float, V: int) -> None:
    torch.manual_seed(1)
    rng = np.random.default_rng(2)
    ids, labels = reviews(rng, 100, 20, V)
    model = network_of("gru", "mean_max", V, 10, 12)
    engine = kernels_of(model, "gru", 40, 20)
    adam = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=weight_decay)
    for _ in range(30):
        order = rng.permutation(100)[:40]
        (loss,) = engine.train(
            ids, labels, order, learning_rate=3e-3, weight_decay=weight_decay, clip=clip
        )
        adam.zero_grad()
        want = torch.nn.functional.binary_cross_entropy_with_logits(
            model(torch.tensor(ids[order]).long()), torch.tensor(labels[order])
        )
        want.backward()
        if clip:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        adam.step()
        assert loss == pytest.approx(want.item(), rel=1e-4)
    assert engine.steps == 30
    for name, p in model.named_parameters():
        torch.testing.assert_close(
            torch.tensor(engine.parameters[name]), p.detach(), rtol=2e-3, atol=2e-5
        )
        state = adam.state[p]
        for mine, theirs in (
            (engine.first_moments[name], state["exp_avg"].numpy()),
            (engine.second_moments[name], state["exp_avg_sq"].numpy()),
        ):
            assert np.linalg.norm(mine - theirs) <= 1e-3 * np.linalg.norm(theirs)


def test_given_the_same_gradient_adam_is_torchs_to_rounding() -> None:
    """One step from the same state, so that nothing but the step can differ."""
    torch.manual_seed(3)
    rng = np.random.default_rng(4)
    ids, labels = reviews(rng, 64, 12, 200)
    model = network_of("rnn", "last", 200, 8, 8)
    engine = kernels_of(model, "rnn", 64, 12)
    adam = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.03)
    for _ in range(20):
        order = rng.permutation(64)
        _, gradients = gradients_of(engine, ids, labels, order)
        for name, p in model.named_parameters():
            p.grad = torch.tensor(gradients[name])
        engine.train(ids, labels, order, learning_rate=1e-2, weight_decay=0.03)
        adam.step()
        for name, p in model.named_parameters():
            torch.testing.assert_close(
                torch.tensor(engine.parameters[name]), p.detach(), rtol=2e-6, atol=1e-7
            )
            with torch.no_grad():
                p.copy_(torch.tensor(engine.parameters[name]))
