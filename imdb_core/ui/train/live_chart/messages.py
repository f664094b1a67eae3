"""What a browser is told on a tick: what it does not have, as far as it is known.

A message carries the epochs from `first` on, up to the newest. It does not count on earlier
messages: of those that follow fast on each other, Streamlit delivers the last one only. The
browser reports what it holds when a message repeats too much of that, or when epochs before
`first` are missing; until then it is sent the same again, and the new.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import plotly

from imdb_core.ui.charts import BEST_COLOR, TRAIN_COLOR, VALIDATION_COLOR
from imdb_core.ui.train.live_chart.view import ChartView, Ghost

Message = dict[str, Any]

_PINNED_COLORS = ("#009e73", "#cc79a7", "#56b4e9")
_GHOST_DIGITS = 5

_LOSS_HEIGHT, _PANEL_HEIGHT = 430, 150


@dataclass(frozen=True, kw_only=True)
class Holding:
    """What a browser says that it holds.

    Attributes:
        series: the run, and the texts pinned to it.
        epochs: how many, from the first on, with the scores of all pinned texts.
        scenery: fingerprint of what does not change from epoch to epoch.
    """

    series: str
    epochs: int
    scenery: str


def as_holding(report: object) -> Holding | None:
    """A browser's report, if it is one: it comes from outside."""
    match report:
        case {"series": str(series), "epochs": int(epochs), "scenery": str(scenery)}:
            return Holding(series=series, epochs=max(epochs, 0), scenery=scenery)
    return None


def message(view: ChartView, holding: Holding | None) -> Message:
    """What brings a browser with `holding` up to `view`."""
    series = f"{view.run_id}/{_fingerprint(view.pinned_texts)}"
    scenery = _fingerprint(_scenery_marks(view))
    has_its_epochs = holding and holding.series == series and holding.epochs <= len(view.epochs)
    # The last epoch that is held goes along, to show whether both mean the same curve.
    first = max(1, holding.epochs) if holding and has_its_epochs else 1
    data = {
        "series": series,
        "first": first,
        "columns": _columns(view, first - 1),
        "scenery_id": scenery,
        "state": _state(view),
    }
    if holding is None or holding.scenery != scenery:
        data["scenery"] = _scenery(view)
    return data


def plot_height(view: ChartView) -> int:
    """Pixels that the panels of `view` need."""
    return _LOSS_HEIGHT + _PANEL_HEIGHT * (view.show_accuracy + bool(view.pinned_texts))


def _columns(view: ChartView, skipped: int) -> Message:
    records = view.epochs[skipped:]
    rows = view.pinned[skipped : len(view.epochs)]
    return {
        # In full precision: the browser writes its CSV file from them.
        "train_loss": [_finite(record.train_loss) for record in records],
        "val_loss": [_finite(record.val_loss) for record in records],
        "val_accuracy": [_finite(record.val_accuracy) for record in records],
        "pinned": [
            [_rounded(row[index]) for row in rows] for index in range(len(view.pinned_texts))
        ],
    }


def _state(view: ChartView) -> Message:
    return {
        "best_epoch": view.best_epoch,
        "patience": view.patience,
        "show_patience": view.show_patience,
        "stopped_at": view.stopped_at,
        "stopped_words": view.stopped_words,
        "grey_line_at": view.grey_line_at,
        "show_accuracy": view.show_accuracy,
        "log_scale": view.log_scale,
        "empty_text": view.empty_text,
        "sentence": view.sentence,
        "phase": view.phase,
        "height": plot_height(view),
    }


def _scenery(view: ChartView) -> Message:
    return {
        "ghosts": [
            {
                "id": ghost.id,
                "name": ghost.name,
                "val_loss": [_rounded(loss) for loss in ghost.val_loss],
                "train_loss": [_rounded(loss) for loss in ghost.train_loss],
            }
            for ghost in view.ghosts
        ],
        "baselines": [
            {"name": line.name, "loss": line.loss, "accuracy": line.accuracy}
            for line in view.baselines
        ],
        "pinned_texts": list(view.pinned_texts),
        "file_name": re.sub(r"[^\w.-]+", "_", view.file_name) or "run",
        "colors": {
            "train": TRAIN_COLOR,
            "validation": VALIDATION_COLOR,
            "best": BEST_COLOR,
            "pinned": _PINNED_COLORS,
        },
        "plotly_version": plotly.__version__,
    }


def _scenery_marks(view: ChartView) -> Iterable[object]:
    """Enough to notice another scenery, without reading all the ghosts on each tick."""
    yield from map(_ghost_marks, view.ghosts)
    yield from view.baselines
    yield from view.pinned_texts
    yield view.file_name


def _ghost_marks(ghost: Ghost) -> tuple[object, ...]:
    return ghost.id, ghost.name, len(ghost.val_loss), len(ghost.train_loss), *ghost.val_loss[-1:]


def _fingerprint(values: Iterable[object]) -> str:
    return sha256(repr(list(values)).encode()).hexdigest()[:16]


def _finite(value: float) -> float | None:
    """JSON knows neither NaN nor infinity; the chart leaves a gap."""
    return float(value) if math.isfinite(value) else None


def _rounded(value: float) -> float | None:
    return float(f"{value:.{_GHOST_DIGITS}g}") if math.isfinite(value) else None
