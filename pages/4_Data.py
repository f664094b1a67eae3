"""Data: which reviews there are, what they are like, and one's own."""

import streamlit as st

from imdb_core.ui import frame
from imdb_core.ui.data.browser import draw_browser
from imdb_core.ui.data.overview import draw_overview
from imdb_core.ui.data.upload import draw_own
from imdb_core.ui.data.view import draw_sources, load
from imdb_core.ui.wording import as_markdown

_NUMBERS = "What they are like"
_VIEWS = {_NUMBERS: draw_overview, "Read them": draw_browser}

with frame.page("Data") as studio:
    draw_sources(studio)
    with frame.errors_as_sentences():
        draw_own(studio)
    prepared = [status for status in studio.library.statuses() if status.is_prepared]
    if prepared:
        st.divider()
        titles = {status.source: as_markdown(status.title) for status in prepared}
        source = st.segmented_control(
            "Look into",
            list(titles),
            format_func=titles.__getitem__,
            default=prepared[0].source,
            required=True,
        )
        dataset = load(studio, source)
        if dataset.is_synthetic:
            frame.synthetic_notice()
        # Not st.tabs: that draws what is not looked at, too.
        view = st.segmented_control(
            "Show", list(_VIEWS), default=_NUMBERS, required=True, key="data_view"
        )
        _VIEWS[view](dataset)
