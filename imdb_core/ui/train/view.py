"""The run on the Train page: its chart and what it has to tell."""

from __future__ import annotations

from functools import partial

import streamlit as st

from imdb_core.runs.run import Run
from imdb_core.studio import Studio
from imdb_core.ui import frame
from imdb_core.ui.live import live_line, live_numbers, wait_for
from imdb_core.ui.progress import draw_progress
from imdb_core.ui.train import tellers
from imdb_core.ui.train.chart import draw_chart, draw_chart_options, draw_reading_help
from imdb_core.ui.train.numbers import queue_lines, run_numbers
from imdb_core.ui.train.state import STATE_WORDS, state_of
from imdb_core.ui.train.transport import (
    act,
    draw_transport,
    draw_transport_fault,
    note_drawn,
    refusal,
)
from imdb_core.ui.train.watching import draw_watching
from imdb_core.ui.visitor import as_visitor, this_visitor, whose
from imdb_core.ui.wording import as_markdown, settings_phrase

_MOST_WAITING = 5
_FIRST_SIGHT = (
    "Train loss falls while it learns. Validation loss tells whether that helps with new reviews."
)


def run_view(studio: Studio, run: Run | None) -> None:
    """Draw the visitor's run; what moves in it moves in the browser.

    Args:
        studio: the runs.
        run: the one to look at, if there is any.
    """
    wait_for("busy", f"visitor/{this_visitor().mark}")
    if run is not None:
        wait_for(f"run/{run.id}")
    if run is None or not this_visitor().owns(run):
        wait_for("runs")  # without one of one's own, one looks at the newest
    note_drawn()
    draw_transport_fault()
    with st.container(horizontal=True, vertical_alignment="center", key="run_bar"):
        _draw_title(studio, run)
        if run is not None:
            draw_transport(studio, run)
    if run is None:
        _draw_stranger(studio)
    # Each part in a place of its own: what appears in one does not push the next one about.
    settings = st.container(horizontal=True, vertical_alignment="center", key="run_settings")
    chart, ending = st.container(), st.container()
    numbers, queue, told = st.container(key="numbers"), st.container(), st.container()
    with settings:
        _draw_settings(run)
        draw_reading_help()
        draw_chart_options()
    with chart, frame.errors_as_sentences():
        draw_chart(studio, run)
    if run is None:
        return
    with ending:
        if not run.is_live and run.state != "paused":
            tellers.draw_ending(studio, run)
    with numbers:
        _draw_numbers(studio, run)
    with queue:
        _draw_queue(studio, run)
    with told, frame.errors_as_sentences():
        _draw_told(studio, run)


def _draw_told(studio: Studio, run: Run) -> None:
    if run.state == "paused" and not refusal(studio, run):
        tellers.draw_changes(studio, run)
    tellers.draw_changes_made(run)
    tellers.draw_coach(run)
    if run.epochs and not run.is_live:
        tellers.draw_replay(run)


def _draw_title(studio: Studio, run: Run | None) -> None:
    if run is None:
        st.markdown("##### No run yet. Click Train to start one.")
        return
    word, icon = STATE_WORDS[state_of(studio, run)]
    st.markdown(f"##### {icon} {word} :small[· {as_markdown(run.name)}]")


def _draw_settings(run: Run | None) -> None:
    if run is None:
        st.caption(_FIRST_SIGHT)
        return
    owner = {"yours": ["Your run"], "someone else's": ["Someone else's run"]}.get(whose(run), [])
    phrases = [*owner, settings_phrase(run.config_in_force)]
    if run.dataset is not None:
        phrases += [run.dataset.origin, run.device.partition(" (")[0]]
    st.caption(as_markdown(" · ".join(phrases)))


def _draw_stranger(studio: Studio) -> None:
    """What trains now, for who has no run; it is never shown as if it were theirs."""
    queue = studio.queue()
    if queue:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("Someone else's run.", width="content")
            live_line(queue_lines(queue), "queue", name="", key="queue_line")
            draw_watching(studio, None)


def _draw_queue(studio: Studio, run: Run) -> None:
    """Whose turn it is, for how long still, who else waits, and what one may cancel of that."""
    queue = studio.queue()
    if queue:
        is_own = whose(run) != "someone else's"
        live_line(queue_lines(queue), "queue", name=run.id if is_own else "", key="queue_line")
    draw_watching(studio, run)
    mine = [
        (place, waiting)
        for place, waiting in enumerate(queue)
        if place and waiting.id != run.id and not refusal(studio, waiting)
    ]
    for place, waiting in mine[:_MOST_WAITING]:
        _draw_waiting(studio, place, waiting)


def _draw_waiting(studio: Studio, place: int, waiting: Run) -> None:
    turn = "Next" if place == 1 else f"Number {place} in the queue"
    phrase = f"{turn}: {waiting.name}, {settings_phrase(waiting.config)}."
    key = f"cancel_{waiting.id}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(as_markdown(phrase), width="content")
        st.button(
            "Cancel",
            type="tertiary",
            icon=":material/close:",
            key=key,
            on_click=act,
            args=(key, partial(as_visitor(studio.stop), waiting.id)),
        )


def _draw_numbers(studio: Studio, run: Run) -> None:
    """How far the run is, or how far its data are."""
    job = studio.job(run.id)
    if run.state == "preparing" and job is not None:
        draw_progress(job, key="preparing", at_first="Getting the data ready")
    elif (run.is_live or run.epochs) and not studio.place(run.id):
        topic = f"numbers/{run.id}" if run.is_live else None
        live_numbers(run_numbers(run), topic, key="run_numbers")
