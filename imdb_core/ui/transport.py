"""The buttons that act on the run in view: always the same three places, like a player's."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from imdb_core.errors import RunStateError, StudioError
from imdb_core.runs.run import Run
from imdb_core.studio import Studio
from imdb_core.ui.run_state import state_of
from imdb_core.ui.visitor import may_control, visitor_id

_FAULT = "transport_fault"


def draw_transport(studio: Studio, run: Run) -> None:
    """Pause or Resume, Step, Stop; a button that cannot be used says why when pointed at."""
    state = state_of(studio, run)
    refused = refusal(studio, run)
    resume = partial(studio.resume, visitor=visitor_id())
    step = partial(studio.step, visitor=visitor_id())
    with st.container(horizontal=True, width="content", key="transport"):
        if run.is_resumable:
            _button("Resume", "resume", ":material/play_arrow:", refused, resume, run.id)
        else:
            _button(
                "Pause", "pause", ":material/pause:",
                refused or _NO_PAUSE.get(state, ""), studio.pause, run.id,
            )  # fmt: skip
        _button(
            "Step", "step", ":material/skip_next:",
            refused or _NO_STEP.get(state, _NOT_PAUSED), step, run.id,
        )  # fmt: skip
        _button(
            "Cancel" if state == "queued" else "Stop", "stop", ":material/stop:",
            refused or _NO_STOP.get(state, ""), studio.stop, run.id,
        )  # fmt: skip


def draw_transport_fault() -> None:
    """Say why the last click did nothing, if it did nothing."""
    fault = st.session_state.pop(_FAULT, None)
    if fault:
        st.toast(fault, icon=":material/error:")


def refusal(studio: Studio, run: Run) -> str:
    """Why this visitor can do nothing to the run, whatever its state; empty if they can."""
    if run.is_live and studio.job(run.id) is None:
        return "Another program trains it, for instance a command line. Stop it there."
    if (run.is_live or run.state == "paused") and not may_control(studio, run):
        return "Somebody else's run: only they, or a person at the server's computer, can do this."
    return ""


_ENDED = "Nothing is training."
_UNDER_WAY = "In a moment: the batch under way is finished first."
_NOT_PAUSED = "Trains one epoch and waits. Pause the run first."
_NO_PAUSE = {
    "queued": "It has not started yet.",
    "preparing": "It can be paused once it trains.",
    "stopping": _UNDER_WAY,
    "pausing": _UNDER_WAY,
    "finished": _ENDED,
    "failed": _ENDED,
}
_NO_STEP = {"paused": ""}
_NO_STOP = {
    "stopping": _UNDER_WAY,
    "pausing": _UNDER_WAY,
    "finished": _ENDED,
    "failed": _ENDED,
    "interrupted": _ENDED,
}


def _button(
    label: str, key: str, icon: str, obstacle: str, act: Callable[[str], object], run_id: str
) -> None:
    st.button(
        label,
        key=key,
        icon=icon,
        disabled=bool(obstacle),
        help=obstacle or None,
        on_click=_try,
        args=(act, run_id),
    )


def _try(act: Callable[[str], object], run_id: str) -> None:
    try:
        act(run_id)
    except RunStateError:
        # The record has moved on since the button was drawn, or Streamlit has brought one click
        # twice, as it may where a tick meets it. The page shows what the run is at by now.
        pass
    except StudioError as error:
        st.session_state[_FAULT] = str(error)
