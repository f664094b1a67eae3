"""Curves of real trainings, recorded on Stanford's files or Keras's; see tests/data/curves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from imdb_core.config import TrainConfig
from imdb_core.training.records import EpochRecord, StopReason
from imdb_core.training.stopping import EarlyStopping

FOLDER = Path(__file__).parents[2] / "data" / "curves"


@dataclass(frozen=True, kw_only=True)
class RecordedCurve:
    """What a run's folder would tell, the losses rounded to five digits."""

    config: TrainConfig
    epochs: tuple[EpochRecord, ...]
    reason: StopReason


def recorded_curve(name: str) -> RecordedCurve:
    facts = json.loads((FOLDER / f"{name}.json").read_text())
    config = TrainConfig.parse(facts["config"])
    stopping = EarlyStopping(patience=config.patience, min_delta=config.min_delta)
    epochs = []
    columns = facts["train_loss"], facts["val_loss"], facts["val_accuracy"]
    for train_loss, val_loss, val_accuracy in zip(*columns, strict=True):
        improved = stopping.update(val_loss)
        epochs.append(
            EpochRecord(
                epoch=stopping.epoch,
                train_loss=train_loss,
                val_loss=val_loss,
                val_accuracy=val_accuracy,
                improved=improved,
                bad_epochs=stopping.bad_epochs,
                best_epoch=stopping.best_epoch,
                train_seconds=0.03,
                val_seconds=0.002,
            )
        )
    return RecordedCurve(config=config, epochs=tuple(epochs), reason=facts["ended"])
