"""What can be done with the chosen runs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from imdb_core.errors import StudioError
from imdb_core.runs.annotations import LABEL_LIMIT, NOTES_LIMIT, TAGS_LIMIT
from imdb_core.runs.ending import ending
from imdb_core.runs.export import ExportFormat, export, file_name, is_exportable
from imdb_core.runs.run import Run
from imdb_core.studio import Studio
from imdb_core.ui.keep_going import draw_more_epochs, keep_going_label, more_epochs
from imdb_core.ui.runs.bin import remember_deleted
from imdb_core.ui.train.transport import refusal
from imdb_core.ui.train.watching import watch
from imdb_core.ui.visitor import this_visitor, whose
from imdb_core.ui.wording import as_markdown, changes_phrase, computer_phrase, settings_phrase

_EDIT, _ERROR = "edit", "edit_error"
_DOWNLOADS: tuple[tuple[ExportFormat, str, str], ...] = (
    ("pt", "best_rnn_model.pt", "The best weights as the notebook saves and loads them."),
    ("safetensors", "safetensors", "The best weights: numbers only, nothing that executes."),
    ("onnx", "ONNX", "The network for other programs: words as numbers in, P(positive) out. "
     "It is compared with PyTorch before it is handed out."),
    ("csv", "History (CSV)", "Every epoch's losses and accuracy."),
    ("json", "Settings (JSON)", "All settings of the run."),
    ("tensorboard", "TensorBoard", "An event file: put it into a folder of its own and point "
     "tensorboard --logdir at that."),
    ("zip", "Whole run (zip)", "Everything; another installation of this program imports it."),
)  # fmt: skip


def draw_actions(studio: Studio, run: Run, known_tags: Sequence[str]) -> None:
    """One run: how it ended, what the user wrote on it, and the buttons.

    Raises:
        StudioError: what was clicked could not be done.
    """
    st.subheader(as_markdown(run.name), anchor=False)
    told = ending(run, this_visitor()) or f"This run is {run.state}."
    st.caption(as_markdown(told))
    facts = ", on ".join(filter(None, (settings_phrase(run.config), computer_phrase(run))))
    owner = f" ({whose(run)})" if whose(run) else ""
    st.caption(as_markdown(f"Run {run.id}{owner}: {facts}."))
    if run.changes:
        st.caption(as_markdown(changes_phrase(run)))
    if run.tags:
        st.markdown(" ".join(f":gray-badge[{as_markdown(tag)}]" for tag in run.tags))
    if run.notes:
        st.text(run.notes)
    with st.container(horizontal=True, vertical_alignment="center", key="run_actions"):
        _draw_score_link(run)
        _draw_resume(studio, run)
        _draw_keep_going(studio, run)
        _draw_edit(studio, run, known_tags)
        draw_put_away(studio, [run])
    _draw_exports(run)


def draw_put_away(studio: Studio, runs: Sequence[Run]) -> None:
    """Archive and delete, for one run or for several.

    Raises:
        StudioError: what was clicked could not be done.
    """
    refused = {run.id: "Stop it first." if run.is_live else refusal(studio, run) for run in runs}
    deletable = [run for run in runs if not refused[run.id]]
    is_archived = all(run.is_archived for run in runs)
    if st.button(
        "Back from the archive" if is_archived else "Archive",
        icon=":material/unarchive:" if is_archived else ":material/archive:",
        key="archive",
        help="Archived runs are hidden in the table until asked for, and stay complete.",
    ):
        for run in runs:
            studio.store.annotate(run.id, is_archived=not is_archived)
        st.rerun()
    if st.button(
        "Delete",
        icon=":material/delete:",
        key="delete",
        disabled=not deletable,
        help="It can be undone." if deletable else refused[runs[0].id],
    ):
        deleted = []
        try:
            for run in deletable:
                studio.delete(run.id, visitor=this_visitor())
                deleted.append((run.id, run.name))
        finally:
            remember_deleted(deleted)
        st.rerun()


def _draw_score_link(run: Run) -> None:
    if run.can_score:
        st.page_link(
            "pages/1_Score.py",
            label="Score with it",
            icon=":material/rate_review:",
            query_params={"run": run.id},
        )


def _draw_resume(studio: Studio, run: Run) -> None:
    refused = refusal(studio, run)
    if run.is_resumable and st.button(
        "Resume",
        icon=":material/resume:",
        key="leave_resume",
        disabled=bool(refused),
        help=refused or None,
    ):
        studio.resume(run.id, visitor=this_visitor())
        watch(None)  # the run is the visitor's own now
        st.switch_page("app.py")


def _draw_keep_going(studio: Studio, run: Run) -> None:
    if not run.can_keep_going:
        return
    if st.button(
        keep_going_label(),
        icon=":material/fast_forward:",
        key="leave_keep_going",
        help="Trains on, whatever the patience says; the best epoch's weights stay the ones that "
        "are kept.",
    ):
        studio.keep_going(run.id, more_epochs(), visitor=this_visitor())
        watch(None)  # the run is the visitor's own now
        st.switch_page("app.py")
    draw_more_epochs(run)


def _draw_edit(studio: Studio, run: Run, known_tags: Sequence[str]) -> None:
    editor = st.popover("Name, notes, tags", icon=":material/edit:", key=_EDIT, on_change="rerun")
    with editor, st.form(f"form_{run.id}", border=False):
        st.text_input("Name", value=run.label, max_chars=LABEL_LIMIT, key=f"name_{run.id}")
        st.text_area("Notes", value=run.notes, max_chars=NOTES_LIMIT, key=f"notes_{run.id}")
        st.multiselect(
            "Tags",
            sorted({*known_tags, *run.tags}),
            default=run.tags,
            accept_new_options=True,
            max_selections=TAGS_LIMIT,
            placeholder="Choose, or write a new one",
            key=f"tags_{run.id}",
        )
        st.form_submit_button("Save", type="primary", on_click=_save, args=(studio, run.id))
    if _ERROR in st.session_state:
        raise st.session_state.pop(_ERROR)


def _save(studio: Studio, run_id: str) -> None:
    """Take over what the form holds, and close it."""
    values = st.session_state
    if f"name_{run_id}" not in values:
        return  # the click arrived when the page had been left, and Streamlit forgotten the form
    try:
        studio.store.annotate(
            run_id,
            label=values[f"name_{run_id}"] or "",
            notes=values[f"notes_{run_id}"] or "",
            tags=values[f"tags_{run_id}"],
        )
        values[_EDIT] = False
    except StudioError as error:  # shown by the script that follows
        values[_ERROR] = error


def _draw_exports(run: Run) -> None:
    offered = [each for each in _DOWNLOADS if is_exportable(run, each[0])]
    with st.container(horizontal=True, vertical_alignment="center", key="exports"):
        st.markdown("**Download**", width="content")
        for format, label, help in offered:
            st.download_button(
                label,
                data=partial(export, run, format),
                file_name=file_name(run, format),
                icon=":material/download:",
                help=help,
                on_click="ignore",
                type="tertiary",
                key=f"download_{format}",
            )
