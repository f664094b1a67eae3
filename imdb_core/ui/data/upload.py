"""The user's own reviews: upload a file, see what is wrong with it, use it, delete it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

import streamlit as st
from streamlit.typing import UploadedFile

from imdb_core.data import CsvChoices, CsvReport, SourceStatus
from imdb_core.data.csv_reviews import LEAST_OF_A_CLASS, MAX_CHARACTERS, MAX_ROWS
from imdb_core.data.csv_text import DELIMITERS, ENCODINGS, MAX_BYTES
from imdb_core.data.own_reviews import LONGEST_NAME, SPLIT_RULE
from imdb_core.data.uploads import Upload
from imdb_core.errors import CsvFault, PreparationCancelledError, StudioError
from imdb_core.jobs import Job
from imdb_core.studio import Studio
from imdb_core.ui.data.view import DAMAGED
from imdb_core.ui.progress import draw_progress
from imdb_core.ui.train.settings_form import set_values
from imdb_core.ui.wording import as_markdown

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
    st.markdown("##### Your own reviews")
    own = [status for status in studio.library.statuses() if status.is_own]
    for status in own:
        _draw_own(studio, status)
    with st.expander(
        "Add reviews from a CSV file", icon=":material/upload_file:", key="data_add",
        expanded=not own or st.session_state.get(_UPLOADED) is not None,
    ):  # fmt: skip
        _draw_add(studio)


def _draw_own(studio: Studio, status: SourceStatus) -> None:
    with st.container(border=True, key=f"own_{status.source}"):
        st.markdown(f"**{as_markdown(status.title)}**")
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
                "Use for training", key=f"use_{status.source}", icon=":material/play_arrow:"
            ):
                set_values(source=status.source)
                st.switch_page("app.py")
            with st.popover("Delete", icon=":material/delete:", key=f"ask_{status.source}"):
                st.markdown(_loss(studio, status))
                if st.button("Delete for good", key=f"delete_{status.source}", type="primary"):
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
        "The first row names the columns: a text, a label (0/1, neg/pos, negative/positive, "
        "false/true, or stars), and if you like stars from 1 to 10. What parts the columns "
        "(comma, semicolon, tab or bar), and how the letters are encoded, is found out."
    )
    st.caption(
        f"Up to {MAX_BYTES >> 20} MB, {MAX_ROWS:,} rows, {MAX_CHARACTERS:,} characters a text; "
        f"at least {LEAST_OF_A_CLASS} reviews of each class. The file stays on the computer that "
        "runs this program."
    )
    file = st.file_uploader(
        "CSV file", type=["csv", "tsv", "txt"], key=f"data_file_{st.session_state.get(_FILES, 0)}",
        max_upload_size=MAX_BYTES >> 20,
    )  # fmt: skip
    if file is None:
        st.session_state.pop(_UPLOADED, None)
        st.download_button("An example to fill in", _EXAMPLE, "reviews.csv", "text/csv",
                           type="tertiary", icon=":material/download:")  # fmt: skip
        return
    st.session_state[_UPLOADED] = file.file_id
    choices = st.session_state.get(f"choices_{file.file_id}", CsvChoices())
    upload = studio.uploads.get(file.file_id, file.name, file.getvalue(), choices)
    _draw_upload(studio, upload, file, choices)


def _draw_upload(studio: Studio, upload: Upload, file: UploadedFile, choices: CsvChoices) -> None:
    if upload.is_busy:
        job = upload.adding or upload.check
        assert job is not None
        draw_progress(job, key="uploading", at_first="Waiting")
        st.button("Cancel", key="cancel_upload", on_click=job.stop)
        return
    if upload.source is not None:
        st.session_state[_JUST_ADDED] = upload.source
        _forget_file()
        st.rerun()
    if upload.check is not None and upload.check.error is not None:
        _draw_error(upload.check)
    if upload.report is None:
        return
    _draw_report(upload.report, upload.usable, file.file_id, choices)
    if upload.usable is not None:
        _draw_name(studio, upload, file)


def _draw_report(
    report: CsvReport, usable: tuple[int, int] | None, file_id: str, choices: CsvChoices
) -> None:
    if report.header:
        delimiter = DELIMITERS.get(report.delimiter, report.delimiter)
        st.markdown(
            f"**{report.rows:,}** rows, columns parted by a {delimiter}, "
            f"encoding {as_markdown(report.encoding)}."
        )
        _draw_columns(report, file_id, choices)
        _draw_preview(report, usable)
    if report.faults:
        count = f"{len(report.faults):,} fault" + ("s" if len(report.faults) > 1 else "")
        st.error(
            f"{count} to mend before the file can be used. Mend and upload it again, "
            "or choose other columns.",
            icon=":material/error:",
        )
        _draw_places(report.faults, "data_faults")
    if report.warnings:
        noted = len(report.warnings)
        st.warning(
            "Something to know." if noted == 1 else f"{noted:,} things to know.",
            icon=":material/info:",
        )
        _draw_places(report.warnings, "data_warnings")


def _draw_columns(report: CsvReport, file_id: str, choices: CsvChoices) -> None:
    """Selections for what was found out; a change has the file checked anew."""
    names = list(dict.fromkeys(report.header))
    found = {what: None if at is None else report.header[at] for what, at in report.columns.items()}
    text, label, stars, delimiter, encoding = st.columns(5)
    with text:
        text_name = _select("Text", names, found.get("text"), f"text_{file_id}")
    with label:
        label_name = _select("Label", names, found.get("label"), f"label_{file_id}")
    with stars:
        stars_name = _select(
            "Stars", [_NONE, *names], found.get("stars") or _NONE, f"stars_{file_id}"
        )
    with delimiter:
        parted = _select(
            "Delimiter", list(DELIMITERS.values()), DELIMITERS.get(report.delimiter),
            f"delimiter_{file_id}",
        )  # fmt: skip
    with encoding:
        written = _select(
            "Encoding", list(dict.fromkeys([report.encoding, *ENCODINGS])), report.encoding,
            f"encoding_{file_id}",
        )  # fmt: skip
    chosen = CsvChoices(
        text=text_name if text_name != found.get("text") else choices.text,
        label=label_name if label_name != found.get("label") else choices.label,
        stars=choices.stars
        if stars_name == (found.get("stars") or _NONE)
        else ("" if stars_name == _NONE else stars_name),
        delimiter=choices.delimiter
        if parted == DELIMITERS.get(report.delimiter)
        else next(sign for sign, name in DELIMITERS.items() if name == parted),
        encoding=choices.encoding if written == report.encoding else written,
    )
    if chosen != choices:
        st.session_state[f"choices_{file_id}"] = chosen
        st.rerun()


def _select(label: str, options: Sequence[str], found: str | None, key: str) -> str | None:
    at = None if found is None or found not in options else list(options).index(found)
    return st.selectbox(label, options, index=at, key=f"data_{key}_{found}", placeholder="Choose")


def _draw_preview(report: CsvReport, usable: tuple[int, int] | None) -> None:
    if not report.preview:
        return
    width = len(report.header)
    rows = [row[:width] + [""] * (width - len(row)) for row in report.preview]
    names = [
        f"{name} ({at + 1})" if report.header.count(name) > 1 or not name else name
        for at, name in enumerate(report.header)
    ]
    st.caption("The first rows")
    st.dataframe(
        {name: [row[at] for row in rows] for at, name in enumerate(names)},
        hide_index=True, key="data_preview",
    )  # fmt: skip
    if usable is not None:
        negative, positive = usable
        st.markdown(
            f"**{sum(usable):,}** reviews can be used: {positive:,} positive, "
            f"{negative:,} negative."
        )


def _draw_places(faults: Sequence[CsvFault], key: str) -> None:
    # A table wraps its cells, on the narrowest screen too; a dataframe cuts them.
    with st.container(key=key):
        st.table(
            {
                "Where": [_place(fault) for fault in faults],
                "What": [as_markdown(fault.message) for fault in faults],
            },
            hide_index=True,
            height="content" if len(faults) <= _SHOWN_AT_ONCE else _TABLE_HEIGHT,
        )
    if any(fault.row is not None for fault in faults):
        st.caption("The column names are row 1; lines are those of a text editor.")


def _place(fault: CsvFault) -> str:
    if fault.row is None:
        return f"The{_NO_BREAK}file"
    line = "" if fault.line == fault.row else f" (line{_NO_BREAK}{fault.line:,})"
    return f"Row{_NO_BREAK}{fault.row:,}{line}"


def _draw_name(studio: Studio, upload: Upload, file: UploadedFile) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Name", PurePath(upload.name).stem[:LONGEST_NAME], max_chars=LONGEST_NAME,
            key=f"data_name_{file.file_id}", width=360,
        )  # fmt: skip
        clicked = st.button("Make it a source", type="primary", key="data_make",
                            icon=":material/add:", disabled=not (name or "").strip())  # fmt: skip
    if clicked and name:
        st.session_state.pop(_JUST_ADDED, None)  # it praised the one before
        studio.uploads.add(upload, name, file.getvalue())
        st.rerun()
    if upload.adding is not None and upload.adding.error is not None:
        _draw_error(upload.adding)


def _draw_error(job: Job) -> None:
    error = job.error
    if isinstance(error, PreparationCancelledError):
        st.info(as_markdown(str(error)))
    elif isinstance(error, StudioError):
        st.error(as_markdown(str(error)), icon=":material/error:")
    else:
        st.error("This failed unexpectedly; the program's log has the rest.")


def _forget_file() -> None:
    """Empty the uploader: the file has become a source."""
    st.session_state.pop(_UPLOADED, None)
    st.session_state[_FILES] = st.session_state.get(_FILES, 0) + 1
