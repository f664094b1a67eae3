"""Runs: everything that was trained, side by side."""

import streamlit as st

from imdb_core.ui import frame
from imdb_core.ui.runs_view import draw_actions, draw_damaged, draw_overlay, draw_table

with frame.page("Runs") as studio:
    runs = studio.store.all()
    draw_damaged(studio)
    if not runs:
        st.info("Nothing was trained yet.", icon=":material/info:")
        st.page_link("app.py", label="Go to Train", icon=":material/show_chart:")
    else:
        chosen = draw_table(runs)
        draw_overlay(chosen)
        if len(chosen) == 1:
            with frame.errors_as_sentences():
                draw_actions(studio, chosen[0])
        else:
            st.caption("Choose a single run to rename, resume, download or delete it.")
