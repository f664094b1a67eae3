"""The table of runs, their curves on one axis, and what can be done with one."""

from __future__ import annotations

from functools import partial

import streamlit as st

from imdb_core.runs.export import FILE_NAMES, ExportFormat, export
from imdb_core.runs.run import Run
from imdb_core.runs.store import LABEL_LIMIT
from imdb_core.studio import Studio
from imdb_core.ui import charts
from imdb_core.ui.wording import as_markdown, duration, settings_phrase

_DOWNLOADS: tuple[tuple[ExportFormat, str], ...] = (
    ("pt", "Weights for the notebook"),
    ("safetensors", "Weights as safetensors"),
    ("csv", "History as CSV"),
)
_OVERLAID_AT_FIRST = 3


def draw_damaged(studio: Studio) -> None:
    """Name the run folders that cannot be read, and offer to delete them."""
    for run_id, fault in studio.store.damaged().items():
        st.warning(as_markdown(fault), icon=":material/broken_image:")
        st.button(
            f"Delete {run_id}",
            icon=":material/delete:",
            key=f"delete_{run_id}",
            on_click=studio.store.delete,
            args=(run_id,),
        )


def draw_table(runs: list[Run]) -> list[Run]:
    """The runs, newest first; returns the chosen ones, or the newest few at first."""
    table = [_row(run) for run in runs]
    selection = st.dataframe(
        table,
        hide_index=True,
        key="runs",
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            "Val. loss": st.column_config.NumberColumn(format="%.4f"),
            "Accuracy": st.column_config.NumberColumn(format="percent"),
            "Created (UTC)": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
        },
    )
    rows = [row for row in selection["selection"]["rows"] if row < len(runs)]
    return [runs[row] for row in rows] or [run for run in runs if run.epochs][:_OVERLAID_AT_FIRST]


def draw_overlay(runs: list[Run]) -> None:
    """Validation losses of the chosen runs."""
    with_epochs = [run for run in runs if run.epochs]
    if with_epochs:
        st.plotly_chart(
            charts.overlay_figure(with_epochs, [run.name for run in with_epochs]),
            key="overlay",
            config={"displaylogo": False},
            alt="Validation losses by epoch of " + ", ".join(run.name for run in with_epochs),
        )
        st.caption("Tick rows of the table to choose whose curves are drawn.")


def draw_actions(studio: Studio, run: Run) -> None:
    """What can be done with one run.

    Raises:
        StudioError: what was clicked could not be done.
    """
    st.subheader(as_markdown(run.name), anchor=False)
    st.caption(as_markdown(run.ending or f"This run is {run.state}."))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _draw_score_link(run)
        _draw_resume(studio, run)
        _draw_rename(studio, run)
        _draw_delete(studio, run)
    if run.can_score:
        with st.container(horizontal=True):
            for format, label in _DOWNLOADS:
                st.download_button(
                    label,
                    data=partial(export, run, format),
                    file_name=FILE_NAMES[format],
                    icon=":material/download:",
                    on_click="ignore",
                    key=f"download_{format}",
                )


def _row(run: Run) -> dict[str, object]:
    best = run.best
    return {
        "Run": run.name,
        "State": run.state,
        "Settings": settings_phrase(run.config),
        "Epochs": len(run.epochs),
        "Best epoch": best.epoch if best else None,
        "Val. loss": best.val_loss if best else None,
        "Accuracy": best.val_accuracy if best else None,
        "Training time": duration(run.training_seconds),
        "Data": run.dataset.origin if run.dataset else "",
        "Created (UTC)": run.created_at,
    }


def _draw_score_link(run: Run) -> None:
    if run.can_score:
        st.page_link(
            "pages/1_Score.py",
            label="Score with it",
            icon=":material/rate_review:",
            query_params={"run": run.id},
        )


def _draw_resume(studio: Studio, run: Run) -> None:
    if run.is_resumable and st.button("Resume", icon=":material/resume:", key="resume"):
        studio.resume(run.id)
        st.switch_page("app.py")


def _draw_rename(studio: Studio, run: Run) -> None:
    with st.popover("Rename", icon=":material/edit:"), st.form("rename", border=False):
        label = st.text_input("Name", value=run.label, max_chars=LABEL_LIMIT)
        if st.form_submit_button("Save", type="primary"):
            studio.store.rename(run.id, label or "")
            st.rerun()


def _draw_delete(studio: Studio, run: Run) -> None:
    with st.popover("Delete", icon=":material/delete:", disabled=run.is_live):
        st.markdown("Its weights and its history go for good.")
        if st.button("Delete this run", type="primary", key="delete"):
            studio.store.delete(run.id)
            st.rerun()
