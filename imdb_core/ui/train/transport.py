"""The buttons that act on the run in view: always the same three places, like a player's."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import streamlit as st

from imdb_core.errors import RunForbiddenError, RunStateError, StudioError
from imdb_core.runs.run import Run
from imdb_core.studio import Studio
from imdb_core.ui.train.state import state_of
from imdb_core.ui.visitor import as_visitor, this_visitor
from imdb_core.ui.wording import as_markdown

_FAULT = "transport_fault"
_LAST_CLICK = "last_click"
_DOUBLE_CLICK_S = 0.5


def draw_transport(studio: Studio, run: Run) -> None:
    """Pause or Resume, Step, Stop; a button that cannot be used says why when pointed at."""
    state = state_of(studio, run)
    refused = refusal(studio, run)
    with st.container(horizontal=True, width="content", key="transport"):
        if run.is_resumable:
            _button("Resume", "resume", ":material/play_arrow:", refused, studio.resume, run.id)
        else:
            _button(
                "Pause", "pause", ":material/pause:",
                refused or _NO_PAUSE.get(state, ""), studio.pause, run.id,
            )  # fmt: skip
        _button(
            "Step", "step", ":material/skip_next:",
            refused or _NO_STEP.get(state, ""), studio.step, run.id,
        )  # fmt: skip
        _button(
            "Cancel" if state == "queued" else "Stop", "stop", ":material/stop:",
            refused or _NO_STOP.get(state, ""), studio.stop, run.id,
        )  # fmt: skip


def draw_transport_fault() -> None:
    """Say why the last click did nothing, if it did nothing."""
    fault = st.session_state.pop(_FAULT, None)
    if fault:
        st.toast(as_markdown(fault), icon=":material/error:")


def act(key: str, action: Callable[[], object]) -> None:
    """Carry out a click, as a button's callback; what cannot be done is said on the page.

    A callback, since a script that is overtaken by the next one may lose the click. The second
    half of a double click does nothing, and where a tick meets a click, Streamlit may bring
    one twice.

    Args:
        key: the button's.
        action: what it does; what it raises for the user becomes a message.
    """
    last_key, drawn_at = st.session_state.get(_LAST_CLICK, ("", None))
    is_second_half = drawn_at is None or time.monotonic() - drawn_at < _DOUBLE_CLICK_S
    if key == last_key and is_second_half:
        return
    st.session_state[_LAST_CLICK] = key, None
    try:
        action()
    except RunStateError:
        pass  # the record has moved on since the button was drawn; the page shows how it stands
    except StudioError as error:
        st.session_state[_FAULT] = str(error)


def note_drawn() -> None:
    """Say that the page shows what the last click did: from here on, one more is meant."""
    key, drawn_at = st.session_state.get(_LAST_CLICK, ("", 0.0))
    if drawn_at is None:
        st.session_state[_LAST_CLICK] = key, time.monotonic()


def refusal(studio: Studio, run: Run) -> str:
    """Why this visitor can do nothing to the run, whatever its state; empty if they can."""
    if run.is_live and studio.job(run.id) is None:
        return "Another program trains it, for instance a command line. Stop it there."
    if run.is_live or run.state == "paused":
        try:
            this_visitor().check_may_act(run.id, run.visitor)
        except RunForbiddenError as error:
            return str(error)
    return ""


_ENDED = "Nothing is training."
_UNDER_WAY = "In a moment: the batch under way is finished first."
_NO_PAUSE = {
    "queued": "It has not started yet.",
    "preparing": "It can be paused once it trains.",
    "stopping": _UNDER_WAY,
    "pausing": _UNDER_WAY,
    "finished": _ENDED,
    "stopped": _ENDED,
    "failed": _ENDED,
}
_NO_STEP = _NO_PAUSE | {
    "training": "Trains one epoch and waits. Pause the run first.",
    "interrupted": "Trains one epoch and waits. Resume and pause the run first.",
}
_NO_STOP = {
    "stopping": _UNDER_WAY,
    "pausing": _UNDER_WAY,
    "finished": _ENDED,
    "stopped": _ENDED,
    "failed": _ENDED,
    "interrupted": _ENDED,
}


def _button(
    label: str, key: str, icon: str, obstacle: str, do: Callable[[str], object], run_id: str
) -> None:
    st.button(
        label,
        key=key,
        icon=icon,
        disabled=bool(obstacle),
        help=obstacle or None,
        on_click=act,
        args=(key, partial(as_visitor(do), run_id)),
    )
