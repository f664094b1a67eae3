"""Reading reviews in full, and finding some among many."""

from __future__ import annotations

import hashlib

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from imdb_core.data import Dataset, Reviews
from imdb_core.data.search import LONGEST_QUERY, rows_with
from imdb_core.ui import frame
from imdb_core.ui.wording import with_line_breaks

_A_PAGE = 5
_PARTS = {"train": "To learn from", "test": "To test"}
_LABELS = {"all": "All", "positive": "Positive", "negative": "Negative"}
_ORDERS = {"file": "As in the file", "longest": "Longest first", "shortest": "Shortest first"}


@st.fragment
@frame.errors_as_sentences()
def draw_browser(dataset: Dataset) -> None:
    """Filters, and a page of the reviews that are left."""
    part, label, order = _draw_filters()
    reviews = dataset.train if part == "train" else dataset.test
    query = st.text_input(
        "Search", key="data_query", type="search", max_chars=LONGEST_QUERY,
        placeholder='boring "main character"',
        help="Reviews that hold all of the words, in any case; what is in quotes as it stands.",
    )  # fmt: skip
    stars = _draw_stars(reviews)
    rows = _found(dataset.fingerprint, part, query or "", dataset)
    rows = _ordered(reviews, _filtered(reviews, rows, label, stars), order)
    if dataset.train.texts is None:
        st.caption(
            "This source holds word numbers, not texts: shown are the words that they stand for, "
            "without capitals and punctuation. The search finds whole words."
        )
    pages = max(1, -(-len(rows) // _A_PAGE))
    st.markdown(f"**{len(rows):,}** of {len(reviews):,} reviews" if len(rows) else "No such review")
    # What was page 300 of all reviews is no page of those found: another list, another widget.
    page = 1
    if pages > 1:
        page = st.pagination(pages, key=f"data_page_{_digest((part, label, order, stars, query))}")
    for row in rows[(page - 1) * _A_PAGE : page * _A_PAGE].tolist():
        _draw_review(dataset, reviews, row)


def _digest(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:12]


def _draw_filters() -> tuple[str, str, str]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        part = st.segmented_control(
            "Reviews", list(_PARTS), format_func=_PARTS.__getitem__, default="train",
            required=True, key="data_part",
        )  # fmt: skip
        label = st.segmented_control(
            "Verdict", list(_LABELS), format_func=_LABELS.__getitem__, default="all",
            required=True, key="data_label",
        )  # fmt: skip
        order = st.selectbox(
            "Order", list(_ORDERS), format_func=_ORDERS.__getitem__, key="data_order", width=200
        )
    return part, label, order


def _draw_stars(reviews: Reviews) -> tuple[int, int] | None:
    if reviews.stars is None:
        return None
    low, high = st.slider("Stars", 1, 10, (1, 10), key="data_stars")
    return None if (low, high) == (1, 10) else (low, high)


@st.cache_data(max_entries=32, show_spinner=False)
def _found(fingerprint: str, part: str, query: str, _dataset: Dataset) -> NDArray[np.int64]:
    reviews = _dataset.train if part == "train" else _dataset.test
    return rows_with(reviews, _dataset.vocabulary, query)


def _filtered(
    reviews: Reviews, rows: NDArray[np.int64], label: str, stars: tuple[int, int] | None
) -> NDArray[np.int64]:
    if label != "all":
        rows = rows[reviews.labels[rows] == (label == "positive")]
    if stars is not None and reviews.stars is not None:
        given = reviews.stars[rows]
        rows = rows[(given >= stars[0]) & (given <= stars[1])]
    return rows


def _ordered(reviews: Reviews, rows: NDArray[np.int64], order: str) -> NDArray[np.int64]:
    if order == "file":
        return rows
    lengths = reviews.lengths[rows]
    return rows[np.argsort(-lengths if order == "longest" else lengths, kind="stable")]


def _draw_review(dataset: Dataset, reviews: Reviews, row: int) -> None:
    with st.container(border=True, key=f"data_review_{row}"):
        is_positive = bool(reviews.labels[row])
        verdict = (
            ":blue-badge[:material/thumb_up: Positive]"
            if is_positive
            else ":orange-badge[:material/thumb_down: Negative]"
        )
        stars = "" if reviews.stars is None else f" · ★ {int(reviews.stars[row])}"
        words = int(reviews.offsets[row + 1] - reviews.offsets[row])
        st.markdown(f"{verdict} Review {row + 1:,}{stars} · {words:,} words")
        st.text(with_line_breaks(dataset.text(reviews, row)))
