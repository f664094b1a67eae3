"""The run on the Train page: its chart and what it has to tell, moving by itself."""

from __future__ import annotations

from functools import partial

import streamlit as st

from imdb_core.data import Progress
from imdb_core.runs.event_log import utc_now
from imdb_core.runs.run import Run
from imdb_core.studio import Studio
from imdb_core.training.time_left import TimeLeft, time_left
from imdb_core.ui import frame
from imdb_core.ui.progress import draw_progress
from imdb_core.ui.train import tellers
from imdb_core.ui.train.chart import draw_chart, draw_chart_options, draw_reading_help
from imdb_core.ui.train.settings_form import form_is_behind
from imdb_core.ui.train.state import STATE_WORDS, state_of
from imdb_core.ui.train.transport import (
    act,
    draw_transport,
    draw_transport_fault,
    note_drawn,
    refusal,
)
from imdb_core.ui.visitor import as_visitor, this_visitor
from imdb_core.ui.wording import as_markdown, duration, hearts, patience_words, settings_phrase

_LIVE_TICK_S = 0.25
_IDLE_TICK_S = 2.0
_MOST_WAITING = 5
_FIRST_SIGHT = (
    "Train loss falls while it learns. Validation loss tells whether that helps with new reviews."
)


def run_view(studio: Studio, drawn_signature: tuple[str, ...]) -> None:
    """Draw the visitor's run; redraws itself, and the page when the state changes.

    Args:
        studio: the runs.
        drawn_signature: `page_signature` from before anything of the page was drawn.
    """
    run = studio.current(this_visitor())
    tick_s = _LIVE_TICK_S if run is not None and run.is_live else _IDLE_TICK_S
    st.fragment(_draw, run_every=tick_s)(studio, drawn_signature)


def page_signature(studio: Studio) -> tuple[str, ...]:
    """What the rest of the page depends on: it is drawn anew when this changes."""
    run = studio.current(this_visitor())
    if run is None:
        return ()
    return run.id, state_of(studio, run), *(queued.id for queued in studio.queue())


@frame.errors_as_sentences()
def _draw(studio: Studio, drawn_signature: tuple[str, ...]) -> None:
    # A button in here may have changed the form, which stands outside of this fragment.
    if page_signature(studio) != drawn_signature or form_is_behind():
        st.rerun()
    note_drawn()
    run = studio.current(this_visitor())
    draw_transport_fault()
    with st.container(horizontal=True, vertical_alignment="center", key="run_bar"):
        _draw_title(studio, run)
        if run is not None:
            draw_transport(studio, run)
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
        if run.epochs and not studio.place(run.id):
            _draw_numbers(run)
        else:
            _draw_progress(studio, run)
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
    phrases = [settings_phrase(run.config)]
    if run.dataset is not None:
        phrases += [run.dataset.origin, run.device.partition(" (")[0]]
    st.caption(as_markdown(" · ".join(phrases)))


def _draw_queue(studio: Studio, run: Run) -> None:
    """Whose turn it is, for how long still, who else waits, and what one may cancel of that."""
    queue = studio.queue()
    place = studio.place(run.id)
    said = []
    if place:
        said.append("Yours is next." if place == 1 else f"Yours is number {place} in the queue.")
    if queue and queue[0].id != run.id:
        left = _time_left(queue[0])
        until = f", {_words_left(left)}" if left else ""
        said.append(f"Now training: {queue[0].name}{until}.")
    others_waiting = sum(waiting.id != run.id for waiting in queue[1:])
    if others_waiting:
        said.append(f"{others_waiting} more waiting.")
    line = as_markdown(" ".join(said))
    if place:
        st.info(line, icon=":material/hourglass_empty:")
    elif line:
        st.caption(f":material/hourglass_empty: {line}")
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


def _draw_progress(studio: Studio, run: Run) -> None:
    job = studio.job(run.id)
    if job is None or run.state != "preparing":
        return
    if isinstance(job.progress, Progress):
        draw_progress(job.progress)
    else:
        st.progress(0.0, text="Getting the data ready …")


def _draw_numbers(run: Run) -> None:
    best = run.best
    left = _time_left(run) if run.is_live else None
    numbers = [
        ("Epoch", str(len(run.epochs)), f"of {_last_epoch(run)} at most"),
        ("Time", duration(_elapsed_seconds(run)), _words_left(left) if left else ""),
        ("Patience left", hearts(run.config.patience, run.bad_epochs), _patience_words(run)),
        (
            "Best epoch",
            str(best.epoch) if best else "–",
            f"loss {best.val_loss:.4f}, accuracy {best.val_accuracy:.1%}" if best else "",
        ),
    ]
    for column, (label, value, words) in zip(st.columns(4), numbers, strict=True):
        with column:
            st.metric(label, value)
            st.caption(as_markdown(words))


def _patience_words(run: Run) -> str:
    if run.last_epoch is not None and run.is_live:
        return f"It goes on to epoch {run.last_epoch}, whatever the patience says."
    if run.epochs and (run.is_live or run.state == "paused" or run.reason == "patience"):
        return patience_words(run.config.patience, run.bad_epochs)
    return ""


def _last_epoch(run: Run) -> int:
    return run.last_epoch or run.config.max_epochs


def _elapsed_seconds(run: Run) -> float:
    if run.state != "training":
        return run.training_seconds
    return run.training_seconds + (utc_now() - run.changed_at).total_seconds()


def _time_left(run: Run) -> TimeLeft | None:
    is_kept_going = run.last_epoch is not None
    return time_left(
        run.epochs,
        max_epochs=_last_epoch(run),
        patience=_last_epoch(run) if is_kept_going else run.config.patience,
        since_last_s=(utc_now() - run.changed_at).total_seconds(),
        between_s=run.between_epochs_s,
    )


def _words_left(left: TimeLeft) -> str:
    most = f"at most {duration(left.seconds_at_most)} left"
    if left.seconds_at_least >= 0.9 * left.seconds_at_most:
        return most
    return f"{most}, could stop in {duration(left.seconds_at_least)}"
