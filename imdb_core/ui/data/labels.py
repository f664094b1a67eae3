"""What each value of the label column is taken for, to be changed."""

from __future__ import annotations

import streamlit as st
from streamlit.typing import UploadedFile

from imdb_core.data import TableReport
from imdb_core.data.tables import MEANINGS, Meaning
from imdb_core.ui.table_preview import choices_of, choose
from imdb_core.ui.wording import as_markdown

_SHOWN = 24
_LONGEST = 40


def draw_labels(report: TableReport, file: UploadedFile) -> None:
    """A choice for each value, with how many rows have it."""
    if not report.labels:
        return
    st.markdown("**What the labels mean**")
    with st.container(horizontal=True, key="data_labels"):
        for place, label in enumerate(report.labels[:_SHOWN]):
            key = f"meaning_{file.file_id}_{place}_{label.value}_{label.meaning}"
            rows = "row" if label.count == 1 else "rows"
            st.segmented_control(
                f"**{as_markdown(label.value[:_LONGEST])}** · {label.count:,} {rows}",
                MEANINGS, default=label.meaning, required=label.meaning is not None, key=key,
                format_func=str.capitalize,
                on_change=_mean, args=(report, file, label.value, key),
            )  # fmt: skip
    more = len(report.labels) - _SHOWN
    if more > 0:
        st.caption(f"{more:,} more values that fewer rows have, understood by the same rule.")


def _mean(report: TableReport, file: UploadedFile, value: str, key: str) -> None:
    """Take all values for what the page shows, and this one for what was clicked.

    An earlier click counts even if the page has not yet come to show it.
    """
    meanings: dict[str, Meaning] = {
        label.value: label.meaning for label in report.labels if label.meaning is not None
    }
    meanings |= dict(choices_of(file).meanings)
    clicked = st.session_state.get(key)
    if clicked is not None:
        meanings[value] = clicked
    choose(file.file_id, meanings=tuple(meanings.items()))
