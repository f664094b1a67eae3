"""A verdict and what it rests on."""

from __future__ import annotations

import streamlit as st

from imdb_core.runs.run import Run
from imdb_core.scoring import Score, Scorer, ScorerCache
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

_scorers = ScorerCache()


def draw_score(run: Run, text: str) -> None:
    """Judge `text` with the best weights of `run` and show the verdict.

    Raises:
        StudioError: the weights cannot be read, or the text cannot be scored.
    """
    scorer = _scorers.get(run)
    if not text.strip():
        st.info("The verdict appears here. Write a review, or click an example.")
        return
    _draw_verdict(scorer.score(text), scorer)


def _draw_verdict(score: Score, scorer: Scorer) -> None:
    verdict = "Positive" if score.is_positive else "Negative"
    icon = ":material/thumb_up:" if score.is_positive else ":material/thumb_down:"
    color = "green" if score.is_positive else "red"
    st.markdown(f"## :{color}[{icon} {verdict}]")
    st.metric("P(positive)", f"{score.probability:.1%}")
    st.progress(score.probability)
    st.markdown(_reading(score))
    if score.words_known == 0:
        st.warning(
            "The network knows none of these words, so the verdict means nothing. "
            "It was trained on English reviews.",
            icon=":material/translate:",
        )
    st.caption(as_markdown(_origin(scorer)))


def _reading(score: Score) -> str:
    read = f"**{score.words_read:,} of {score.words:,} words read**"
    if score.words_read < score.words:
        read += ", the last ones"
    return f"{read}; {score.words_unknown:,} of them unknown to the network."


def _origin(scorer: Scorer) -> str:
    run = scorer.run
    if run.dataset is None or run.best is None:
        return f"Epoch {scorer.epoch} of {run.name}"
    return (
        f"Epoch {scorer.epoch} of {run.name}, trained on {run.dataset.origin}; right on "
        f"{run.best.val_accuracy:.1%} of {run.dataset.validation_reviews:,} validation reviews."
    )
