"""The Runs page, part by part from top to bottom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from imdb_core.errors import RunNotFoundError, StudioError
from imdb_core.runs.run import Run
from imdb_core.studio import Studio
from imdb_core.ui import frame
from imdb_core.ui.live import wait_for
from imdb_core.ui.runs.actions import draw_actions, draw_put_away
from imdb_core.ui.runs.bin import draw_bin, draw_import
from imdb_core.ui.runs.compare import draw_overlay, draw_table, draw_verdicts
from imdb_core.ui.runs.questions import draw_replay, draw_scatter
from imdb_core.ui.runs.table import draw_filter
from imdb_core.ui.runs.table import draw_table as draw_runs
from imdb_core.ui.visitor import this_visitor
from imdb_core.ui.wording import as_markdown

_FAULT = "delete_fault"
_OVERLAID_AT_FIRST = 3
_STYLE = """
<style>
@media (max-width: 640px) {
  .st-key-runs_bar > :has(> .st-key-search), .st-key-runs_bar .st-key-search { min-width: 100%; }
}
</style>
"""


def draw_damaged(studio: Studio, faults: Mapping[str, str]) -> None:
    """Name the run folders that cannot be read, and offer to delete them."""
    refused: StudioError | None = st.session_state.pop(_FAULT, None)
    if refused is not None:
        frame.show_error(refused)
    for run_id, fault in faults.items():
        st.warning(as_markdown(fault), icon=":material/broken_image:")
        st.button(
            f"Delete {run_id}",
            icon=":material/delete:",
            key=f"delete_{run_id}",
            on_click=_delete,
            args=(studio, run_id),
        )


def _delete(studio: Studio, run_id: str) -> None:
    try:
        studio.delete(run_id, visitor=this_visitor())
    except RunNotFoundError:
        pass  # somebody else was quicker
    except StudioError as error:  # shown by the script that follows
        st.session_state[_FAULT] = error


def draw_empty(studio: Studio) -> None:
    """Where nothing is listed yet."""
    wait_for("runs")
    st.info("Nothing was trained yet.", icon=":material/info:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link("app.py", label="Go to Train", icon=":material/show_chart:")
        draw_import(studio)
        draw_bin(studio)


def draw_runs_page(studio: Studio, runs: Sequence[Run]) -> None:
    """The table, and below it what the ticked runs have to say."""
    wait_for("runs", *(f"run/{run.id}" for run in runs if run.is_live))
    st.html(_STYLE)
    with st.container(horizontal=True, vertical_alignment="center", key="runs_bar"):
        wanted = draw_filter(runs)
        draw_import(studio)
        draw_bin(studio)
    listed = wanted.apply(runs)
    if not listed:
        st.info("No run passes the filter.", icon=":material/filter_list_off:")
        return
    # Above the table, where its own toolbar may lie over it.
    st.caption(_told(len(listed), len(runs) - len(listed)))
    ticked = draw_runs(listed)
    chosen = ticked or [run for run in listed if run.epochs][:_OVERLAID_AT_FIRST]
    if len(listed) == 1:
        chosen = listed
    if len(chosen) == 1:
        _draw_one(studio, chosen[0], runs)
    elif chosen:
        _draw_several(studio, chosen, are_ticked=bool(ticked))
    if chosen:
        draw_replay(chosen)
    draw_scatter(listed)


def _told(listed: int, hidden: int) -> str:
    runs = "1 run" if listed == 1 else f"{listed:,} runs"
    not_shown = f", {hidden:,} not shown" if hidden else ""
    return f"{runs}{not_shown}. Tick several to compare them, one to act on it."


def _draw_one(studio: Studio, run: Run, runs: Sequence[Run]) -> None:
    with frame.errors_as_sentences():
        draw_actions(studio, run, sorted({tag for each in runs for tag in each.tags}))
    draw_overlay([run])


def _draw_several(studio: Studio, runs: Sequence[Run], *, are_ticked: bool) -> None:
    if not are_ticked:
        st.subheader(f"The newest {len(runs)}", anchor=False)
        draw_overlay(runs)
        draw_table(runs)
        return
    with st.container(horizontal=True, vertical_alignment="center", key="run_actions"):
        st.subheader(f"{len(runs)} runs compared", anchor=False, width="content")
        with frame.errors_as_sentences():
            draw_put_away(studio, runs)
    curves, words = st.columns([1.5, 1], gap="large")
    with curves:
        draw_overlay(runs)
    with words:
        draw_verdicts(studio, runs)
    draw_table(runs)
