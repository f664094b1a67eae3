"""A verdict and what it rests on."""

from __future__ import annotations

import streamlit as st

from imdb_core.runs.run import Run
from imdb_core.scoring import Score, Scorer
from imdb_core.scoring.calibration import Calibration
from imdb_core.studio import Studio
from imdb_core.ui.score.state import calibration_of
from imdb_core.ui.wording import as_markdown

EXAMPLES = {
    "Praise": "What a wonderful film. The story is warm and funny, the actors are superb, and "
    "I loved every minute of it. One of the best movies I have seen in years.",
    "Complaint": "This was a terrible waste of time. The plot makes no sense, the acting is awful "
    "and the jokes are not funny at all. The worst movie of the year.",
    "Mixed": "The first hour is slow and rather boring, and the music is bad. But the ending is "
    "brilliant and moving, and in the end I was glad that I stayed.",
    "Not bad": "I did not expect much, but it is not bad at all. Far from perfect, yet never dull.",
}

_PROBABILITY_HELP = (
    "How probable it is, for the network, that the review is positive: near 0% it takes it for a "
    "complaint, near 100% for praise. Above 50% the verdict is positive."
)
_BAR = """
<style>
.verdict-bar {{ position: relative; height: .8rem; border-radius: .4rem; margin: .1rem 0 1.5rem;
  background: linear-gradient(90deg, #e8762c55, #8882 50%, #12a59455); }}
.verdict-bar .band {{ position: absolute; top: 0; bottom: 0; opacity: .55;
  background: repeating-linear-gradient(45deg, #8a8f98 0 3px, transparent 3px 7px); }}
.verdict-bar .mark {{ position: absolute; top: -.25rem; bottom: -.25rem; width: .3rem;
  margin-left: -.15rem; border-radius: .15rem; background: var(--st-text-color, currentColor); }}
.verdict-bar small {{ position: absolute; top: 1rem; opacity: .75; }}
</style>
<div class="verdict-bar" role="img" aria-label="{sentence}">{band}
<div class="mark" style="left: {at:.2%}"></div>
<small style="left: 0">negative</small>
<small style="left: 50%; transform: translateX(-50%)">{middle}</small>
<small style="right: 0">positive</small></div>
"""


def draw_verdict(studio: Studio, scorer: Scorer, score: Score) -> Calibration | None:
    """The verdict, how far it can be trusted and who judged; returns the calibration, if known."""
    verdict = "Positive" if score.is_positive else "Negative"
    icon = ":material/thumb_up:" if score.is_positive else ":material/thumb_down:"
    color = "green" if score.is_positive else "red"
    st.header(f":{color}[{icon} {verdict}]", anchor=False)
    st.metric("P(positive)", f"{score.probability:.1%}", help=_PROBABILITY_HELP)
    bar = st.container()
    calibration, reason = calibration_of(studio, scorer)
    with bar:
        _draw_bar(score, calibration)
    if calibration is not None and score.words_known:
        _draw_trust(score, calibration)
    elif reason:
        st.caption(as_markdown(f"How often such scores are right is not known: {reason}"))
    st.markdown(_reading_words(score))
    if score.words_known == 0:
        st.warning(
            f"{score.MEANS_NOTHING} It was trained on English reviews.",
            icon=":material/translate:",
        )
    st.caption(as_markdown(_origin(scorer)))
    return calibration


def draw_nothing_yet() -> None:
    """What stands in the verdict's place before there is a text."""
    st.info("The verdict appears here. Write a review, or click an example.")


def _draw_bar(score: Score, calibration: Calibration | None) -> None:
    unsure = calibration.unsure if calibration else None
    band = ""
    if unsure is not None:
        left, right = unsure.low, 1 - unsure.high
        band = f'<div class="band" style="left: {left:.1%}; right: {right:.1%}"></div>'
    st.html(
        _BAR.format(
            sentence=f"P(positive) {score.probability:.1%} on a scale from negative to positive",
            band=band,
            at=score.probability,
            middle="unsure" if unsure is not None else "",
        )
    )


def _draw_trust(score: Score, calibration: Calibration) -> None:
    unsure = calibration.unsure
    is_unsure = unsure is not None and unsure.contains(score.probability)
    band = unsure if is_unsure else calibration.around(score.probability)
    if band is None:
        return
    sentence = (
        f"On the {band.reviews:,} validation reviews scored {band.low:.0%}–{band.high:.0%} "
        f"it was right {band.accuracy:.1%} of the time"
    )
    if is_unsure:
        st.markdown(f":material/help: **Unsure.** {as_markdown(sentence)}.")
    else:
        st.markdown(f":material/verified: {as_markdown(sentence)}.")


def _reading_words(score: Score) -> str:
    read = f"**{score.words_read:,} of {score.words:,} words read**"
    if score.words_read < score.words:
        read += ", the last ones"
    return f"{read}; {score.words_unknown:,} of them unknown to the network."


def _origin(scorer: Scorer) -> str:
    run: Run = scorer.run
    # The weights of an epoch are there a moment before its figures.
    if run.dataset is None or scorer.epoch > len(run.epochs):
        return f"Epoch {scorer.epoch} of {run.name}"
    accuracy = run.epochs[scorer.epoch - 1].val_accuracy
    return (
        f"Epoch {scorer.epoch} of {run.name}, trained on {run.dataset.origin}; right on "
        f"{accuracy:.1%} of {run.dataset.validation_reviews:,} validation reviews."
    )
