"""Runs that come and go: undo, the bin, and runs from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import streamlit as st

from imdb_core.errors import RunExistsError
from imdb_core.runs.archive_jobs import RunImport
from imdb_core.runs.recycling import KEPT_FOR
from imdb_core.runs.run import Run
from imdb_core.studio import Studio
from imdb_core.ui import frame
from imdb_core.ui.progress import draw_progress
from imdb_core.ui.runs.table import choose_runs
from imdb_core.ui.visitor import whose
from imdb_core.ui.wording import as_markdown, distinct

_DELETED, _EMPTYING = "just_deleted", "emptying_bin"
_IMPORT, _FILE, _IMPORTING = "import", "import_file", "importing"
_UPLOAD_LIMIT_MB = 200


def remember_deleted(runs: Sequence[tuple[str, str]]) -> None:
    """Offer to undo the deletion of these runs, given as ids and names."""
    st.session_state[_DELETED] = list(runs)


def draw_undo(studio: Studio) -> None:
    """What was just deleted, and a button that brings it back."""
    in_bin = studio.store.deleted()
    just_deleted = st.session_state.get(_DELETED, [])
    deleted = [(run_id, name) for run_id, name in just_deleted if run_id in in_bin]
    if not deleted:
        return
    what = deleted[0][1] if len(deleted) == 1 else f"{len(deleted)} runs"
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="undo_bar"):
        st.markdown(f":material/delete: {as_markdown(f'Deleted {what}.')}", width="content")
        if st.button("Undo", icon=":material/undo:", type="primary", key="undo"):
            with frame.errors_as_sentences():
                for run_id, _ in deleted:
                    studio.store.restore(run_id)
                st.session_state[_DELETED] = []
                st.rerun()


def draw_bin(studio: Studio) -> None:
    """Deleted runs, to be brought back or removed for good."""
    run_ids = studio.store.deleted()
    if not run_ids:
        return
    with st.popover(f"Bin ({len(run_ids)})", icon=":material/delete:", key="bin"):
        # Beside each other: the open list would lie over a button below it.
        with st.container(horizontal=True, vertical_alignment="bottom"):
            titles = dict.fromkeys(run_ids) | _names_of(studio.store.read_deleted(run_ids))
            chosen = st.multiselect(
                "Deleted runs",
                run_ids,
                format_func=lambda run_id: titles[run_id] or run_id,
                key="bin_chosen",
            )
            is_wanted = st.button(
                "Bring back", icon=":material/undo:", key="restore", disabled=not chosen
            )
        if is_wanted:
            with frame.errors_as_sentences():
                for run_id in chosen:
                    studio.store.restore(run_id)
                st.rerun()
        st.caption(f"Deleted runs are removed for good after {KEPT_FOR.days} days.")
        _draw_emptying(studio, run_ids)


def _names_of(runs: Sequence[Run]) -> dict[str, str]:
    """As short as can be, for the list is narrow: each run's name, and whose it is."""
    names = distinct({run.id: run.name for run in runs})
    return {run.id: " · ".join(filter(None, (names[run.id], whose(run)))) for run in runs}


def _draw_emptying(studio: Studio, run_ids: Sequence[str]) -> None:
    """Emptying the bin cannot be undone, so it is asked for twice: of these very runs."""
    asked = st.session_state.get(_EMPTYING)
    if asked != run_ids:
        if st.button("Empty the bin now", icon=":material/delete_forever:", key="empty_bin"):
            st.session_state[_EMPTYING] = list(run_ids)
            st.rerun()
        return
    what = "this run" if len(run_ids) == 1 else f"these {len(run_ids)} runs"
    st.markdown(f"Remove {what} for good? This cannot be undone.")
    with st.container(horizontal=True):
        if st.button(
            "Remove for good", icon=":material/delete_forever:", type="primary", key="empty_bin_now"
        ):
            del st.session_state[_EMPTYING]
            studio.store.empty_bin()
            st.rerun()
        if st.button("Keep", key="keep_bin"):
            del st.session_state[_EMPTYING]
            st.rerun()


def draw_import(studio: Studio) -> None:
    """Take in a run that another installation exported."""
    importing: RunImport | None = st.session_state.get(_IMPORTING)
    if importing is not None and not importing.job.is_done:
        draw_progress(importing.job, key="import_progress", at_first="Waiting")
        return
    if importing is not None:
        _draw_end(importing)
    with (
        st.popover("Import", icon=":material/upload:", key=_IMPORT, on_change="rerun"),
        st.form("import_form", border=False, clear_on_submit=True),
    ):
        st.file_uploader("A run's zip", type="zip", key=_FILE, max_upload_size=_UPLOAD_LIMIT_MB)
        st.caption("It is checked before it is taken in; nothing in it is executed.")
        st.form_submit_button(
            "Import", type="primary", key="import_run", on_click=_take_in, args=(studio,)
        )


def _take_in(studio: Studio) -> None:
    """Have imported what was uploaded, and close the form."""
    file = st.session_state.get(_FILE)  # nothing where the page has been left before the click came
    if file is not None:
        content = BytesIO(file.getvalue())  # the widget's own value stays Streamlit's
        st.session_state[_IMPORTING] = RunImport(studio.imports, studio.store, file.name, content)
        st.session_state[_IMPORT] = False


def _draw_end(importing: RunImport) -> None:
    """Say once how it ended, and tick the run in the table."""
    del st.session_state[_IMPORTING]
    if isinstance(importing.error, RunExistsError):
        st.info(as_markdown(str(importing.error)), icon=":material/info:")
    elif importing.error is not None:
        frame.show_error(importing.error)
    elif importing.run is not None:
        choose_runs([importing.run.id])
        st.toast(as_markdown(f"Imported {importing.run.name}."), icon=":material/check:")
