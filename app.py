"""Train: settings on the left, the run on the right."""

import streamlit as st

from imdb_core.config import TrainConfig
from imdb_core.studio import Studio
from imdb_core.ui import frame
from imdb_core.ui.run_view import run_view, state_word
from imdb_core.ui.settings_form import settings_form


def draw_data_state(studio: Studio, config: TrainConfig) -> None:
    """Say which reviews a click on Train would use."""
    status = studio.library.status(studio.library.resolve(config.source))
    if status.source == "sample":
        frame.synthetic_notice()
    elif status.counts is not None:
        st.caption(
            f":material/database: {status.origin}: {status.counts.train:,} reviews to learn from."
        )
    else:
        st.caption(
            ":material/download: These reviews are not on this computer yet; Train gets them first."
        )


def draw_buttons(studio: Studio, config: TrainConfig | None) -> None:
    """One button that is Train or Stop, whatever the run at work really does."""
    queue = studio.queue()
    if queue:
        run = queue[0]
        is_stopping = state_word(studio, run) == "stopping"
        st.button(
            "Stopping …" if is_stopping else "Stop",
            type="primary",
            icon=":material/stop:",
            width="stretch",
            key="stop",
            disabled=is_stopping,
            on_click=studio.stop,
            args=(run.id,),
        )
        waiting = len(queue) - 1
        if waiting:
            st.caption(f":material/hourglass_empty: {waiting} more waiting.")
    if config is None:
        return
    clicked = st.button(
        "Queue another run" if queue else "Train",
        type="secondary" if queue else "primary",
        icon=":material/add:" if queue else ":material/play_arrow:",
        width="stretch",
        key="train",
    )
    if clicked:
        studio.start(config)
        st.rerun()


with frame.page("Train") as studio:
    form, stage = st.columns([1, 2.6], gap="large")
    with form, frame.errors_as_sentences():
        config, below_sliders = settings_form()
        with below_sliders:
            draw_buttons(studio, config)
            if config is not None:
                draw_data_state(studio, config)
    with stage, frame.errors_as_sentences():
        run_view(studio)
