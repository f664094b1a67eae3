"""Which run the Train page shows: one's own, unless the visitor watches somebody else's."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from imdb_core.errors import RunError, StorageError
from imdb_core.runs.run import Run
from imdb_core.studio import Studio
from imdb_core.ui.visitor import this_visitor

_WATCHED = "watched_run"


def run_in_view(studio: Studio) -> Run | None:
    """The run that the visitor chose to watch, else their own; None for who has none."""
    with suppress(RunError, StorageError):  # gone meanwhile, or it cannot be read
        if watched := st.session_state.get(_WATCHED):
            return studio.store.get(watched)
    return studio.current(this_visitor())


def watch(run_id: str | None) -> None:
    """Look at this run from now on, or at one's own again."""
    st.session_state[_WATCHED] = run_id


def draw_watching(studio: Studio, run: Run | None) -> None:
    """A way to the run that trains, where that is another, and the way back."""
    queue = studio.queue()
    if queue and (run is None or run.id != queue[0].id) and not this_visitor().owns(queue[0]):
        _button("Watch it", ":material/visibility:", "watch_run", queue[0].id)
    if run is not None and st.session_state.get(_WATCHED) == run.id:
        _button("Back to your own", ":material/arrow_back:", "watch_own", None)


def _button(label: str, icon: str, key: str, run_id: str | None) -> None:
    st.button(label, icon=icon, type="tertiary", key=key, on_click=watch, args=(run_id,))
