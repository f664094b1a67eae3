"""How a network read a review: the curve, the words, and what each counts."""

from __future__ import annotations

import streamlit as st

from imdb_core.scoring import Attribution, Reading, Scorer
from imdb_core.scoring.calibration import Calibration
from imdb_core.ui.score.charts import CHART_CONFIG, bars_figure, curve_figure
from imdb_core.ui.score.state import curve_of, gradients_of, left_out_of
from imdb_core.ui.score.words import draw_words, words_by_attribution, words_by_curve
from imdb_core.ui.wording import as_markdown

_WAYS = {
    "gradients": "Integrated gradients",
    "left_out": "Leaving each word out",
}
_UNIT = "The numbers are log-odds: a verdict of 0 is 50%, of 1 is 73%, of 2 is 88%."
_WAY_HELP = (
    "Integrated gradients: every word is faded in from a blank, and what the verdict gains on "
    "the way is given to the words (Sundararajan and others, 2017). Leaving out: the review is "
    "judged again without the word."
)


def draw_curve(scorer: Scorer, reading: Reading, calibration: Calibration | None) -> None:
    """P(positive) word by word, and the words under it."""
    st.subheader("How it read the review", anchor=False)
    curve = curve_of(scorer, reading)
    if curve is None:
        return
    unsure = calibration.unsure if calibration else None
    st.plotly_chart(
        curve_figure(reading, curve, unsure),
        key="reading_curve",
        config=CHART_CONFIG,
        alt=f"P(positive) after each of {reading.words_read} words, from {curve.start:.0%} before "
        f"the first to {curve.points[-1]:.1%} after the last.",
    )
    draw_words(words_by_curve(reading, curve), key="reading_words")


def draw_why(scorer: Scorer, reading: Reading) -> None:
    """What each word counts for the verdict, in two ways."""
    way = st.segmented_control(
        "How to find out",
        list(_WAYS),
        default="gradients",
        required=True,
        format_func=_WAYS.__getitem__,
        help=_WAY_HELP,
        key="why_way",
    )
    is_left_out = way == "left_out"
    explain = left_out_of if is_left_out else gradients_of
    found = explain(scorer, reading)
    if found is None:
        return
    words, bars = st.columns([1.5, 1], gap="large")
    with words:
        draw_words(words_by_attribution(reading, found), key="why_words")
    with bars:
        st.plotly_chart(
            bars_figure(reading, found),
            key="why_bars",
            config=CHART_CONFIG,
            alt="The words that count most, and what they count.",
        )
    st.caption(as_markdown(_sum_words(found, is_left_out=is_left_out)))


def _sum_words(found: Attribution, *, is_left_out: bool) -> str:
    if is_left_out:
        return (
            f"All effects together: {found.total:+.2f}. Without any word the verdict would differ "
            f"by {found.difference:+.2f}; what words do only together is not shared out, so "
            f"{found.error:+.2f} remains. {_UNIT}"
        )
    said = (
        f"All words together: {found.total:+.3f}. Against the same review with its words blank, "
        f"the verdict differs by {found.difference:+.3f}; error of the sum: {found.error:+.4f}. "
        f"{_UNIT}"
    )
    if found.is_close:
        return said
    return (
        f"{said} That is much: this network's verdict jumps on the way from blank words to these. "
        "Leaving each word out tells more here."
    )
