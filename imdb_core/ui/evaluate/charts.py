"""Figures of the Evaluate page."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from imdb_core.evaluation import Metrics
from imdb_core.evaluation.slices import Slice
from imdb_core.ui.charts import QUIET_COLOR, new_figure

NETWORK_COLOR = "#1f9287"
BASELINE_COLOR = "#e07b1a"
_ROW_PX = 44


def calibration_figure(metrics: Metrics, baseline: Metrics | None) -> go.Figure:
    """How often reviews are positive, by what was predicted for them."""
    figure = _empty_figure(380)
    figure.add_scatter(
        x=[0, 1], y=[0, 1], name="ideal", mode="lines", hoverinfo="skip",
        line={"color": QUIET_COLOR, "width": 1, "dash": "dash"},
    )  # fmt: skip
    for each, name, color in (
        (baseline, "bag of words", BASELINE_COLOR),
        (metrics, "this network", NETWORK_COLOR),
    ):
        if each is None:
            continue
        figure.add_scatter(
            x=[part.predicted for part in each.calibration],
            y=[part.positive for part in each.calibration],
            customdata=[part.reviews for part in each.calibration],
            name=name,
            mode="lines+markers",
            line={"color": color, "width": 2},
            marker={"size": 8},
            hovertemplate="predicted %{x:.0%}, positive %{y:.0%}, %{customdata:,} reviews",
        )
    figure.update_xaxes(
        title="P(positive), average of each tenth", range=[-0.02, 1.02], tickformat=".0%"
    )
    figure.update_yaxes(title="share that is positive", range=[-0.02, 1.02], tickformat=".0%")
    return figure


def slices_figure(slices: Sequence[Slice], overall: float) -> go.Figure:
    """Accuracy of each slice with its interval, the bag of words beside it."""
    figure = _empty_figure(70 + _ROW_PX * len(slices))
    names = [part.name for part in slices]
    accuracies = [part.accuracy for part in slices]
    intervals = [part.interval for part in slices]
    baseline = [part.baseline_accuracy for part in slices]
    if None not in baseline:
        figure.add_scatter(
            x=baseline, y=names, name="bag of words", mode="markers",
            marker={"size": 9, "symbol": "diamond-open", "color": BASELINE_COLOR,
                    "line": {"width": 2}},
            hovertemplate="%{x:.1%}",
        )  # fmt: skip
    figure.add_scatter(
        x=accuracies,
        y=names,
        name="this network",
        mode="markers",
        marker={"size": 10, "color": NETWORK_COLOR},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [high - x for (_, high), x in zip(intervals, accuracies, strict=True)],
            "arrayminus": [x - low for (low, _), x in zip(intervals, accuracies, strict=True)],
            "color": NETWORK_COLOR,
            "thickness": 1.5,
        },
        customdata=[part.reviews for part in slices],
        hovertemplate="%{x:.1%} of %{customdata:,}",
    )
    figure.add_vline(x=overall, line={"color": QUIET_COLOR, "width": 1, "dash": "dot"})
    figure.update_xaxes(title="judged right", tickformat=".0%", range=[_lowest(slices), 1.01])
    figure.update_yaxes(autorange="reversed", type="category")
    return figure


def _lowest(slices: Sequence[Slice]) -> float:
    """Where the axis begins: a little below the lowest thing drawn."""
    drawn = [part.interval[0] for part in slices]
    drawn += [part.baseline_accuracy for part in slices if part.baseline_accuracy is not None]
    return max(0.0, min([*drawn, 0.5]) - 0.03)


def _empty_figure(height: int) -> go.Figure:
    """Axes and a legend above them."""
    figure = new_figure()
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 12, "t": 28, "b": 8},
        hovermode="closest",
        legend={"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
    )
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    return figure
