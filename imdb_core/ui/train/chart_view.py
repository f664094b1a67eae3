"""What the loss chart shows beside a run's epochs, as plain values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from imdb_core.ui.charts import BEST_COLOR, TRAIN_COLOR, VALIDATION_COLOR
from imdb_core.ui.live import plotly_script

_PINNED_COLORS = ("#009e73", "#cc79a7", "#56b4e9")
_LOSS_HEIGHT, _PANEL_HEIGHT = 430, 150


@dataclass(frozen=True, kw_only=True)
class Ghost:
    """An earlier run, drawn faintly behind.

    Attributes:
        id: the run's.
        name: shown as it is typed, never as HTML.
    """

    id: str
    name: str


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
    """One moment of a run; its epochs come to the browser by the feed.

    Attributes:
        patience: epochs without an improvement that are allowed.
        show_patience: shade the epochs from the best one to best + patience.
        stopped_at: the last epoch of a run that has ended.
        stopped_words: why it ended, beside that line.
        changes: what was changed on the way: the last epoch before it, and a few words.
        grey_line_at: where the run would have ended, had nobody said 'keep going'.
        baselines: thin horizontal lines.
        ghosts: earlier runs.
        pinned_texts: up to three reviews whose score is followed.
        show_accuracy: draw validation accuracy in a panel of its own.
        log_scale: draw the losses on a logarithmic axis.
        empty_text: one sentence for a chart without epochs.
        word: the run's state, for those who cannot see the chart; empty without a run.
        phase: what the run is at; `training` is told now and then only, any other at once.
        file_name: of downloads, without its ending.
    """

    patience: int = 0
    show_patience: bool = True
    stopped_at: int | None = None
    stopped_words: str = "stopped"
    changes: Sequence[tuple[int, str]] = ()
    grey_line_at: int | None = None
    baselines: Sequence[Baseline] = ()
    ghosts: Sequence[Ghost] = ()
    pinned_texts: Sequence[str] = ()
    show_accuracy: bool = True
    log_scale: bool = False
    empty_text: str = "Both losses appear here, epoch by epoch."
    word: str = ""
    phase: str = ""
    file_name: str = "run"

    def as_json(self) -> dict[str, Any]:
        """The same for the browser, with the look of it."""
        return asdict(self) | {
            "file_name": re.sub(r"[^\w.-]+", "_", self.file_name) or "run",
            "height": _LOSS_HEIGHT + _PANEL_HEIGHT * (self.show_accuracy + bool(self.pinned_texts)),
            "colors": {
                "train": TRAIN_COLOR,
                "validation": VALIDATION_COLOR,
                "best": BEST_COLOR,
                "pinned": _PINNED_COLORS,
            },
            "plotly_script": plotly_script.NAME,
        }
