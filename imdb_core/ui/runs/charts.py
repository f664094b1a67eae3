"""Plotly figures of the Runs page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import accumulate
from typing import Any, Literal

import plotly.graph_objects as go

from imdb_core.runs.run import Run
from imdb_core.training.records import EpochRecord
from imdb_core.ui.charts import BEST_COLOR, TRAIN_COLOR, new_figure
from imdb_core.ui.wording import changed_values

COLORS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
"""Told apart by the colour-blind; from the seventh curve on, dashes tell them apart."""
_DASHES = ("solid", "dash", "dot", "dashdot")

Axis = Literal["epoch", "seconds"]
Measure = Literal["val_loss", "train_loss", "val_accuracy"]
MEASURES: dict[Measure, str] = {
    "val_loss": "validation loss (lower is better)",
    "train_loss": "train loss (lower is better)",
    "val_accuracy": "validation accuracy",
}


def overlay_figure(runs: Sequence[Run], *, axis: Axis, measure: Measure) -> go.Figure:
    """One curve a run, the best epoch of each starred."""
    figure = _figure(400, MEASURES[measure])
    for index, run in enumerate(runs):
        color = COLORS[index % len(COLORS)]
        x = _positions(run.epochs, axis)
        y = [getattr(record, measure) for record in run.epochs]
        figure.add_scatter(
            x=x,
            y=y,
            # Plotly takes <b> and <a> in a name for HTML.
            name=escape(_short(run.name)),
            mode="lines+markers",
            line={
                "color": color,
                "width": 2,
                "dash": _DASHES[index // len(COLORS) % len(_DASHES)],
            },
            marker={"size": 4},
            hovertemplate="%{y:.1%}" if measure == "val_accuracy" else "%{y:.4f}",
        )
        # Where a setting was changed on the way: a stroke through the curve.
        for change in run.changes:
            if 0 < change.epoch <= len(x):
                figure.add_scatter(
                    x=[x[change.epoch - 1]],
                    y=[y[change.epoch - 1]],
                    mode="markers",
                    marker={"symbol": "line-ns-open", "size": 18, "color": color},
                    showlegend=False,
                    hovertemplate=f"{changed_values(change)} from here on<extra></extra>",
                )
        if run.best is not None:
            best = run.best.epoch - 1
            figure.add_scatter(
                x=[x[best]],
                y=[y[best]],
                mode="markers",
                marker={"symbol": "star", "size": 14, "color": BEST_COLOR, "line": {"width": 1}},
                showlegend=False,
                hoverinfo="skip",
            )
    figure.update_xaxes(title="epoch" if axis == "epoch" else "seconds of training")
    if axis == "epoch":
        last = max((len(run.epochs) for run in runs), default=0)
        # Whole epochs only.
        figure.update_xaxes(tick0=0, dtick=next(s for s in _STEPS if last / s <= 15))
    if measure == "val_accuracy":
        figure.update_yaxes(tickformat=".0%")
    return figure


_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500)


def scatter_figure(
    runs: Sequence[Run], x: Sequence[Any], y: Sequence[float], *, x_title: str, y_title: str
) -> go.Figure:
    """One point a run; where `x` are words, they are categories."""
    figure = _figure(380, y_title)
    figure.add_scatter(
        x=list(x),
        y=list(y),
        mode="markers",
        marker={"size": 9, "color": TRAIN_COLOR, "opacity": 0.75, "line": {"width": 1}},
        customdata=[escape(run.name) for run in runs],
        hovertemplate="%{customdata}<br>%{x}: %{y}<extra></extra>",
    )
    figure.update_layout(hovermode="closest", showlegend=False)
    figure.update_xaxes(title=x_title)
    if _is_choice(x):
        figure.update_xaxes(type="category")
    elif min(x) > 0 and max(x) / min(x) >= 20:
        figure.update_xaxes(type="log")
    if y_title.endswith("accuracy"):
        figure.update_yaxes(tickformat=".1%")
    return figure


def _figure(height: int, y_title: str) -> go.Figure:
    figure = new_figure()
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 12, "t": 28, "b": 8},
        hovermode="x unified",
        legend={"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
        showlegend=True,
    )
    figure.update_yaxes(title=y_title, automargin=True)
    return figure


def _positions(epochs: Sequence[EpochRecord], axis: Axis) -> list[float]:
    if axis == "epoch":
        return [record.epoch for record in epochs]
    return list(accumulate(record.train_seconds + record.val_seconds for record in epochs))


def _is_choice(values: Sequence[Any]) -> bool:
    return any(isinstance(value, str) for value in values)


def _short(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:39]}…"
