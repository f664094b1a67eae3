"""A threshold to move: counts, precision, recall and F1 follow in the browser, at once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from streamlit import runtime
from streamlit.components.v2 import component

from imdb_core.evaluation import Evaluation, Metrics

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

STEPS: Final = 100
"""The slider moves in hundredths from 0 to 1."""


def draw_threshold(evaluation: Evaluation, baseline: Metrics | None) -> None:
    """The slider with all that follows; without a server there is nothing to draw in."""
    if runtime.exists():
        _renderer()(key="threshold", data=message(evaluation, baseline), height="content")


def message(evaluation: Evaluation, baseline: Metrics | None) -> dict[str, Any]:
    """What the browser needs: true and false positives at each step, and the curves to draw.

    A review is called positive where P(positive) is above the threshold, as everywhere.
    """
    metrics = evaluation.metrics
    positive = evaluation.labels > 0
    found: dict[str, Any] = {
        # Another evaluation puts the slider back to its middle.
        "of": f"{evaluation.run_id} {evaluation.split} {evaluation.epoch}",
        "positives": metrics.positives,
        "negatives": metrics.reviews - metrics.positives,
        "true_positive": _above(evaluation.probabilities[positive]),
        "false_positive": _above(evaluation.probabilities[~positive]),
        "roc": None,
    }
    if metrics.roc_auc is not None:
        found |= {
            "roc": metrics.roc.model_dump(),
            "precision_recall": metrics.precision_recall.model_dump(),
            "roc_auc": metrics.roc_auc,
            "average_precision": metrics.average_precision,
            "other_roc": baseline and baseline.roc.model_dump(),
            "other_precision_recall": baseline and baseline.precision_recall.model_dump(),
        }
    return found


def _above(probabilities: np.ndarray[Any, np.dtype[np.float32]]) -> list[int]:
    """How many are above each threshold."""
    in_order = np.sort(probabilities.astype(np.float64))
    thresholds = np.arange(STEPS + 1) / STEPS
    above = len(in_order) - np.searchsorted(in_order, thresholds, side="right")
    counts: list[int] = above.tolist()
    return counts


@cache
def _renderer() -> ComponentRenderer:
    folder = Path(__file__).parent
    html, css, js = (
        (folder / f"threshold.{kind}").read_text("utf-8") for kind in ("html", "css", "js")
    )
    return component("imdb_rnn_studio_threshold", html=html, css=css, js=js)
