"""Lists of reviews that unfold: the most confident mistakes, and the flips."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from imdb_core.data import Dataset, Reviews
from imdb_core.errors import StudioError
from imdb_core.evaluation import Evaluation
from imdb_core.evaluation.listing import MistakeKind, mended, mistakes
from imdb_core.runs.run import Run
from imdb_core.runs.trained_on import dataset_of
from imdb_core.studio import Studio
from imdb_core.ui import frame
from imdb_core.ui.evaluate.reading import draw_reading
from imdb_core.ui.wording import as_markdown, with_line_breaks

_SHOWN_AT_FIRST = 10
_SNIPPET = 110
_KINDS: dict[MistakeKind, str] = {
    "all": "All",
    "called positive": "Called positive, but negative",
    "called negative": "Called negative, but positive",
}


def draw_mistakes(studio: Studio, run: Run, evaluation: Evaluation) -> None:
    """Reviews judged wrong, the most confident first."""
    kind = st.segmented_control(
        "Which mistakes",
        list(_KINDS),
        format_func=_KINDS.__getitem__,
        default="all",
        required=True,
        key="mistake_kind",
        label_visibility="collapsed",
    )
    places = mistakes(evaluation, kind or "all")
    st.markdown(f"**{len(places):,} reviews** are judged wrong; the surest verdicts come first.")
    _draw_list(studio, run, evaluation, places, "mistakes")


def draw_flips(studio: Studio, run: Run, evaluation: Evaluation, places: NDArray[np.int64]) -> None:
    """Reviews that the best epoch judges right and the last one wrong."""
    best, last = evaluation.epoch, evaluation.basis.last_epoch
    if best == last:
        st.info(
            f"The best epoch, {best}, is also the last one, so nothing can have flipped since. "
            "Keep the run going on the Train page to see what more epochs would undo.",
            icon=":material/info:",
        )
        return
    if evaluation.last_probabilities is None:
        st.info(f"The weights of the last epoch, {last}, were not kept.", icon=":material/info:")
        return
    st.markdown(
        f"**{len(places):,} reviews** are right by epoch {best}, which is scored with, and wrong "
        f"by epoch {last}, the last one. {mended(evaluation):,} went the other way. This is what "
        "training on would have changed; the widest moves come first."
    )
    _draw_list(studio, run, evaluation, places, "flips")


def _draw_list(
    studio: Studio, run: Run, evaluation: Evaluation, places: NDArray[np.int64], key: str
) -> None:
    if not len(places):
        st.info("There is none.", icon=":material/info:")
        return
    try:
        dataset = dataset_of(run, studio.library)
    except StudioError as error:
        frame.show_error(error)
        return
    reviews = dataset.test if evaluation.split == "test" else dataset.train
    shown_key = f"shown_{key}_{evaluation.run_id}_{evaluation.split}"
    shown = st.session_state.get(shown_key, _SHOWN_AT_FIRST)
    for place in places[:shown].tolist():
        row = int(evaluation.rows[place])
        unfolding = st.expander(
            _title(evaluation, place, dataset.text(reviews, row)),
            key=f"{key}_{evaluation.split}_{row}",
            on_change="rerun",
        )
        if unfolding.open:
            with unfolding:
                _draw_review(run, evaluation, place, dataset, reviews, key)
    if shown < len(places) and st.button("Show more", key=f"more_{key}"):
        st.session_state[shown_key] = shown + _SHOWN_AT_FIRST
        st.rerun()


def _title(evaluation: Evaluation, place: int, text: str) -> str:
    """How sure the network was, what is true, and how the review begins."""
    truth = "positive" if evaluation.labels[place] else "negative"
    stars = "" if evaluation.stars is None else f", {_stars(int(evaluation.stars[place]))}"
    sure = f"{evaluation.probabilities[place]:.0%}"
    if evaluation.last_probabilities is not None and evaluation.is_right[place]:
        sure += f" → {evaluation.last_probabilities[place]:.0%}"
    snippet = " ".join(with_line_breaks(text).split())[:_SNIPPET]
    return f"**{sure}** · {truth}{stars} · {as_markdown(snippet)} …"


def _draw_review(
    run: Run, evaluation: Evaluation, place: int, dataset: Dataset, reviews: Reviews, key: str
) -> None:
    row = int(evaluation.rows[place])
    truth = "positive" if evaluation.labels[place] else "negative"
    told = f"P(positive) {evaluation.probabilities[place]:.1%} by epoch {evaluation.epoch}"
    if evaluation.last_probabilities is not None:
        told += (
            f", {evaluation.last_probabilities[place]:.1%} by epoch {evaluation.basis.last_epoch}"
        )
    words, read = int(evaluation.words[place]), evaluation.words_at_most
    told += f". The review is {truth}."
    told += f" {min(words, read):,} of its {words:,} words are read"
    told += ", the last ones." if words > read else "."
    st.markdown(told)
    last_epoch = evaluation.basis.last_epoch if key == "flips" else None
    text = dataset.text(reviews, row)
    draw_reading(run, text, f"{key}_{evaluation.split}_{row}", last_epoch=last_epoch)
    part = "test" if evaluation.split == "test" else "training"
    said = f"Row {row:,} of the {part} part."
    if reviews.texts is None:
        said += " Keras's files hold no texts; these are the words, without punctuation."
    st.caption(said)


def _stars(count: int) -> str:
    return "1 star" if count == 1 else f"{count} stars"
