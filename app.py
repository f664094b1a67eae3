"""The server, and its first page: Train, with settings on the left and the run on the right."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from imdb_core.config import TrainConfig
from imdb_core.data import SourceStatus
from imdb_core.errors import StudioError
from imdb_core.runs.run import Run
from imdb_core.studio import Studio
from imdb_core.ui import frame
from imdb_core.ui.live import wait_for
from imdb_core.ui.train import address
from imdb_core.ui.train.before_training import (
    draw_pins_and_guess,
    forget_guess,
    guess,
    pinned_texts,
)
from imdb_core.ui.train.columns import form_and_stage
from imdb_core.ui.train.cost_line import draw_cost
from imdb_core.ui.train.retraining import draw_retrain_switch, should_retrain
from imdb_core.ui.train.settings_form import draw_difference, form_config, settings_form
from imdb_core.ui.train.transport import act
from imdb_core.ui.train.view import run_view
from imdb_core.ui.train.watching import run_in_view, watch
from imdb_core.ui.visitor import remember_visitor, this_visitor
from imdb_core.ui.wording import as_markdown

_FAULT, _REPEATED = "start_fault", "repeated_run"


def draw_data_state(studio: Studio, config: TrainConfig) -> None:
    """Say which reviews a click on Train would use."""
    status = studio.library.status(studio.library.resolve(config.source))
    if status.source == "sample":
        frame.synthetic_notice()
    if status.is_damaged and status.is_preparable:
        st.caption(":material/error: These reviews are damaged; Train prepares them again.")
    elif not (status.is_prepared or status.is_preparable):
        st.caption(as_markdown(status.advice))
    elif status.source != "sample":
        _draw_origin(status)


def _draw_origin(status: SourceStatus) -> None:
    if status.counts is not None:
        st.caption(
            f":material/database: {status.origin}: {status.counts.train:,} reviews to learn from."
        )
    else:
        st.caption(
            ":material/download: These reviews are not on this computer yet; Train gets them first."
        )


def start_run(studio: Studio) -> None:
    """Start a run of what the form says; what keeps it from starting stays to be read."""
    st.session_state[_FAULT] = st.session_state[_REPEATED] = None
    try:
        config, texts = form_config(), pinned_texts()
        at_work = {run.id for run in studio.queue()}
        run = studio.start(
            config, visitor=this_visitor(), pinned_texts=texts, guess=guess(), once=True
        )
        forget_guess()
        watch(None)
        st.session_state[_REPEATED] = run.id if run.id in at_work else None
    except StudioError as error:
        st.session_state[_FAULT] = error


def retrain(studio: Studio, config: TrainConfig) -> None:
    """Start a run in place of the visitor's own; what keeps it from starting stays to be read."""
    st.session_state[_FAULT] = None
    try:
        studio.start(config, visitor=this_visitor(), pinned_texts=pinned_texts(), supersedes=True)
        watch(None)
    except StudioError as error:
        st.session_state[_FAULT] = error


def draw_train_button(studio: Studio) -> None:
    """The button that starts a run, or queues it behind those at work."""
    queue = studio.queue()
    is_own_at_work = any(map(this_visitor().owns, queue))
    st.button(
        "Queue another run" if queue else "Train",
        type="secondary" if is_own_at_work else "primary",
        icon=":material/add:" if queue else ":material/play_arrow:",
        width="stretch",
        key="train",
        on_click=act,
        args=("train", partial(start_run, studio)),
    )
    fault = st.session_state.get(_FAULT)
    if fault is not None:
        frame.show_error(fault)
    draw_own_in_queue(queue)


def draw_own_in_queue(queue: Sequence[Run]) -> None:
    """Which of the visitor's runs wait, where the click on the button was."""
    own = [(place, run) for place, run in enumerate(queue) if this_visitor().owns(run)]
    for place, run in own:
        if run.id == st.session_state.get(_REPEATED):
            standing = "is waiting" if place else "is at work"
            st.caption(
                f":material/info: {as_markdown(run.name)} {standing} already with just these "
                "settings; a second one would come out the same."
            )
        elif place:
            turn = "next" if place == 1 else f"number {place} in the queue"
            st.caption(f":material/hourglass_empty: {as_markdown(run.name)} is {turn}.")
    if any(place for place, _ in own):
        wait_for(*(f"run/{run.id}" for run in queue))


def draw_form(studio: Studio) -> None:
    """Settings, and the button right below the sliders that matter most."""
    config, below_sliders = settings_form()
    draw_pins_and_guess(config)
    with below_sliders, frame.errors_as_sentences():
        if config is None:
            return
        draw_train_button(studio)
        draw_difference(config)
        draw_cost(studio, config)
        draw_data_state(studio, config)
        draw_retrain_switch()
        if should_retrain(config):
            retrain(studio, config)
            st.rerun()
        address.write_address(config, run_in_view(studio))


def draw_page() -> None:
    """The Train page."""
    with frame.page("Train") as studio:
        address.read_address()
        run = run_in_view(studio)
        form, stage = form_and_stage(has_run=run is not None)
        with form, frame.errors_as_sentences():
            address.draw_address_faults()
            draw_form(studio)
        with stage, frame.errors_as_sentences():
            run_view(studio, run)
        remember_visitor()


# Streamlit runs this file as the Train page, and its server imports it for the routes.
if __name__ == "__main__":
    draw_page()
else:
    from starlette.middleware import Middleware

    from imdb_core.api.hosts import HostCheck
    from imdb_core.api.routes import lifespan, routes

    app = st.App("app.py", routes=routes(), middleware=[Middleware(HostCheck)], lifespan=lifespan)
