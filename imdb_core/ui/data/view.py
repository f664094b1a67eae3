"""The sources that the program knows by itself."""

from __future__ import annotations

import streamlit as st

from imdb_core.config import Source
from imdb_core.data import SOURCES, Dataset, SourceStatus, is_own
from imdb_core.errors import PreparationCancelledError, SourceDamagedError
from imdb_core.studio import Studio
from imdb_core.ui.live import wait_for
from imdb_core.ui.progress import draw_progress
from imdb_core.ui.wording import as_markdown

_WHAT_PREPARING_DOES: dict[Source, str] = {
    "imdb": "Preparing them takes what is on this computer, or downloads 18 MB.",
    "aclimdb": "Preparing them reads the files that IMDB_STUDIO_ACLIMDB names.",
    "sample": "Preparing them takes a second.",
}

DAMAGED = ":material/error: **Damaged.**"


def draw_sources(studio: Studio) -> None:
    """Every source with its state, and a button to prepare it."""
    wait_for("preparation")
    statuses = [studio.library.status(source) for source in SOURCES]
    for column, status in zip(st.columns(len(statuses)), statuses, strict=True):
        with column.container(border=True, height="stretch"):
            _draw_source(studio, status)


def load(studio: Studio, source: Source) -> Dataset:
    """The prepared reviews; where they cannot be read, a button prepares them again.

    Raises:
        DataError: they cannot be read.
    """
    try:
        return studio.library.load(source)
    except SourceDamagedError:
        # Only reading them showed it: a source is called ready by the size of its files.
        if not is_own(source):
            _draw_prepare(studio, source, "Prepare again", key="prepare_again")
        raise


def _draw_source(studio: Studio, status: SourceStatus) -> None:
    st.markdown(f"##### {status.title}")
    st.caption(status.description)
    job = studio.preparation(status.source)
    if job is not None and not job.is_done:
        draw_progress(job, key=f"preparing_{status.source}", at_first="Waiting")
        st.button("Cancel", key=f"cancel_{status.source}", on_click=job.stop)
    elif status.counts is not None and status.size_bytes is not None:
        st.markdown(
            f":material/check_circle: **Ready.** {status.counts.train:,} reviews to learn from, "
            f"{status.counts.test:,} to test, {status.counts.words:,} different words; "
            f"{status.size_bytes / 1e6:.0f} MB on disk."
        )
    else:
        _draw_unprepared(studio, status)
        if job is not None and job.error is not None:
            # What the visitor asked for is no fault.
            is_cancelled = isinstance(job.error, PreparationCancelledError)
            (st.info if is_cancelled else st.error)(as_markdown(str(job.error)))


def _draw_unprepared(studio: Studio, status: SourceStatus) -> None:
    if status.is_damaged:
        st.markdown(DAMAGED)
    if status.is_damaged or status.is_replaced or not status.is_preparable:
        st.caption(as_markdown(status.advice))
    else:
        st.caption(_WHAT_PREPARING_DOES[status.source])
    if status.is_preparable and not status.is_replaced:
        label = "Prepare again" if status.is_damaged else "Prepare"
        _draw_prepare(studio, status.source, label, key=f"prepare_{status.source}")


def _draw_prepare(studio: Studio, source: Source, label: str, *, key: str) -> None:
    if st.button(label, key=key, icon=":material/download:"):
        studio.prepare(source)
        st.rerun()
