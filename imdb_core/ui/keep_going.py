"""How far a run that a rule ended is to be kept going."""

from __future__ import annotations

import streamlit as st

from imdb_core.runs.run import EPOCHS_LIMIT, Run

_KEY = "more_epochs"
_AT_FIRST = 10


def more_epochs() -> int:
    """As many epochs as the visitor asked for last."""
    return int(st.session_state.get(_KEY) or _AT_FIRST)


def keep_going_label() -> str:
    """What the button says that keeps a run going."""
    count = more_epochs()
    return f"Keep going: {count} {'epoch' if count == 1 else 'epochs'}"


def draw_more_epochs(run: Run) -> None:
    """Ask for how many epochs; belongs right behind the button."""
    most = EPOCHS_LIMIT - len(run.epochs)
    if more_epochs() > most:
        st.session_state[_KEY] = most
    st.number_input(
        "More epochs",
        min_value=1,
        max_value=most,
        value=more_epochs(),
        key=_KEY,
        label_visibility="collapsed",
        width=80,
        persist_state="session",
    )
