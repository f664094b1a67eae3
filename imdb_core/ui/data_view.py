"""The sources and what the reviews of one are like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from imdb_core.config import Source
from imdb_core.data import INDEX_FROM, Dataset, Progress, SourceStatus
from imdb_core.errors import PreparationCancelledError
from imdb_core.studio import Studio
from imdb_core.ui import charts, frame
from imdb_core.ui.run_view import draw_progress
from imdb_core.ui.wording import as_markdown

_BUSY_TICK_S = 0.5
_VOCABULARY_SIZES = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)


def draw_sources(studio: Studio) -> None:
    """Every source with its state, and a button to prepare it; moves while one is prepared."""
    is_busy = any(_is_busy(studio, status.source) for status in studio.library.statuses())
    st.fragment(_draw_sources, run_every=_BUSY_TICK_S if is_busy else None)(studio, is_busy)


def _draw_sources(studio: Studio, was_busy: bool) -> None:
    statuses = studio.library.statuses()
    if was_busy and not any(_is_busy(studio, status.source) for status in statuses):
        st.rerun()
    for column, status in zip(st.columns(len(statuses)), statuses, strict=True):
        with column.container(border=True, height="stretch"):
            _draw_source(studio, status)


def _draw_source(studio: Studio, status: SourceStatus) -> None:
    st.markdown(f"##### {status.title}")
    st.caption(status.description)
    job = studio.preparation(status.source)
    if job is not None and not job.is_done:
        if isinstance(job.progress, Progress):
            draw_progress(job.progress)
        else:
            st.progress(0.0, text="Waiting …")
        st.button("Cancel", key=f"cancel_{status.source}", on_click=job.stop)
    elif status.counts is not None and status.size_bytes is not None:
        st.markdown(
            f":material/check_circle: **Ready.** {status.counts.train:,} reviews to learn from, "
            f"{status.counts.test:,} to test, {status.counts.words:,} different words; "
            f"{status.size_bytes / 1e6:.0f} MB on disk."
        )
    else:
        st.caption(as_markdown(status.advice))
        if st.button("Prepare", key=f"prepare_{status.source}", icon=":material/download:"):
            studio.prepare(status.source)
            st.rerun()
        if job is not None and job.error is not None:
            # What the visitor asked for is no fault.
            is_cancelled = isinstance(job.error, PreparationCancelledError)
            (st.info if is_cancelled else st.error)(as_markdown(str(job.error)))


def _is_busy(studio: Studio, source: Source) -> bool:
    job = studio.preparation(source)
    return job is not None and not job.is_done


@dataclass(frozen=True, kw_only=True)
class _Overview:
    positive: float
    mean_words: float
    median_words: int
    edges: list[float]
    counts: list[int]
    vocabulary_sizes: list[int]
    coverage: list[float]


@st.cache_data(max_entries=4, show_spinner="Counting words …")
def _overview(fingerprint: str, _dataset: Dataset) -> _Overview:
    reviews = _dataset.train
    lengths = np.asarray(reviews.lengths)
    counts, edges = np.histogram(np.minimum(lengths, 1000), bins=50, range=(0, 1000))
    sizes = [size for size in _VOCABULARY_SIZES if size < len(_dataset.vocabulary) * 2]
    by_rank = np.cumsum(np.bincount(reviews.ranks, minlength=max(sizes) + 1)[1:])
    known = [by_rank[min(size - INDEX_FROM - 1, len(by_rank)) - 1] for size in sizes]
    return _Overview(
        positive=float(np.mean(reviews.labels)),
        mean_words=float(lengths.mean()),
        median_words=int(np.median(lengths)),
        edges=edges.tolist(),
        counts=counts.tolist(),
        vocabulary_sizes=sizes,
        coverage=[float(count / len(reviews.ranks)) for count in known],
    )


def draw_overview(dataset: Dataset) -> None:
    """Counts, lengths and vocabulary coverage of the reviews to learn from."""
    if dataset.is_synthetic:
        frame.synthetic_notice()
    overview = _overview(dataset.fingerprint, dataset)
    reviews, words, median, positive = st.columns(4)
    reviews.metric("Reviews to learn from", f"{len(dataset.train):,}")
    words.metric("Words a review, mean", f"{overview.mean_words:.0f}")
    median.metric("Words a review, median", f"{overview.median_words}")
    positive.metric("Positive", f"{overview.positive:.1%}")
    lengths, coverage = st.columns(2, gap="large")
    with lengths:
        st.markdown("###### How long the reviews are")
        st.plotly_chart(
            charts.histogram_figure(
                overview.edges, overview.counts, "words (1,000 and more: last)"
            ),
            key="lengths",
            config={"displaylogo": False},
            alt=f"Histogram of review lengths; half have at most {overview.median_words} words.",
        )
    with coverage:
        st.markdown("###### How many of their words a vocabulary knows")
        st.plotly_chart(
            charts.coverage_figure(overview.vocabulary_sizes, overview.coverage),
            key="coverage",
            config={"displaylogo": False},
            alt="; ".join(
                f"{size:,} words know {share:.0%}"
                for size, share in zip(overview.vocabulary_sizes, overview.coverage, strict=True)
            ),
        )
