"""Where another patience would have stopped a run, told from its recorded epochs alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from imdb_core.training.records import EpochRecord
from imdb_core.training.stopping import EarlyStopping


@dataclass(frozen=True, kw_only=True)
class Replay:
    """A run as another patience would have ended it.

    Attributes:
        patience: the one that was tried.
        reason: the rule that would have ended it; None if the recorded epochs do not
            reach that far and it would still be going.
        epoch: the one after which it would have stopped, or the last one recorded.
        best: the epoch whose weights it would have kept by then.
    """

    patience: int
    reason: Literal["patience", "max_epochs"] | None
    epoch: int
    best: EpochRecord

    @property
    def sentence(self) -> str:
        """The whole answer, for a page."""
        kept = (
            f"epoch {self.best.epoch}: validation loss {self.best.val_loss:.4f}, "
            f"accuracy {self.best.val_accuracy:.4f}."
        )
        if self.reason == "patience":
            return (
                f"Patience {self.patience} would have stopped after epoch {self.epoch} "
                f"and kept {kept}"
            )
        if self.reason == "max_epochs":
            return (
                f"Patience {self.patience} would not have run out by epoch {self.epoch}, the most "
                f"that the settings allow. It would have kept {kept}"
            )
        return (
            f"Patience {self.patience} would still be going after epoch {self.epoch}, the last one "
            f"recorded. Best until then is {kept}"
        )


def replay(
    epochs: Sequence[EpochRecord],
    *,
    patience: int,
    min_delta: float = 0.0,
    max_epochs: int | None = None,
) -> Replay | None:
    """Ask the patience rule again, epoch by epoch; None if no epoch has finished.

    Args:
        epochs: all that a run recorded, epoch 1 first.
        patience: epochs in a row without improvement that would have stopped it.
        min_delta: as in `EarlyStopping` (nats).
        max_epochs: where the run's settings would have ended it at the latest.
    """
    stopping = EarlyStopping(patience=patience, min_delta=min_delta)
    reason: Literal["patience", "max_epochs"] | None = None
    for record in epochs:
        stopping.update(record.val_loss)
        if stopping.should_stop:
            reason = "patience"
        elif record.epoch == max_epochs:
            reason = "max_epochs"
        if reason is not None:
            break
    if not stopping.epoch:
        return None
    return Replay(
        patience=patience,
        reason=reason,
        epoch=stopping.epoch,
        best=epochs[stopping.best_epoch - 1],
    )
