"""Plotly figures. Colours are told apart by the colour-blind and on light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import plotly.graph_objects as go

from imdb_core.runs.run import Run

TRAIN_COLOR = "#5b8fd6"
VALIDATION_COLOR = "#e07b1a"
BEST_COLOR = "#d9a400"
QUIET_COLOR = "#8a8f98"


def new_figure() -> go.Figure:
    """An empty figure, made once pandas is whole.

    Where another thread is in the midst of importing pandas, as the first charts and tables of
    a server do, Plotly takes what there is of it and fails.
    """
    import pandas  # noqa: F401 - waits for that import

    return go.Figure()


def histogram_figure(edges: Sequence[float], counts: Sequence[int], x_title: str) -> go.Figure:
    """Counts between `edges` (one more than `counts`)."""
    figure = _empty_figure("reviews", 260)
    widths = [right - left for left, right in pairwise(edges)]
    centers = [left + width / 2 for left, width in zip(edges, widths, strict=False)]
    figure.add_bar(x=centers, y=list(counts), width=widths, marker_color=TRAIN_COLOR)
    figure.update_xaxes(title=x_title)
    figure.update_layout(bargap=0)
    return figure


def coverage_figure(sizes: Sequence[int], shares: Sequence[float]) -> go.Figure:
    """Which share of all words read is known, by vocabulary size."""
    figure = _empty_figure("share of words known", 260)
    figure.add_scatter(
        x=list(sizes), y=list(shares), mode="lines+markers", line={"color": VALIDATION_COLOR}
    )
    figure.update_xaxes(type="log", dtick=1, title="vocabulary size")
    figure.update_yaxes(tickformat=".0%")
    return figure


def chart_sentence(run: Run | None) -> str:
    """What the loss chart shows, for those who cannot see it."""
    if run is None or run.best is None:
        return "Chart of train and validation loss; no epoch has finished yet."
    last = run.epochs[-1]
    epochs = "epoch" if last.epoch == 1 else "epochs"
    return (
        f"Train and validation loss over {last.epoch} {epochs}. Train loss is now "
        f"{last.train_loss:.4f}, validation loss {last.val_loss:.4f}; the best validation "
        f"loss was {run.best.val_loss:.4f} in epoch {run.best.epoch}."
    )


def _empty_figure(y_title: str, height: int) -> go.Figure:
    figure = new_figure()
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 12, "t": 28, "b": 8},
        hovermode="x unified",
        showlegend=False,
    )
    figure.update_yaxes(title=y_title, automargin=True)
    return figure
