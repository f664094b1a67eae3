"""The curve coach: short notes on a curve, each with one thing to try.

A rule is a pure function of a `Curve`; `symptoms` has what it looks for, `remedies` what it
tells to try.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal

from imdb_core.config import TrainConfig
from imdb_core.training import remedies, symptoms
from imdb_core.training.records import EpochRecord
from imdb_core.training.remedies import Remedy
from imdb_core.training.symptoms import Curve, Ending

RuleName = Literal[
    "not_finite", "rate_too_high", "overfitting", "rate_too_low", "still_improving", "plateau"
]
MOST_NOTES: Final = 2

_FEWEST: Final = 4  # epochs before a trend can be told from a start


@dataclass(frozen=True, kw_only=True)
class Note:
    """One observation and one thing to try.

    Attributes:
        rule: who says it.
        first_epoch, last_epoch: the epochs it speaks of, both included.
        text: what was seen, in plain words.
        remedy: what to try.
    """

    rule: RuleName
    first_epoch: int
    last_epoch: int
    text: str
    remedy: Remedy

    @property
    def advice(self) -> str:
        """What to try, in words."""
        return self.remedy.advice

    @property
    def changes(self) -> dict[str, Any]:
        """The same as settings for `TrainConfig.changed`; empty where the advice is none."""
        return self.remedy.changes


def notes(
    config: TrainConfig,
    epochs: Sequence[EpochRecord],
    *,
    ended: Ending | None = None,
    rate_since: int = 1,
) -> list[Note]:
    """What there is to say, the most important first, never more than `MOST_NOTES`.

    Args:
        config: the settings that the last epoch was trained with.
        epochs: all that have finished, epoch 1 first.
        ended: why there are no more of them; None while it trains.
        rate_since: the first epoch with the last one's learning rate.
    """
    curve = Curve(config=config, epochs=epochs, ended=ended, rate_since=rate_since)
    said = [note for rule in RULES if (note := rule(curve)) is not None]
    return said[:MOST_NOTES]


def not_finite(curve: Curve) -> Note | None:
    """The run failed because a loss was no number any more."""
    if curve.ended != "not_finite":
        return None
    epoch = len(curve.epochs) + 1
    return Note(
        rule="not_finite",
        first_epoch=epoch,
        last_epoch=epoch,
        text=f"In epoch {epoch} the loss stopped being a number: the weights grew without bound.",
        remedy=remedies.against_explosion(curve.config),
    )


def rate_too_high(curve: Curve) -> Note | None:
    """The training loss jumps about, or the validation loss climbs and nothing is learnt for it."""
    if len(curve.at_this_rate) < _FEWEST:
        return None
    seen = symptoms.jumps(curve) or symptoms.climbs(curve) or symptoms.learns_nothing(curve)
    remedy = remedies.lower_rate(curve.config)
    if seen is None or remedy is None:
        return None
    first_epoch, text = seen
    return Note(
        rule="rate_too_high",
        first_epoch=first_epoch,
        last_epoch=curve.last.epoch,
        text=f"{text}: its steps are too long.",
        remedy=remedy,
    )


def overfitting(curve: Curve) -> Note | None:
    """Since the best epoch the training loss has fallen on, and the validation loss risen."""
    if not symptoms.is_overfitting(curve):
        return None
    best, last = curve.best, curve.last
    return Note(
        rule="overfitting",
        first_epoch=best.epoch,
        last_epoch=last.epoch,
        text=(
            f"Since epoch {best.epoch} the gap has widened: training loss "
            f"{best.train_loss:.3f} → {last.train_loss:.3f}, validation loss "
            f"{best.val_loss:.3f} → {last.val_loss:.3f}. It learns the training reviews by heart."
        ),
        remedy=remedies.against_overfitting(curve.config),
    )


def rate_too_low(curve: Curve) -> Note | None:
    """The loss falls in every epoch, hardly, and is still about a coin's."""
    window = curve.at_this_rate[-symptoms.WINDOW :]
    losses = [record.train_loss for record in window]
    fall = (losses[0] - losses[-1]) / (len(losses) - 1) if len(losses) > 1 else 0.0
    is_steady = all(later < earlier for earlier, later in pairwise(losses))
    if len(window) < symptoms.WINDOW or not is_steady or fall >= 0.001:
        return None
    if curve.best.val_loss < symptoms.NO_BETTER_THAN_CHANCE or curve.config.learning_rate >= 1e-3:
        return None
    return Note(
        rule="rate_too_low",
        first_epoch=window[0].epoch,
        last_epoch=curve.last.epoch,
        text=(
            f"Epochs {window[0].epoch} to {curve.last.epoch}: the training loss falls in every "
            f"epoch, but only by {fall:.4f}, and is still {losses[-1]:.3f} (guessing: 0.693)."
        ),
        remedy=remedies.higher_rate(curve.config),
    )


def still_improving(curve: Curve) -> Note | None:
    """The last epoch was the best when the run was ended, and clearly so."""
    if curve.ended not in ("max_epochs", "user") or len(curve.epochs) < 3:
        return None
    earlier = curve.epochs[-min(4, len(curve.epochs))]
    fall = earlier.val_loss - curve.last.val_loss
    if curve.last.bad_epochs or fall < 0.003 or rate_too_low(curve):
        return None
    remedy = Remedy(advice="Resume it: it goes on from here.", changes={})
    if len(curve.epochs) >= curve.config.max_epochs:
        more = remedies.more_epochs(curve.config, len(curve.epochs))
        if more is None:
            return None
        remedy = more
    return Note(
        rule="still_improving",
        first_epoch=earlier.epoch,
        last_epoch=curve.last.epoch,
        text=(
            f"The validation loss was still falling when it ended: {earlier.val_loss:.3f} after "
            f"epoch {earlier.epoch}, {curve.last.val_loss:.3f} after epoch {curve.last.epoch}."
        ),
        remedy=remedy,
    )


def plateau(curve: Curve) -> Note | None:
    """For a whole window no epoch was better by more than a trifle, and no other rule says why."""
    width = max(symptoms.WINDOW, len(curve.epochs) // 6)  # a long run moves more slowly
    before, window = curve.epochs[:-width], curve.epochs[-width:]
    if len(before) < _FEWEST or len(curve.at_this_rate) < width:
        return None
    low_before = min(before, key=lambda record: record.val_loss)
    low_now = min(window, key=lambda record: record.val_loss)
    if low_before.val_loss - low_now.val_loss >= 0.003:
        return None
    if rate_too_high(curve) or overfitting(curve) or rate_too_low(curve):
        return None
    return Note(
        rule="plateau",
        first_epoch=low_before.epoch,
        last_epoch=curve.last.epoch,
        text=(
            f"The validation loss has stayed near {curve.best.val_loss:.3f} since epoch "
            f"{low_before.epoch}."
        ),
        remedy=remedies.against_a_plateau(curve.config),
    )


RULES: Final[tuple[Callable[[Curve], Note | None], ...]] = (
    not_finite,
    rate_too_high,
    overfitting,
    rate_too_low,
    still_improving,
    plateau,
)
"""The most important first."""
