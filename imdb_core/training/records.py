"""What a training leaves behind: plain values, readable without importing PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

StopReason = Literal["patience", "max_epochs", "user"]
LoopEnd = StopReason | Literal["paused"]

Arrays = dict[str, NDArray[np.float32]]
"""Named arrays: a network's weights, or its optimiser's moments."""


class EpochRecord(NamedTuple):
    """One finished epoch. Losses are means of batch means, in nats.

    Attributes:
        epoch: counted from 1.
        val_accuracy: share of the validation reviews judged right.
        improved: this epoch's weights are the best so far.
        bad_epochs: epochs since the best one.
    """

    epoch: int
    train_loss: float
    val_loss: float
    val_accuracy: float
    improved: bool
    bad_epochs: int
    best_epoch: int
    train_seconds: float
    val_seconds: float

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> EpochRecord:
        """The record in an event or a state. Those of other versions may have more fields, and
        may lack any that has a default here.

        Raises:
            KeyError: a field without a default is missing.
            ValueError: the best epoch is none of those up to this one.
        """
        defaults = cls._field_defaults
        record = cls._make(
            values.get(name, defaults[name]) if name in defaults else values[name]
            for name in cls._fields
        )
        if not 1 <= record.best_epoch <= record.epoch:
            raise ValueError(f"epoch {record.best_epoch} cannot be best in epoch {record.epoch}")
        return record


@dataclass(frozen=True, kw_only=True)
class TrainingState:
    """Enough to continue a training bit for bit on the same kind of machine.

    Attributes:
        weights: the network's parameters.
        optimizer: Adam's moments and step counts, as `exp_avg.<parameter>` and so on.
        generator: state of the run's random generator, uint8.
        epoch: epochs finished.
        best_epoch, best_loss: as in `EarlyStopping`.
    """

    weights: Arrays
    optimizer: Arrays
    generator: NDArray[np.uint8]
    epoch: int
    best_epoch: int
    best_loss: float
