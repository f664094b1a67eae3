"""The patience rule, kept apart from the loop that asks it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from imdb_core.errors import NonFiniteLossError


@dataclass(kw_only=True)
class EarlyStopping:
    """Stops after `patience` epochs in a row without a better validation loss.

    Attributes:
        patience: epochs without improvement that stop the run.
        min_delta: an epoch improves only by falling more than this below the best.
        best_loss: validation loss of the best epoch (nats), infinite before the first; with a
            `min_delta` a later one may be a little lower.
        best_epoch: the last one that improved, counted from 1; 0 before the first.
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

    @property
    def should_stop(self) -> bool:
        """Whether patience has run out."""
        return self.bad_epochs >= self.patience

    def update(self, val_loss: float) -> bool:
        """Record one epoch's validation loss (nats, mean of batch means); whether it improved.

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
        return improved


def check_finite(loss: float, name: str, epoch: int) -> None:
    """Raise NonFiniteLossError, with advice, unless `loss` is a number."""
    if not math.isfinite(loss):
        raise NonFiniteLossError(
            f"The {name} became {loss} in epoch {epoch}. "
            "Lower the learning rate, or set a gradient clip of 1."
        )
