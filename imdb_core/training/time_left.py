"""How long a run may still take: with early stopping, a range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from imdb_core.training.records import EpochRecord

_RECENT: Final = 20  # epochs; older ones may have trained beside another program


@dataclass(frozen=True, kw_only=True)
class TimeLeft:
    """Seconds until a run ends by its rules.

    Attributes:
        seconds_at_least: if no further epoch is better.
        seconds_at_most: if patience never runs out.
    """

    seconds_at_least: float
    seconds_at_most: float


def time_left(
    epochs: Sequence[EpochRecord],
    *,
    max_epochs: int,
    patience: int,
    since_last_s: float = 0.0,
    between_s: float = 0.0,
) -> TimeLeft | None:
    """From the median of the last epochs' seconds; None before the first has finished.

    Args:
        epochs: those finished, epoch 1 first; the last one knows the bad epochs.
        max_epochs, patience: as they hold now; both are asked after an epoch, so a patience
            lowered below the bad epochs ends the run one epoch later.
        since_last_s: how long the epoch under way has been computing.
        between_s: seconds an epoch that its record does not count, such as writing files.
    """
    if not epochs:
        return None
    recent = epochs[-_RECENT:]
    epoch_s = median(record.train_seconds + record.val_seconds for record in recent) + between_s
    most = max(0, max_epochs - len(epochs))
    least = min(most, max(1, patience - epochs[-1].bad_epochs))
    spent_s = min(since_last_s, epoch_s)
    return TimeLeft(
        seconds_at_least=max(0.0, least * epoch_s - spent_s),
        seconds_at_most=max(0.0, most * epoch_s - spent_s),
    )
