"""Data: which reviews there are, and what they are like."""

import streamlit as st

from imdb_core.ui import frame
from imdb_core.ui.data_view import draw_overview, draw_sources

with frame.page("Data") as studio:
    draw_sources(studio)
    prepared = [status for status in studio.library.statuses() if status.is_prepared]
    if prepared:
        st.divider()
        titles = {status.source: status.title for status in prepared}
        source = st.segmented_control(
            "Look into",
            list(titles),
            format_func=titles.__getitem__,
            default=prepared[0].source,
            required=True,
        )
        draw_overview(studio.library.load(source))
