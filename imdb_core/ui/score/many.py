"""A file of reviews, scored beside the page."""

from __future__ import annotations

import secrets

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.typing import UploadedFile

from imdb_core.data import TableReport
from imdb_core.data.tables.packing import stem
from imdb_core.data.tables.table import MAX_ROWS
from imdb_core.data.uploads import SCORED_BYTES
from imdb_core.scoring import Score, Scorer
from imdb_core.scoring.batch import FileScoring, ScoredTable
from imdb_core.scoring.calibration import Calibration
from imdb_core.studio import Studio, the_studio
from imdb_core.ui import frame
from imdb_core.ui.progress import draw_progress
from imdb_core.ui.score.charts import CHART_CONFIG, scores_figure
from imdb_core.ui.score.state import files, keep_file
from imdb_core.ui.table_preview import (
    KINDS_OF_FILES,
    choices_of,
    draw_column,
    draw_error,
    draw_notes,
    draw_reading,
    draw_work,
    looked_at,
)
from imdb_core.ui.visitor import visitor_id
from imdb_core.ui.wording import as_markdown

_ROWS_SHOWN = 1000
_TEXT_SHOWN = 300
_UPLOADS = "uploads"
_ORDERS = ("As in the file", "Most positive", "Most negative", "Unsure", "Not scored")


def draw_many(studio: Studio, scorer: Scorer, calibration: Calibration | None) -> None:
    """Choose a file and a column; then watch, look and download."""
    scoring = files.get(visitor_id())
    if scoring is not None and not scoring.is_done:
        _draw_progress(scoring)
        return
    if scoring is not None:
        _draw_end(scoring, calibration)
    with frame.errors_as_sentences():
        _draw_upload(studio, scorer)


def _draw_upload(studio: Studio, scorer: Scorer) -> None:
    file = st.file_uploader(
        "A file of reviews",
        max_upload_size=SCORED_BYTES >> 20,
        help=f"{KINDS_OF_FILES}, or a text file with one review a line; up to {MAX_ROWS:,} rows. "
        "It stays on the computer that runs this page.",
        # Another key lets go of the file once its rows are in work.
        key=f"upload_{st.session_state.get(_UPLOADS, 0)}",
    )
    if file is None:
        return
    upload = looked_at(studio.uploads, file, is_to_score=True)
    if upload.is_busy:
        draw_work(upload)
        return
    if upload.check is not None and upload.check.error is not None:
        draw_error(upload.check)
    if upload.report is not None:
        _draw_report(upload.report, file, scorer)


def _draw_report(report: TableReport, file: UploadedFile, scorer: Scorer) -> None:
    for fault in report.faults:
        st.error(as_markdown(fault.message), icon=":material/error:")
    draw_reading(report, file)
    if report.table is None or report.columns.text is None:
        return
    draw_notes(report.notes[1:])  # the first one stands above the rows
    with st.container(horizontal=True, vertical_alignment="bottom"):
        draw_column("text", "Column with the reviews", report, file, report.columns.text)
        # A callback: a rerun that another part of the page asks for would lose the click.
        st.button(
            "Score all rows",
            type="primary",
            icon=":material/playlist_play:",
            key="score_file",
            on_click=_score_file,
            args=(file, scorer),
        )


def _score_file(file: UploadedFile, scorer: Scorer) -> None:
    # What is chosen by now may be another column than when the button was drawn.
    visitor = visitor_id()
    scoring = FileScoring(
        the_studio().files,
        id=f"{visitor}-{secrets.token_hex(4)}",
        name=file.name,
        content=file.getvalue(),
        choices=choices_of(file),
        scorer=scorer,
    )
    keep_file(visitor, scoring)
    st.session_state[_UPLOADS] = st.session_state.get(_UPLOADS, 0) + 1


def _draw_progress(scoring: FileScoring) -> None:
    at_first = "Waiting for another file" if scoring.place else "Reading the file"
    draw_progress(scoring.job, key="scoring_file", at_first=at_first)
    st.button("Cancel", icon=":material/close:", key="cancel_file", on_click=scoring.cancel)


def _draw_end(scoring: FileScoring, calibration: Calibration | None) -> None:
    if scoring.error is not None:
        frame.show_error(scoring.error)
    elif scoring.was_cancelled:
        st.info(as_markdown(f"{scoring.name} was cancelled; nothing of it was kept."))
    elif scoring.result is not None:
        _draw_result(scoring.result, calibration)


def _draw_result(result: ScoredTable, calibration: Calibration | None) -> None:
    probabilities = result.probabilities
    is_scored = ~np.isnan(probabilities)
    positive = int(np.sum(probabilities[is_scored] > 0.5))
    scored = int(is_scored.sum())
    failed = len(probabilities) - scored
    sentence = f"{result.name}: {scored:,} rows scored by {result.judge}; {positive:,} positive, "
    sentence += f"{scored - positive:,} negative"
    sentence += f"; {failed:,} could not be scored." if failed else "."
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(as_markdown(sentence))
        st.download_button(
            "Download as CSV",
            data=result.as_csv,
            file_name=f"{stem(result.name)}_scored.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="download_scores",
        )
    if scored:
        st.plotly_chart(
            scores_figure(probabilities[is_scored].tolist()),
            key="file_scores",
            config=CHART_CONFIG,
            alt="How many rows got which P(positive).",
        )
    order = st.segmented_control(
        "Rows", _ORDERS, default=_ORDERS[0], required=True, key="file_order"
    )
    rows = _ordered(probabilities, order or _ORDERS[0], calibration)
    st.dataframe(
        [_row(result, int(row)) for row in rows[:_ROWS_SHOWN]],
        hide_index=True,
        key="file_rows",
        column_config={"P(positive)": st.column_config.NumberColumn(format="percent")},
    )
    if len(rows) > _ROWS_SHOWN:
        st.caption(f"The first {_ROWS_SHOWN:,} of {len(rows):,}; the download has them all.")


def _ordered(
    probabilities: NDArray[np.float64], order: str, calibration: Calibration | None
) -> NDArray[np.int64]:
    """Rows in the order that was chosen, those that it is not about left out."""
    rows = np.arange(len(probabilities))
    if order == "As in the file":
        return rows
    missing = np.isnan(probabilities)
    if order == "Not scored":
        return rows[missing]
    scored = rows[~missing]
    values = probabilities[scored]
    if order == "Unsure":
        band = calibration.unsure if calibration else None
        if band is not None:
            scored = scored[(values >= band.low) & (values <= band.high)]
        return scored[np.argsort(np.abs(probabilities[scored] - 0.5), kind="stable")]
    return scored[np.argsort(-values if order == "Most positive" else values, kind="stable")]


def _row(result: ScoredTable, row: int) -> dict[str, object]:
    found = result.results[row]
    is_score = isinstance(found, Score)
    return {
        "Row": row + 1,
        "P(positive)": found.probability if isinstance(found, Score) else None,
        "Review": result.text(row)[:_TEXT_SHOWN],
        "Not scored because": "" if is_score else str(found),
        "Words read": found.words_read if isinstance(found, Score) else None,
        "Unknown": found.words_unknown if isinstance(found, Score) else None,
    }
