"""What a live chart shows, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imdb_core.training.records import EpochRecord


@dataclass(frozen=True, kw_only=True)
class Ghost:
    """An earlier run, drawn faintly behind; its values are sent once.

    Attributes:
        id: tells it from other ghosts.
        name: shown as it is typed, never as HTML.
        val_loss: validation losses from epoch 1 on (nats).
        train_loss: train losses from epoch 1 on (nats).
    """

    id: str
    name: str
    val_loss: Sequence[float]
    train_loss: Sequence[float] = ()


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What something simpler reaches: a thin line, with its name at the right edge.

    Attributes:
        name: two or three words.
        loss: in nats; without it there is no line among the losses.
        accuracy: share of reviews judged right; without it there is no line there.
    """

    name: str
    loss: float | None = None
    accuracy: float | None = None


@dataclass(frozen=True, kw_only=True)
class ChartView:
    """One moment of a run.

    Attributes:
        run_id: none while there is no run.
        epochs: all that have finished, from epoch 1 on, without gaps.
        best_epoch: the star's epoch; 0 while there is none.
        patience: epochs without an improvement that are allowed.
        show_patience: shade the epochs from the best one to best + patience.
        stopped_at: the last epoch of a run that has ended.
        stopped_words: why it ended, beside that line.
        grey_line_at: where the run would have ended, had nobody said 'keep going'.
        baselines: thin horizontal lines.
        ghosts: earlier runs.
        pinned_texts: up to three reviews whose score is followed.
        pinned: P(positive) of each of them, a row per epoch; may lag behind `epochs`.
        show_accuracy: draw validation accuracy in a panel of its own.
        log_scale: draw the losses on a logarithmic axis.
        empty_text: one sentence for a chart without epochs.
        sentence: what the chart shows, for those who cannot see it.
        phase: what the run is at; `training` is told now and then only, any other at once.
        file_name: of downloads, without its ending.
    """

    run_id: str | None = None
    epochs: Sequence[EpochRecord] = ()
    best_epoch: int = 0
    patience: int = 0
    show_patience: bool = True
    stopped_at: int | None = None
    stopped_words: str = "stopped"
    grey_line_at: int | None = None
    baselines: Sequence[Baseline] = ()
    ghosts: Sequence[Ghost] = ()
    pinned_texts: Sequence[str] = ()
    pinned: Sequence[Sequence[float]] = ()
    show_accuracy: bool = True
    log_scale: bool = False
    empty_text: str = "Both losses appear here, epoch by epoch."
    sentence: str = ""
    phase: str = ""
    file_name: str = "run"
