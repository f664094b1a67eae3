import math

import pytest

from imdb_core.errors import NonFiniteLossError
from imdb_core.training.stopping import EarlyStopping


def stopped_after(losses: list[float], **rule: float) -> tuple[int, int]:
    """The epoch that stops, or 0, and the best epoch."""
    stopping = EarlyStopping(**rule)  # type: ignore[arg-type]
    for epoch, loss in enumerate(losses, start=1):
        stopping.update(loss)
        if stopping.should_stop:
            return epoch, stopping.best_epoch
    return 0, stopping.best_epoch


def test_a_run_that_never_improves_again_stops_after_patience_more_epochs() -> None:
    assert stopped_after([0.5, 0.6, 0.7, 0.8, 0.9], patience=3) == (4, 1)


def test_an_improvement_restores_patience() -> None:
    assert stopped_after([0.5, 0.6, 0.4, 0.6, 0.3, 0.6], patience=2) == (0, 5)


def test_a_tie_counts_against_patience() -> None:
    assert stopped_after([0.5, 0.5, 0.5], patience=2) == (3, 1)


def test_a_gain_of_no_more_than_min_delta_counts_against_patience() -> None:
    assert stopped_after([0.5, 0.45, 0.41], patience=2, min_delta=0.125) == (3, 1)
    assert stopped_after([0.5, 0.45, 0.36], patience=2, min_delta=0.125) == (0, 3)


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_no_number_ends_the_run_with_advice(loss: float) -> None:
    stopping = EarlyStopping(patience=2)
    stopping.update(0.5)

    with pytest.raises(NonFiniteLossError, match=r"epoch 2\. Lower the learning rate"):
        stopping.update(loss)
    assert stopping.best_loss == 0.5
