"""What unfolds below the headline: threshold, calibration, weak spots, mistakes and flips."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from imdb_core.evaluation import Evaluation
from imdb_core.evaluation.baseline_rows import BaselineRows
from imdb_core.evaluation.csv_export import as_csv
from imdb_core.evaluation.listing import flips
from imdb_core.evaluation.slices import Slice, by_length, by_negation, by_stars
from imdb_core.runs.run import Run
from imdb_core.studio import Studio
from imdb_core.ui.evaluate.charts import calibration_figure, slices_figure
from imdb_core.ui.evaluate.reviews import draw_flips, draw_mistakes
from imdb_core.ui.evaluate.threshold import draw_threshold

_CONFIG = {"displaylogo": False}


def draw_parts(
    studio: Studio, run: Run, evaluation: Evaluation, baselines: BaselineRows | None
) -> None:
    """One tab a question; only the open one is drawn."""
    names = ["Threshold", "Calibration", "Weak spots", "Mistakes", "Flips"]
    threshold, calibration, weak, mistaken, flipped = st.tabs(names, key="parts", on_change="rerun")
    bag = None if baselines is None else baselines.bag_of_words_metrics[evaluation.split]
    if threshold.open:
        with threshold:
            draw_threshold(evaluation, bag)
            _draw_download(evaluation)
    if calibration.open:
        with calibration:
            _draw_calibration(evaluation, baselines)
    if weak.open:
        with weak:
            _draw_weak_spots(evaluation, baselines)
    if mistaken.open:
        with mistaken:
            draw_mistakes(studio, run, evaluation)
    if flipped.open:
        with flipped:
            draw_flips(studio, run, evaluation, flips(evaluation))


def _draw_calibration(evaluation: Evaluation, baselines: BaselineRows | None) -> None:
    bag = None if baselines is None else baselines.bag_of_words_metrics[evaluation.split]
    chart, words = st.columns([1.6, 1], gap="large")
    with chart:
        st.plotly_chart(
            calibration_figure(evaluation.metrics, bag),
            key="calibration_chart",
            config=_CONFIG,
            alt="; ".join(
                f"of {part.reviews:,} reviews given {part.predicted:.0%} on average, "
                f"{part.positive:.0%} are positive"
                for part in evaluation.metrics.calibration
            ),
        )
    with words:
        st.metric(
            "Calibration error (ECE)",
            f"{evaluation.metrics.ece:.1%}",
            help="Expected calibration error: how far P(positive) lies from the share that is "
            "positive, on average over ten parts of equal width, each weighted by its reviews.",
        )
        if bag is not None:
            st.caption(f"The bag of words has {bag.ece:.1%} on the same reviews.")
        st.markdown(
            "If P(positive) means what it says, then of the reviews given 70% about 70% are "
            "positive, and the line lies on the dashed one. Below it the network promises too "
            "much, above it too little."
        )
        st.markdown(_largest_gap(evaluation))


def _largest_gap(evaluation: Evaluation) -> str:
    parts = evaluation.metrics.calibration
    part = max(parts, key=lambda part: part.reviews * abs(part.predicted - part.positive))
    return (
        f"What weighs most: {part.reviews:,} reviews were given {part.predicted:.0%} on "
        f"average, and {part.positive:.0%} of them are positive."
    )


def _draw_weak_spots(evaluation: Evaluation, baselines: BaselineRows | None) -> None:
    is_right = None if baselines is None else baselines.is_right(evaluation)
    overall = evaluation.accuracy
    st.caption(
        f"The dotted line is the accuracy on all {evaluation.reviews:,} reviews, {overall:.1%}. "
        "Bars are 95% intervals: where they are wide, few reviews are in that part."
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("###### By stars")
        if evaluation.stars is not None:
            _draw_slices(by_stars(evaluation, is_right), overall, "stars")
            st.caption(_stars_words(evaluation.stars))
        else:
            st.caption(
                "These data say nothing about stars; Stanford's files do (see the Data page)."
            )
    with right:
        st.markdown("###### By length in words")
        _draw_slices(by_length(evaluation, is_right), overall, "length")
        st.caption(f"Of longer reviews only the last {evaluation.words_at_most} words are read.")

        st.markdown("###### By negations")
        _draw_slices(by_negation(evaluation, is_right), overall, "negations")
        st.caption(
            "Words such as 'not', 'never' and 'isn't' among the last "
            f"{evaluation.words_at_most} words, which is what the network reads."
        )


def _stars_words(stars: NDArray[np.uint8]) -> str:
    said = "What the reviewer gave."
    if np.isin(stars, (5, 6)).any():
        return said
    return f"{said} Reviews of 5 and 6 stars, neither good nor bad, are not among these."


def _draw_slices(slices: Sequence[Slice], overall: float, key: str) -> None:
    st.plotly_chart(
        slices_figure(slices, overall),
        key=f"slices_{key}",
        config=_CONFIG,
        alt="; ".join(
            f"{part.name}: {part.accuracy:.1%} of {part.reviews:,} judged right" for part in slices
        ),
    )


def _draw_download(evaluation: Evaluation) -> None:
    st.download_button(
        "Download every judgement (CSV)",
        data=partial(as_csv, evaluation),
        file_name=f"{evaluation.run_id}_{evaluation.split}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="download_judgements",
    )
