"""The patience rule, kept apart from the loop that asks it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from imdb_core.errors import NonFiniteLossError


@dataclass(frozen=True, kw_only=True)
class StopDecision:
    """What one epoch meant to the patience rule."""

    improved: bool
    should_stop: bool


@dataclass(kw_only=True)
class EarlyStopping:
    """Stops after `patience` epochs in a row without a better validation loss.

    Attributes:
        patience: epochs without improvement that stop the run.
        min_delta: an epoch improves only by falling more than this below the best.
        best_loss: lowest validation loss so far (nats), infinite before the first epoch.
        best_epoch: its epoch, counted from 1; 0 before the first.
        epoch: epochs recorded.
    """

    patience: int
    min_delta: float = 0.0
    best_loss: float = math.inf
    best_epoch: int = 0
    epoch: int = 0

    @property
    def bad_epochs(self) -> int:
        """Epochs since the best one."""
        return self.epoch - self.best_epoch

    def update(self, val_loss: float) -> StopDecision:
        """Record one epoch's validation loss (nats, mean of batch means).

        A tie is no improvement.

        Raises:
            NonFiniteLossError: `val_loss` is NaN or infinite.
        """
        check_finite(val_loss, "validation loss", self.epoch + 1)
        self.epoch += 1
        improved = val_loss < self.best_loss - self.min_delta
        if improved:
            self.best_loss = val_loss
            self.best_epoch = self.epoch
        return StopDecision(improved=improved, should_stop=self.bad_epochs >= self.patience)


def check_finite(loss: float, name: str, epoch: int) -> None:
    """Raise NonFiniteLossError, with advice, unless `loss` is a number."""
    if not math.isfinite(loss):
        raise NonFiniteLossError(
            f"The {name} became {loss} in epoch {epoch}. "
            "Lower the learning rate, or set a gradient clip of 1."
        )
