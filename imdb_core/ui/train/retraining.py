"""Retraining as one drags: a change of the form stops the last run and starts the next."""

from __future__ import annotations

import streamlit as st

from imdb_core.config import TrainConfig

_SEEN = "settings_seen"


def draw_retrain_switch() -> None:
    """The switch; it stays as it is while the visitor looks at other pages."""
    st.toggle(
        "Retrain when a slider is let go",
        key="retrain",
        persist_state="session",
        help="Each change of a setting stops your run and starts the next one; "
        "the last one stays in the chart as a faint curve.",
    )


def should_retrain(config: TrainConfig) -> bool:
    """Whether the form changed since the last look, with the switch on."""
    seen = st.session_state.get(_SEEN)
    st.session_state[_SEEN] = config
    return bool(st.session_state.get("retrain")) and seen is not None and seen != config
