"""What the reviews of a source are like, and what a setting would keep of them."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from imdb_core.config import field_specs
from imdb_core.data import Dataset, validation_split
from imdb_core.data.overview import LONGEST_SHOWN, Overview, known_words
from imdb_core.ui import charts
from imdb_core.ui.train.settings_form import form_value

_MARK = {"color": charts.VALIDATION_COLOR, "width": 2, "dash": "dash"}
_NEGATIVE, _POSITIVE = charts.VALIDATION_COLOR, charts.TRAIN_COLOR
_WORDS_NAMED = 12


@st.cache_data(max_entries=4, show_spinner="Counting words …")
def _overview(fingerprint: str, _dataset: Dataset) -> Overview:
    return Overview.of(_dataset)


@st.fragment
def draw_overview(dataset: Dataset) -> None:
    """Classes, lengths and vocabulary of the reviews."""
    overview = _overview(dataset.fingerprint, dataset)
    _draw_parts(dataset)
    lengths, coverage = st.columns(2, gap="large")
    with lengths:
        _draw_lengths(overview)
    with coverage:
        _draw_coverage(dataset, overview)
    if overview.by_stars is not None:
        _draw_stars(overview.by_stars)


def _draw_parts(dataset: Dataset) -> None:
    """How many of each class there are to learn from, to validate on and to test."""
    fraction = float(form_value("validation_fraction"))
    rows = validation_split(len(dataset.train), fraction)
    parts = [
        ("Learn from", dataset.train.labels[rows[0]]),
        ("Validate on", dataset.train.labels[rows[1]]),
        ("Test", dataset.test.labels),
    ]
    with st.container(key="numbers"):  # two by two where it is narrow: frame.py
        *columns, words = st.columns(4)
    for column, (name, labels) in zip(columns, parts, strict=True):
        share = float(labels.mean()) if len(labels) else 0.0
        column.metric(name, f"{len(labels):,}", border=True)
        column.caption(f"{share:.1%} positive, {1 - share:.1%} negative")
    words.metric("Different words", f"{len(dataset.vocabulary):,}", border=True)
    words.caption(f"{fraction:.0%} kept aside to validate on, as set on the Train page")


def _draw_lengths(overview: Overview) -> None:
    st.markdown("###### How much of a review is read")
    max_length = _slider("max_length")
    whole, read = overview.read_whole(max_length), overview.words_read(max_length)
    st.markdown(
        f"**{whole:.1%}** of the reviews are read whole, **{read:.1%}** of all words are read; "
        "what is cut off is the beginning."
    )
    figure = charts.histogram_figure(
        overview.edges, overview.counts, f"words a review ({LONGEST_SHOWN:,} and more: last)"
    )
    figure.add_vline(x=max_length, line=_MARK)
    middle = int(overview.lengths[len(overview.lengths) // 2])
    _draw(figure, "lengths", f"Histogram of review lengths; half have at most {middle} words.")
    st.caption(
        f"{overview.words / len(overview.lengths):.0f} words on average, {middle} in the middle, "
        f"{int(overview.lengths[-1]):,} at most."
    )


def _draw_coverage(dataset: Dataset, overview: Overview) -> None:
    st.markdown("###### How many words are known")
    size = _slider("vocab_size")
    known = overview.words_known(size)
    st.markdown(
        f"**{known:.1%}** of all words are known, each time one occurs; "
        "the others all look the same to the network."
    )
    shares = overview.coverage()
    figure = charts.coverage_figure(list(shares), list(shares.values()))
    figure.add_vline(x=size, line=_MARK)
    figure.update_yaxes(rangemode="tozero")
    _draw(
        figure,
        "coverage",
        "; ".join(f"{size:,} words know {share:.0%}" for size, share in shares.items()),
    )
    first = known_words(size)
    missed = dataset.vocabulary.words[first : first + _WORDS_NAMED]
    st.caption("The most frequent words it does not know:" if missed else "It knows every word.")
    if missed:
        st.text(", ".join(missed))


def _draw_stars(by_stars: list[list[int]]) -> None:
    st.markdown("###### Stars")
    figure = charts.new_figure()
    for name, counts, color in zip(
        ("negative", "positive"), by_stars, (_NEGATIVE, _POSITIVE), strict=True
    ):
        figure.add_bar(x=list(range(1, 11)), y=counts[1:], name=name, marker_color=color)
    figure.update_layout(
        height=220, barmode="stack", margin={"l": 8, "r": 12, "t": 28, "b": 8},
        legend={"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
    )  # fmt: skip
    figure.update_xaxes(title="stars", dtick=1)
    figure.update_yaxes(title="reviews", automargin=True)
    _draw(
        figure,
        "stars",
        "; ".join(
            f"{star} stars: {by_stars[0][star] + by_stars[1][star]:,} reviews"
            for star in range(1, 11)
        ),
    )


def _slider(name: str) -> int:
    """A slider as far as the setting goes; it begins where the form has it."""
    spec = field_specs()[name]
    least, most = int(spec.minimum or 0), int(spec.maximum or 0)
    # The form keeps a value out of bounds until somebody corrects it.
    value = min(max(int(form_value(name)), least), most)
    return st.slider(
        spec.label, least, most, value, int(spec.step or 1), key=f"data_{name}", help=spec.help
    )


def _draw(figure: go.Figure, key: str, alt: str) -> None:
    st.plotly_chart(figure, key=key, config={"displaylogo": False}, alt=alt)
