"""Plotly figures. Colours are told apart by the colour-blind and on light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise

import plotly.graph_objects as go

from imdb_core.runs.run import Run

TRAIN_COLOR = "#5b8fd6"
VALIDATION_COLOR = "#e07b1a"
BEST_COLOR = "#d9a400"
QUIET_COLOR = "#8a8f98"
_OVERLAY_COLORS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")

LOSS_HEIGHT = 430
_LEAST_EPOCHS_SHOWN = 10


def loss_figure(run: Run | None) -> go.Figure:
    """Train and validation loss over whole epochs, the best one starred."""
    figure = _empty_figure("loss (nats)", LOSS_HEIGHT)
    if run is None or not run.epochs:
        _say(figure, "Both losses appear here, epoch by epoch." if run is None else "…")
        _set_epochs(figure, 0)
        return figure
    epochs = [record.epoch for record in run.epochs]
    _add_curve(figure, "train", epochs, [r.train_loss for r in run.epochs], TRAIN_COLOR)
    _add_curve(figure, "validation", epochs, [r.val_loss for r in run.epochs], VALIDATION_COLOR)
    if run.best is not None:
        _add_best(figure, run.best.epoch, run.best.val_loss)
    if run.state == "finished":
        last = run.epochs[-1].epoch
        figure.add_vline(x=last, line={"color": QUIET_COLOR, "width": 1, "dash": "dot"})
        figure.add_annotation(
            x=last, y=1, yref="paper", text="stopped", showarrow=False, xshift=-4,
            xanchor="right", yanchor="top", font={"color": QUIET_COLOR, "size": 12},
        )  # fmt: skip
    _set_epochs(figure, epochs[-1])
    return figure


def overlay_figure(runs: Sequence[Run], names: Sequence[str]) -> go.Figure:
    """Validation losses of several runs on one axis, each with its best epoch."""
    figure = _empty_figure("validation loss (nats)", 380)
    for index, (run, name) in enumerate(zip(runs, names, strict=True)):
        color = _OVERLAY_COLORS[index % len(_OVERLAY_COLORS)]
        epochs = [record.epoch for record in run.epochs]
        # Plotly takes <b> and <a> in a name for HTML.
        _add_curve(figure, escape(name), epochs, [r.val_loss for r in run.epochs], color)
        if run.best is not None:
            _add_best(figure, run.best.epoch, run.best.val_loss, in_legend=False)
    _set_epochs(figure, max((len(run.epochs) for run in runs), default=0))
    return figure


def histogram_figure(edges: Sequence[float], counts: Sequence[int], x_title: str) -> go.Figure:
    """Counts between `edges` (one more than `counts`)."""
    figure = _empty_figure("reviews", 260)
    widths = [right - left for left, right in pairwise(edges)]
    centers = [left + width / 2 for left, width in zip(edges, widths, strict=False)]
    figure.add_bar(x=centers, y=list(counts), width=widths, marker_color=TRAIN_COLOR)
    figure.update_xaxes(title=x_title)
    figure.update_layout(showlegend=False, bargap=0)
    return figure


def coverage_figure(sizes: Sequence[int], shares: Sequence[float]) -> go.Figure:
    """Which share of all words read is known, by vocabulary size."""
    figure = _empty_figure("share of words known", 260)
    figure.add_scatter(
        x=list(sizes), y=list(shares), mode="lines+markers", line={"color": VALIDATION_COLOR}
    )
    figure.update_xaxes(type="log", title="vocabulary size")
    figure.update_yaxes(tickformat=".0%")
    figure.update_layout(showlegend=False)
    return figure


def chart_sentence(run: Run | None) -> str:
    """What the loss chart shows, for those who cannot see it."""
    if run is None or run.best is None:
        return "Chart of train and validation loss; no epoch has finished yet."
    last = run.epochs[-1]
    return (
        f"Train and validation loss over {last.epoch} epochs. Train loss is now "
        f"{last.train_loss:.4f}, validation loss {last.val_loss:.4f}; the lowest validation "
        f"loss was {run.best.val_loss:.4f} in epoch {run.best.epoch}."
    )


def _empty_figure(y_title: str, height: int) -> go.Figure:
    figure = go.Figure()
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 12, "t": 28, "b": 8},
        hovermode="x unified",
        legend={"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
        uirevision="kept",
    )
    figure.update_yaxes(title=y_title, automargin=True)
    return figure


def _add_curve(
    figure: go.Figure, name: str, epochs: list[int], values: list[float], color: str
) -> None:
    figure.add_scatter(
        x=epochs,
        y=values,
        name=name,
        mode="lines+markers",
        line={"color": color, "width": 2},
        marker={"size": 5},
        hovertemplate="%{y:.4f}",
    )


def _add_best(figure: go.Figure, epoch: int, loss: float, *, in_legend: bool = True) -> None:
    figure.add_scatter(
        x=[epoch],
        y=[loss],
        name="best epoch",
        mode="markers",
        marker={"symbol": "star", "size": 15, "color": BEST_COLOR, "line": {"width": 1}},
        hovertemplate="%{y:.4f}",
        showlegend=in_legend,
    )


def _set_epochs(figure: go.Figure, last: int) -> None:
    """Whole epochs on the axis, with room for the next ones."""
    shown = max(last + 1, _LEAST_EPOCHS_SHOWN)
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500) if shown / step <= 15)
    figure.update_xaxes(title="epoch", range=[0.5, shown + 0.5], tick0=0, dtick=step)


def _say(figure: go.Figure, text: str) -> None:
    figure.add_annotation(
        text=text, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False,
        font={"size": 16, "color": QUIET_COLOR},
    )  # fmt: skip
    figure.update_yaxes(range=[0.4, 0.75])
