"""Figures of the Score page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from imdb_core.ui.charts import QUIET_COLOR, new_figure

if TYPE_CHECKING:  # PyTorch comes with them, and the Evaluate page opens without it
    from imdb_core.scoring import Attribution, Reading, ReadingCurve
    from imdb_core.scoring.calibration import Band

POSITIVE_COLOR = "#12a594"
NEGATIVE_COLOR = "#e8762c"
COLORS = (POSITIVE_COLOR, "#e69f00", "#0072b2", "#cc79a7")
_DASHES = ("solid", "dash", "dot", "dashdot")
_MOST_BARS = 12
_BARE = {"displaylogo": False, "displayModeBar": False}
CHART_CONFIG = _BARE
_NAME_SHOWN = 24
_EDGE = 0.15


def curve_figure(reading: Reading, curve: ReadingCurve, unsure: Band | None) -> go.Figure:
    """P(positive) after each word, the turning words named, the unsure scores shaded."""
    figure = _probability_figure(270)
    _add_curve(figure, reading, curve, name="P(positive)", color=POSITIVE_COLOR)
    if unsure is not None:
        figure.add_hrect(
            y0=unsure.low, y1=unsure.high, fillcolor=QUIET_COLOR, opacity=0.14, line_width=0,
            annotation_text="unsure", annotation_position="bottom right",
            annotation_font={"color": QUIET_COLOR, "size": 11},
        )  # fmt: skip
    for turn in curve.turning_words():
        is_up = turn.after > turn.before
        figure.add_annotation(
            x=reading.number(turn.index), y=turn.after, text=_label(reading.word(turn.index)),
            xanchor=_towards_the_middle(turn.index, reading.words_read),
            ax=0, ay=-22 if is_up else 22,
            arrowhead=0, arrowwidth=1, arrowcolor=QUIET_COLOR, font={"size": 13},
        )  # fmt: skip
    first = reading.number(0)
    figure.update_xaxes(range=[first - 0.5, first + max(reading.words_read, 2) - 0.5])
    figure.update_layout(showlegend=False)
    return figure


def curves_figure(curves: Sequence[tuple[str, Reading, ReadingCurve]]) -> go.Figure:
    """Several curves on the words of a text; told apart by colour and by dashes."""
    figure = _probability_figure(280)
    for index, (name, reading, curve) in enumerate(curves):
        _add_curve(
            figure, reading, curve, name=_label(name), color=COLORS[index], dash=_DASHES[index]
        )
    return figure


def bars_figure(reading: Reading, found: Attribution) -> go.Figure:
    """The words that count most, the strongest on top."""
    order = np.argsort(-np.abs(found.values), kind="stable")[:_MOST_BARS][::-1]
    values = found.values[order]
    figure = new_figure()
    figure.add_bar(
        x=values.round(4).tolist(),
        y=list(range(len(order))),
        orientation="h",
        marker_color=[POSITIVE_COLOR if value > 0 else NEGATIVE_COLOR for value in values],
        text=[f"{value:+.2f}" for value in values],
        textposition="outside",
        cliponaxis=False,
        hoverinfo="skip",
    )
    reach = max(0.25, float(np.abs(values).max(initial=0))) * 1.45
    figure.update_yaxes(
        tickvals=list(range(len(order))), ticktext=[_label(reading.word(i)) for i in order],
        automargin=True, fixedrange=True,
    )  # fmt: skip
    figure.update_xaxes(
        title="← towards negative · towards positive →", range=[-reach, reach], fixedrange=True
    )
    figure.update_layout(
        height=90 + 24 * len(order), margin={"l": 8, "r": 12, "t": 8, "b": 8}, showlegend=False
    )
    return figure


def epochs_figure(epochs: Sequence[int], probabilities: Sequence[float], now: int) -> go.Figure:
    """The verdict on one text through the epochs of a run."""
    figure = _probability_figure(230)
    figure.add_scatter(
        x=list(epochs), y=list(probabilities), mode="lines+markers", marker={"size": 5},
        line={"color": POSITIVE_COLOR, "width": 2},
        hovertemplate="epoch %{x}: %{y:.1%}<extra></extra>",
    )  # fmt: skip
    figure.add_vline(x=now, line={"color": QUIET_COLOR, "width": 1, "dash": "dot"})
    figure.update_xaxes(title="epoch", range=[epochs[0] - 0.5, epochs[-1] + 0.5])
    figure.update_layout(showlegend=False, hovermode="closest")
    return figure


def scores_figure(probabilities: Sequence[float]) -> go.Figure:
    """How many rows got which score, in steps of five points."""
    counts, edges = np.histogram(probabilities, bins=20, range=(0, 1))
    figure = new_figure()
    centers = (edges[:-1] + edges[1:]) / 2
    figure.add_bar(
        x=centers.tolist(), y=counts.tolist(), width=0.046,
        marker_color=[POSITIVE_COLOR if x > 0.5 else NEGATIVE_COLOR for x in centers],
        customdata=[f"{low:.0%}–{high:.0%}" for low, high in pairwise(edges)],
        hovertemplate="P(positive) %{customdata}: %{y:,} rows<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title="P(positive)", range=[0, 1], tickformat=".0%", fixedrange=True)
    figure.update_yaxes(title="rows", automargin=True, fixedrange=True)
    figure.update_layout(height=240, margin={"l": 8, "r": 12, "t": 8, "b": 8}, showlegend=False)
    return figure


def _probability_figure(height: int) -> go.Figure:
    figure = new_figure()
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 12, "t": 8, "b": 8},
        hovermode="x unified",
        legend={"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
    )
    figure.add_hline(y=0.5, line={"color": QUIET_COLOR, "width": 1, "dash": "dot"})
    figure.update_xaxes(title="word", fixedrange=True, tickformat=",d")
    figure.update_yaxes(
        title="P(positive)", range=[-0.16, 1.16], tickformat=".0%", automargin=True,
        tickvals=[0, 0.25, 0.5, 0.75, 1], fixedrange=True, zeroline=False,
    )  # fmt: skip
    return figure


def _add_curve(
    figure: go.Figure,
    reading: Reading,
    curve: ReadingCurve,
    *,
    name: str,
    color: str,
    dash: str = "solid",
) -> None:
    first = reading.number(0)
    figure.add_scatter(
        x=list(range(first, first + reading.words_read)),
        y=curve.points.round(4).tolist(),
        name=name,
        mode="lines+markers" if reading.words_read <= 60 else "lines",
        marker={"size": 5},
        line={"color": color, "width": 2, "dash": dash},
        customdata=[_label(reading.word(index)) for index in range(reading.words_read)],
        hovertemplate="%{y:.1%} after “%{customdata}”",
    )


def _towards_the_middle(index: int, count: int) -> str:
    """Where a word stands by its place, so that it does not lie over the chart's edge."""
    if index < _EDGE * count:
        return "left"
    return "right" if index > (1 - _EDGE) * count else "center"


def _label(text: str) -> str:
    """Short, and as typed: Plotly takes <b> and <a> for HTML."""
    cleaned = " ".join(text.encode("utf-8", "replace").decode().split())
    return escape(cleaned if len(cleaned) <= _NAME_SHOWN else f"{cleaned[:_NAME_SHOWN]}…")
