"""Choosing the network that a page is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import streamlit as st

from imdb_core.errors import StudioError
from imdb_core.runs.run import Run
from imdb_core.studio import Studio
from imdb_core.ui import frame
from imdb_core.ui.live import wait_for
from imdb_core.ui.visitor import whose
from imdb_core.ui.wording import run_titles


def choose_run(studio: Studio, *, key: str) -> Run | None:
    """The run of the link, or the best; any other with weights can be chosen.

    None where no run has weights; then the page says so.

    Args:
        studio: holds the runs.
        key: the choice's own, unique on the page.
    """
    runs = {run.id: run for run in studio.store.all() if run.can_score}
    wait_for(*(f"run/{run.id}" for run in runs.values() if run.is_live))  # its title tells
    if not runs:
        wait_for("runs")
        st.info("There is no trained network yet. Train one first.", icon=":material/info:")
        st.page_link("app.py", label="Go to Train", icon=":material/show_chart:")
        return None
    chosen = st.session_state.get(key)
    if chosen not in runs:
        chosen, st.session_state[f"{key}_fault"] = _asked_for(studio)
    titles = titles_of(runs.values())
    keep_chosen(chosen, titles, key=key)
    run_id: str = st.selectbox(
        "Network",
        list(titles),
        index=list(titles).index(chosen),
        format_func=titles.__getitem__,
        key=key,
        on_change=st.session_state.pop,
        args=(f"{key}_fault", None),
        help="The most accurate network stands here at first.",
    )
    st.query_params["run"] = run_id  # so that a reload and a link show the same
    fault = st.session_state.get(f"{key}_fault")
    if fault is not None:
        frame.show_error(fault)
    return runs[run_id]


def titles_of(runs: Iterable[Run]) -> dict[str, str]:
    """What to call each run, by its id, and whose it is where several people have runs."""
    runs = list(runs)
    owners = {run.id: f" · {whose(run)}" if whose(run) else "" for run in runs}
    return {run_id: title + owners[run_id] for run_id, title in run_titles(runs).items()}


def keep_chosen(chosen: str | list[str], titles: Mapping[str, str], *, key: str) -> None:
    """Have a widget that offers runs show what is chosen; call it right before the widget.

    The browser knows a choice by its title only, and has to be told again when that changes, as
    a run at work changes its. It is not told without need: being told undoes what the visitor
    chose while the script was on its way.
    """
    ids = [chosen] if isinstance(chosen, str) else chosen
    known: Mapping[str, str] = st.session_state.get(f"{key}_titles", {})
    is_renamed = any(known.get(run_id) not in (None, titles[run_id]) for run_id in ids)
    if is_renamed or st.session_state.get(key) != chosen:
        st.session_state[key] = chosen
    st.session_state[f"{key}_titles"] = titles


def _asked_for(studio: Studio) -> tuple[str, StudioError | None]:
    """The run that the address names; if it cannot be had, the best, and why."""
    try:
        run = studio.store.resolve(st.query_params.get("run", "best"))
        _ = run.best_weights  # says what is missing
    except StudioError as error:
        return studio.store.resolve("best").id, error
    return run.id, None
