"""How a brought file was read: its first rows, and what was guessed, to be changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st
from streamlit.typing import UploadedFile

from imdb_core.data import TableChoices, TableReport
from imdb_core.data.tables import Format
from imdb_core.data.tables.decoding import ENCODINGS
from imdb_core.data.tables.table import DELIMITERS
from imdb_core.data.uploads import Upload, Uploads
from imdb_core.errors import PreparationCancelledError, StudioError
from imdb_core.jobs import Job
from imdb_core.ui.progress import draw_progress
from imdb_core.ui.wording import as_markdown

KINDS_OF_FILES = "CSV, TSV, JSON, JSON lines or Parquet, also as .zip or .gz"

_WAIT_S = 0.2  # most files are read by then, and nothing flickers


def choices_of(file: UploadedFile) -> TableChoices:
    """What the visitor has chosen about a file so far."""
    chosen = st.session_state.get(_key(file.file_id))
    return chosen if isinstance(chosen, TableChoices) else TableChoices()


def choose(file_id: str, **changes: Any) -> None:  # noqa: ANN401 - fields of TableChoices
    """Have a file read again with some choices changed."""
    chosen = st.session_state.get(_key(file_id), TableChoices())
    st.session_state[_key(file_id)] = replace(chosen, **changes)


def looked_at(uploads: Uploads, file: UploadedFile, *, is_to_score: bool = False) -> Upload:
    """The file under the visitor's choices; it may still be at work."""
    upload = uploads.get(
        file.file_id, file.name, file.getvalue(), choices_of(file), is_to_score=is_to_score
    )
    if upload.check is not None:
        upload.check.wait(_WAIT_S)
    return upload


def draw_work(upload: Upload) -> None:
    """How far the work with a file is, and a way to end it; the page is drawn again at its end."""
    job = upload.adding or upload.check  # the one at work, or just done
    if job is not None:
        draw_progress(job, key="table_work", at_first="Waiting")
        st.button("Cancel", key="cancel_upload", on_click=job.stop)


def draw_error(job: Job) -> None:
    """Why the work with a file has failed."""
    error = job.error
    if isinstance(error, PreparationCancelledError):
        st.info(as_markdown(str(error)))
    elif isinstance(error, StudioError):
        st.error(as_markdown(str(error)), icon=":material/error:")
    else:
        st.error("This failed unexpectedly; the program's log has the rest.")


def draw_reading(report: TableReport, file: UploadedFile) -> None:
    """Switches for how the file is taken apart, and its first rows."""
    if choices_of(file) != TableChoices():
        st.button(
            "Undo my choices", type="tertiary", icon=":material/undo:", key="table_undo",
            on_click=_undo, args=(file.file_id,),
        )  # fmt: skip
    if report.table is None:
        return
    format = report.table.format
    st.markdown(f"**{report.rows:,}** rows. The file is read as {as_markdown(format.words)}.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _draw_switches(report, format, file.file_id)
    _draw_rows(report)


def _draw_switches(report: TableReport, format: Format, file_id: str) -> None:
    if format.kind in ("CSV", "lines"):
        parted = DELIMITERS.get(format.delimiter)
        _select(
            "Cells are separated by a", list(DELIMITERS.values()), parted, f"delimiter_{file_id}",
            lambda name: _read_as(
                file_id, delimiter=next(sign for sign in DELIMITERS if DELIMITERS[sign] == name)
            ),
        )  # fmt: skip
    if format.kind != "Parquet":
        _select(
            "Encoding", list(dict.fromkeys([format.encoding, *ENCODINGS])), format.encoding,
            f"encoding_{file_id}", lambda name: _read_as(file_id, encoding=name),
        )  # fmt: skip
    if format.kind in ("CSV", "lines"):
        _toggle(
            "The first row names the columns", format.has_header, f"header_{file_id}",
            lambda is_on: _read_as(file_id, has_header=is_on),
        )  # fmt: skip
    are_text = format.quotes == "text"
    if are_text or report.spanning or any("quote" in place.message for place in report.places):
        _toggle(
            "Quotation marks are text", are_text, f"quotes_{file_id}",
            lambda is_on: _read_as(file_id, quotes_are_text=is_on),
            help="Switch it on where rows have run into one another.",
        )  # fmt: skip


def _draw_rows(report: TableReport) -> None:
    assert report.table is not None
    names = report.table.columns
    rows = [[*row, *[""] * len(names)] for row in report.preview]
    st.caption("The first rows")
    st.dataframe(
        {name: [row[at] for row in rows] for at, name in enumerate(names)},
        hide_index=True,
        key="table_rows",
    )


def draw_column(
    what: str,
    label: str,
    report: TableReport,
    file: UploadedFile,
    at: int | None,
    *,
    none: str | None = None,
) -> None:
    """A choice of the column that holds `what`; `none`, if given, is that there is no such one."""
    assert report.table is not None
    names = list(report.table.columns)
    found = none if at is None else names[at]
    changes: dict[str, Any] = {"meanings": ()} if what == "label" else {}
    _select(
        label, names if none is None else [none, *names], found, f"{what}_{file.file_id}",
        lambda name: choose(file.file_id, **{what: "" if name == none else name}, **changes),
    )  # fmt: skip


def draw_notes(notes: Sequence[str]) -> None:
    """All that was guessed or left out, a line each."""
    with st.container(key="table_notes", gap="xxsmall"):
        for note in notes:
            st.caption(f":material/info: {as_markdown(note)}")


def _select(
    label: str,
    options: Sequence[str],
    found: str | None,
    key: str,
    on_choice: Callable[[str], None],
) -> None:
    # The key holds what was found: another finding is another default.
    key = f"table_{key}_{found}"
    st.selectbox(
        label, options, index=None if found is None else list(options).index(found), key=key,
        placeholder="Choose", on_change=_told, args=(key, on_choice), width=220,
    )  # fmt: skip


def _toggle(
    label: str, is_on: bool, key: str, on_choice: Callable[[bool], None], help: str | None = None
) -> None:
    key = f"table_{key}_{is_on}"
    st.toggle(label, is_on, key=key, on_change=_told, args=(key, on_choice), help=help)


def _told(key: str, on_choice: Callable[[Any], None]) -> None:
    value = st.session_state.get(key)
    if value is not None:
        on_choice(value)


def _read_as(file_id: str, **changes: Any) -> None:  # noqa: ANN401 - fields of ReadChoices
    """Read the file otherwise: its columns may be others then."""
    choose(file_id, **changes, text=None, label=None, stars=None, meanings=())


def _undo(file_id: str) -> None:
    st.session_state.pop(_key(file_id), None)


def _key(file_id: str) -> str:
    return f"table_choices_{file_id}"
