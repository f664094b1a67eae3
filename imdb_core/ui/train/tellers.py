"""What the Train page tells of a run beside its chart."""

from __future__ import annotations

from functools import partial

import streamlit as st

from imdb_core.config import field_specs
from imdb_core.errors import StudioError
from imdb_core.runs.advice import advice
from imdb_core.runs.ending import ending
from imdb_core.runs.run import Run
from imdb_core.runs.transitions import CHANGEABLE
from imdb_core.studio import Studio
from imdb_core.training.coach import Note
from imdb_core.training.replay import replay
from imdb_core.ui import frame
from imdb_core.ui.keep_going import draw_more_epochs, keep_going_label, more_epochs
from imdb_core.ui.live import wait_for
from imdb_core.ui.train import address
from imdb_core.ui.train.settings_form import set_values
from imdb_core.ui.train.transport import act
from imdb_core.ui.visitor import as_visitor, this_visitor
from imdb_core.ui.wording import as_markdown, changes_phrase

_FAULT = "change_fault"


def draw_ending(studio: Studio, run: Run) -> None:
    """Why it ended, what the visitor had guessed, and what can be done now."""
    if run.state == "failed":
        st.error(as_markdown(ending(run, this_visitor())), icon=":material/error:")
        _draw_way_out(run)
    else:
        with st.container(border=True, key="ending"):
            st.markdown(f":material/flag: {as_markdown(ending(run, this_visitor()))}")
            _draw_guess(run)
            _draw_comparison(run)
            _draw_next_steps(studio, run)
    if run.dataset is not None and run.dataset.is_synthetic:
        frame.synthetic_notice()


def _draw_next_steps(studio: Studio, run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if run.can_score:
            st.page_link(
                "pages/1_Score.py",
                label="Score a review with these weights",
                icon=":material/rate_review:",
                query_params={"run": run.id},
            )
        if run.can_keep_going:
            go_on = partial(as_visitor(studio.keep_going), run.id, more_epochs())
            st.button(
                keep_going_label(),
                icon=":material/fast_forward:",
                key="keep_going",
                help="See whether stopping was right: it trains on, whatever the patience says. "
                "The best epoch's weights stay the ones that are kept.",
                on_click=act,
                args=("keep_going", go_on),
            )
            draw_more_epochs(run)


def draw_changes(studio: Studio, run: Run) -> None:
    """The settings of a paused run that may change on its way."""
    version = f"{run.id}_{len(run.changes)}"
    # Of a run that is kept going, the patience has nothing to say.
    names = [name for name in CHANGEABLE if name != "patience" or run.last_epoch is None]
    keys = {name: f"new_{name}_{version}" for name in names}
    with st.form("changes", enter_to_submit=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.number_input(
                "Learning rate from here on",
                value=run.config_in_force.learning_rate,
                step=run.config_in_force.learning_rate / 2,
                format="%g",
                key=keys["learning_rate"],
            )
            if "patience" in keys:
                st.number_input(
                    "Patience from here on",
                    value=run.config_in_force.patience,
                    step=1,
                    key=keys["patience"],
                )
            st.form_submit_button(
                "Change",
                icon=":material/edit:",
                on_click=_change,
                args=(studio, run.id, keys, version),
            )
        at, fault = st.session_state.get(_FAULT, ("", None))
        if at == version:
            frame.show_error(fault)


def _change(studio: Studio, run_id: str, keys: dict[str, str], version: str) -> None:
    """Change what the form says; what keeps it from being changed stays to be read."""
    st.session_state.pop(_FAULT, None)
    try:
        if all(key in st.session_state for key in keys.values()):  # else the page has been left
            values = {name: st.session_state[keys[name]] for name in keys}
            studio.change(run_id, visitor=this_visitor(), **values)
    except StudioError as error:
        st.session_state[_FAULT] = version, error


def draw_changes_made(run: Run) -> None:
    """Which settings were changed on the way, and after which epoch."""
    told = changes_phrase(run)
    if told:
        st.caption(as_markdown(told))


def draw_coach(run: Run) -> None:
    """At most two notes on the curve, each with one thing to try."""
    if run.is_live:
        wait_for(f"coach/{run.id}")
    for note in advice(run):
        # Of a run that was kept going, its ending says so already, with the button to go on.
        if note.rule != "still_improving" or run.first_stop is None:
            _draw_note(note)


def draw_replay(run: Run) -> None:
    """A slider: where another patience would have stopped, and what it would have kept."""
    with st.expander("What if patience had been …", icon=":material/history:"):
        patience = st.slider(
            "Patience",
            1,
            int(field_specs()["patience"].maximum or 1),
            run.config_in_force.patience,
            key=f"replay_{run.id}",
        )
        told = replay(
            run.epochs,
            patience=patience,
            min_delta=run.config.min_delta,
            max_epochs=run.config.max_epochs,
        )
        if told is not None:
            st.markdown(as_markdown(told.sentence))


def _draw_note(note: Note) -> None:
    span = f"Epochs {note.first_epoch}–{note.last_epoch}"
    if note.first_epoch == note.last_epoch:
        span = f"Epoch {note.first_epoch}"
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":material/lightbulb: **{span}.** {as_markdown(note.text)} "
            f"*{as_markdown(note.advice)}*"
        )
        if note.changes:
            st.button(
                "Set it",
                icon=":material/tune:",
                key=f"coach_{note.rule}",
                on_click=set_values,
                kwargs=note.changes,
                help="Puts it into the form; the next run takes it.",
            )


def _draw_guess(run: Run) -> None:
    if run.guess is None or run.state not in ("finished", "stopped"):
        return
    if run.state == "stopped":
        st.caption(
            f":material/target: Your guess was epoch {run.guess}; it was stopped before one could "
            "know."
        )
        return
    truth = run.first_stop or len(run.epochs)
    distance = abs(run.guess - truth)
    how_far = "spot on" if not distance else f"{distance} off"
    st.caption(f":material/target: Your guess was epoch {run.guess}; it was {truth}: {how_far}.")


def _draw_comparison(run: Run) -> None:
    compared = address.comparison(run)
    if compared is not None:
        icon = (
            ":material/verified:"
            if compared.verdict in ("equal", "within")
            else ":material/difference:"
        )
        st.caption(f"{icon} {as_markdown(compared.sentence)}")


def _draw_way_out(run: Run) -> None:
    """The sample, where the data could not be had."""
    if not run.is_without_data or run.config.source == "sample":
        return
    st.button(
        "Use the synthetic sample instead",
        icon=":material/science:",
        on_click=set_values,
        kwargs={"source": "sample"},
    )
