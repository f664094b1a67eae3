"""Reviews that users bring: upload a file, see what is wrong with it, use it, delete it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.typing import UploadedFile

from imdb_core.data import SourceStatus, TableReport
from imdb_core.data.own_reviews import LONGEST_NAME, SPLIT_RULE
from imdb_core.data.tables.packing import MAX_BYTES, stem
from imdb_core.data.tables.selection import LEAST_OF_A_CLASS, MAX_CHARACTERS
from imdb_core.data.tables.table import MAX_ROWS
from imdb_core.data.uploads import Upload
from imdb_core.errors import TableFault
from imdb_core.studio import Studio
from imdb_core.ui.data.labels import draw_labels
from imdb_core.ui.data.view import DAMAGED
from imdb_core.ui.table_preview import (
    KINDS_OF_FILES,
    draw_column,
    draw_error,
    draw_notes,
    draw_reading,
    draw_work,
    looked_at,
)
from imdb_core.ui.train.settings_form import set_values
from imdb_core.ui.visitor import this_visitor, whose
from imdb_core.ui.wording import as_markdown

_NOT_YOURS = "Only whoever added these reviews can do this, or a person at the server's computer."
_NONE = "no column"
_EXAMPLE = (
    'text,label,stars\n"A quiet, moving film.",positive,9\nI left before the end.,negative,2\n'
)
_UPLOADED = "data_uploaded"
_JUST_ADDED = "data_added"
_FILES = "data_files"
_NO_BREAK = "\N{NO-BREAK SPACE}"
_SHOWN_AT_ONCE, _TABLE_HEIGHT = 12, 480


def draw_own(studio: Studio) -> None:
    """The sources that users made, and the way to make another."""
    st.markdown("##### Reviews added here")
    own = [status for status in studio.library.statuses() if status.is_own]
    for status in own:
        _draw_own(studio, status)
    with st.expander(
        "Add reviews from a file", icon=":material/upload_file:", key="data_add",
        expanded=not own or st.session_state.get(_UPLOADED) is not None,
    ):  # fmt: skip
        _draw_add(studio)


def _draw_own(studio: Studio, status: SourceStatus) -> None:
    with st.container(border=True, key=f"own_{status.source}"):
        owner = f" · {whose(status)}" if whose(status) else ""
        st.markdown(f"**{as_markdown(status.title)}**{owner}")
        if status.counts is not None:
            st.caption(
                f"{status.counts.train:,} reviews to learn from, {status.counts.test:,} to test, "
                f"{status.counts.words:,} different words. {as_markdown(status.description)} "
                f"On the command line: {status.source}"
            )
        else:
            st.markdown(DAMAGED)
            st.caption(as_markdown(status.advice))
        if st.session_state.get(_JUST_ADDED) == status.source:
            st.success(SPLIT_RULE, icon=":material/check_circle:")
        with st.container(horizontal=True, vertical_alignment="center"):
            if status.is_prepared and st.button(
                "Use for training", key=f"leave_use_{status.source}", icon=":material/play_arrow:"
            ):
                set_values(source=status.source)
                st.switch_page("app.py")
            may_delete = this_visitor().may_act_for(status.visitor)
            with st.popover(
                "Delete", icon=":material/delete:", key=f"ask_{status.source}",
                disabled=not may_delete, help=None if may_delete else _NOT_YOURS,
            ):  # fmt: skip
                st.markdown(_loss(studio, status))
                is_wanted = st.button(
                    "Delete for good", key=f"delete_{status.source}", type="primary"
                )
                if is_wanted and may_delete:  # what a browser sends may be forged
                    studio.library.delete(status.source)
                    st.rerun()


def _loss(studio: Studio, status: SourceStatus) -> str:
    runs = sum(run.config.source == status.source for run in studio.store.all())
    if not runs:
        return "No run was trained on these reviews."
    kept = "1 run was" if runs == 1 else f"{runs} runs were"
    return (
        f"{kept} trained on these reviews. Curves and weights stay and still score reviews, "
        "but training cannot be resumed, nor evaluated anew."
    )


def _draw_add(studio: Studio) -> None:
    st.markdown(
        f"A table of reviews: {KINDS_OF_FILES}. It needs a text and a label; stars from 1 to 10 "
        "if you like. Columns and labels are guessed, shown, and yours to change before "
        "anything is made of them."
    )
    st.caption(
        f"Up to {MAX_BYTES >> 20} MB, {MAX_ROWS:,} rows, {MAX_CHARACTERS:,} characters a text; "
        f"at least {LEAST_OF_A_CLASS} reviews of each class. The file stays on the computer that "
        "runs this program."
    )
    file = st.file_uploader(
        "File of reviews", key=f"data_file_{st.session_state.get(_FILES, 0)}",
        max_upload_size=MAX_BYTES >> 20,
    )  # fmt: skip
    if file is None:
        st.session_state.pop(_UPLOADED, None)
        st.download_button("An example to fill in", _EXAMPLE, "reviews.csv", "text/csv",
                           type="tertiary", icon=":material/download:")  # fmt: skip
        return
    st.session_state[_UPLOADED] = file.file_id
    upload = looked_at(studio.uploads, file)
    if upload.source is not None:
        st.session_state[_JUST_ADDED] = upload.source
        _forget_file()
        st.rerun()
    if upload.is_busy:
        draw_work(upload)
    else:
        _draw_upload(studio, upload, file)


def _draw_upload(studio: Studio, upload: Upload, file: UploadedFile) -> None:
    """A file that nothing is done with: how it is understood, and what is to become of it."""
    if upload.check is not None and upload.check.error is not None:
        draw_error(upload.check)
    if upload.report is None:
        return
    _draw_report(upload.report, file)
    if upload.usable is not None:
        _draw_use(studio, upload, upload.usable, file)


def _draw_report(report: TableReport, file: UploadedFile) -> None:
    for fault in report.faults:
        st.error(as_markdown(fault.message), icon=":material/error:")
    draw_reading(report, file)
    if report.table is not None and len(report.table.columns) > 1:
        columns = report.columns
        with st.container(horizontal=True):
            draw_column("text", "Text", report, file, columns.text)
            draw_column("label", "Label", report, file, columns.label)
            draw_column("stars", "Stars", report, file, columns.stars, none=_NONE)
        draw_labels(report, file)
    draw_notes(report.notes[1:])  # the first one stands above the rows
    if report.places:
        with st.expander(
            f"Rows to look at: {len(report.places):,}", icon=":material/rule:", key="data_rows"
        ):
            _draw_places(report.places)


def _draw_places(places: Sequence[TableFault]) -> None:
    # A table wraps its cells, on the narrowest screen too; a dataframe cuts them.
    with st.container(key="data_places"):
        st.table(
            {
                "Where": [_place(place) for place in places],
                "What": [as_markdown(place.message) for place in places],
            },
            hide_index=True,
            height="content" if len(places) <= _SHOWN_AT_ONCE else _TABLE_HEIGHT,
        )
    st.caption("Where the first row names the columns, it is row 1; lines are a text editor's.")


def _place(fault: TableFault) -> str:
    if fault.row is None:
        return f"The{_NO_BREAK}file"
    line = "" if fault.line in (None, fault.row) else f" (line{_NO_BREAK}{fault.line:,})"
    return f"Row{_NO_BREAK}{fault.row:,}{line}"


def _draw_use(studio: Studio, upload: Upload, usable: tuple[int, int], file: UploadedFile) -> None:
    negative, positive = usable
    st.markdown(
        f"**{sum(usable):,}** reviews can be used: {positive:,} positive, {negative:,} negative."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Name", stem(upload.name)[:LONGEST_NAME], max_chars=LONGEST_NAME,
            key=f"data_name_{file.file_id}", width=360,
        )  # fmt: skip
        clicked = st.button("Make it a source", type="primary", key="data_make",
                            icon=":material/add:", disabled=not (name or "").strip())  # fmt: skip
    if clicked and name:
        st.session_state.pop(_JUST_ADDED, None)  # it praised the one before
        studio.uploads.add(upload, name, file.getvalue(), visitor=this_visitor().mark)
        st.rerun()
    if upload.adding is not None and upload.adding.error is not None:
        draw_error(upload.adding)


def _forget_file() -> None:
    """Empty the uploader: the file has become a source."""
    st.session_state.pop(_UPLOADED, None)
    st.session_state[_FILES] = st.session_state.get(_FILES, 0) + 1
