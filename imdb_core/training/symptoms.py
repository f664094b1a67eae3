"""What several epochs of a curve show together, as sentences or claims.

A single bad epoch is noise. The thresholds were chosen on recorded curves, so that healthy
runs show none of this at any of their epochs (tests/data/curves).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median
from typing import Final, Literal

from imdb_core.config import TrainConfig
from imdb_core.training.records import EpochRecord, StopReason

Ending = StopReason | Literal["failed", "not_finite", "interrupted"]

WINDOW: Final = 8
"""Epochs that a judgement of the last few looks at."""
NOISE: Final = 0.01
"""Nats: less is an epoch's ordinary scatter."""
NO_BETTER_THAN_CHANCE: Final = 0.65
"""Nats: ln 2 = 0.693 is the loss of a coin."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """What the rules look at.

    Attributes:
        config: the settings that the last epoch was trained with.
        epochs: finished epochs, epoch 1 first.
        ended: why there are no more of them; None while it trains.
        rate_since: the first epoch with the last one's learning rate; what was seen before it
            says nothing of that rate.
    """

    config: TrainConfig
    epochs: Sequence[EpochRecord]
    ended: Ending | None = None
    rate_since: int = 1

    @property
    def at_this_rate(self) -> Sequence[EpochRecord]:
        """The epochs since the learning rate is what it is."""
        return self.epochs[self.rate_since - 1 :]

    @property
    def last(self) -> EpochRecord:
        """The newest epoch."""
        return self.epochs[-1]

    @property
    def best(self) -> EpochRecord:
        """The one that `EarlyStopping` calls the best."""
        return self.epochs[self.last.best_epoch - 1]


def jumps(curve: Curve) -> tuple[int, str] | None:
    """The training loss leaps once, or goes to and fro."""
    window = curve.at_this_rate[-WINDOW:]
    steps = [b.train_loss - a.train_loss for a, b in pairwise(window)]
    rises = [step for step in steps if step > 0]
    falls = -sum(step for step in steps if step < 0)
    is_one_leap = max(rises, default=0.0) >= 4 * NOISE
    clear_rises = sum(step >= NOISE / 2 for step in rises)
    is_to_and_fro = clear_rises >= 3 and sum(rises) >= max(2 * NOISE, 0.6 * falls)
    if not (is_one_leap or is_to_and_fro):
        return None
    up = max(range(len(steps)), key=steps.__getitem__)
    first = window[up]
    if is_one_leap:
        after = window[up + 1]
        return first.epoch, (
            f"The training loss leapt from {first.train_loss:.3f} to {after.train_loss:.3f} "
            f"in epoch {after.epoch}"
        )
    start = window[0].epoch
    return start, f"The training loss jumps up and down since epoch {start}"


def climbs(curve: Curve) -> tuple[int, str] | None:
    """The validation loss climbs while the training loss does not fall."""
    best, recent = curve.best, curve.epochs[-3:]
    if curve.last.bad_epochs < len(recent) or best.epoch < curve.rate_since:
        return None
    rise = median(record.val_loss for record in recent) - best.val_loss
    learnt = best.train_loss - fmean(record.train_loss for record in recent)
    if rise < 2 * NOISE or learnt >= 2 * NOISE:
        return None
    return best.epoch, (
        f"Since epoch {best.epoch} the validation loss has risen from {best.val_loss:.3f} to "
        f"{curve.last.val_loss:.3f}, and the training loss does not fall"
    )


def learns_nothing(curve: Curve) -> tuple[int, str] | None:
    """After several epochs at a high rate nothing is better than at the start."""
    if curve.config.learning_rate < 0.01:
        return None
    start, recent = curve.at_this_rate[0], curve.epochs[-3:]
    learnt = start.train_loss - curve.last.train_loss
    if all(record.val_loss > start.val_loss + NOISE / 2 for record in recent):
        if learnt <= 15 * NOISE:
            return start.epoch, (
                f"The validation loss is above that of epoch {start.epoch}, {start.val_loss:.3f}"
            )
    elif curve.last.bad_epochs >= len(recent) and curve.best.val_loss > NO_BETTER_THAN_CHANCE:
        best = curve.best
        return best.epoch, (
            f"The validation loss has stayed near {best.val_loss:.3f} since epoch {best.epoch} "
            "(guessing: 0.693)"
        )
    return None


def is_overfitting(curve: Curve) -> bool:
    """Since the best epoch the training loss fell on and the validation loss rose."""
    if len(curve.epochs) < 3 or not curve.last.bad_epochs:
        return False
    recent = curve.epochs[-min(3, curve.last.bad_epochs) :]
    learnt = curve.best.train_loss - fmean(record.train_loss for record in recent)
    rise = median(record.val_loss for record in recent) - curve.best.val_loss
    gap = curve.last.val_loss - curve.last.train_loss
    if len(recent) == 1:  # one epoch alone has to show more
        return learnt >= 5 * NOISE and rise >= 2 * NOISE and gap >= 5 * NOISE
    return learnt >= 2 * NOISE and rise >= NOISE and gap >= 5 * NOISE
