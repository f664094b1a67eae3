"""A file of reviews, scored beside the page."""

from __future__ import annotations

import secrets
from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from imdb_core.scoring import Score, Scorer
from imdb_core.scoring.batch import FileScoring, ScoredTable
from imdb_core.scoring.calibration import Calibration
from imdb_core.scoring.tables import ROW_LIMIT, FileFormat, guess_format, read_head
from imdb_core.studio import the_studio
from imdb_core.ui import frame
from imdb_core.ui.progress import draw_progress
from imdb_core.ui.score.charts import CHART_CONFIG, scores_figure
from imdb_core.ui.score.state import files, keep_file
from imdb_core.ui.visitor import visitor_id
from imdb_core.ui.wording import as_markdown

_LARGEST_MB = 200
_ROWS_SHOWN = 1000
_TEXT_SHOWN = 300
_CELL_SHOWN = 120
_UPLOADS = "uploads"
_ORDERS = ("As in the file", "Most positive", "Most negative", "Unsure", "Not scored")


def draw_many(scorer: Scorer, calibration: Calibration | None) -> None:
    """Choose a file and a column; then watch, look and download."""
    scoring = files.get(visitor_id())
    if scoring is not None and not scoring.is_done:
        _draw_progress(scoring)
        return
    if scoring is not None:
        _draw_end(scoring, calibration)
    with frame.errors_as_sentences():
        _draw_upload(scorer)


def _draw_upload(scorer: Scorer) -> None:
    uploaded = st.file_uploader(
        "A CSV file, or a text file with one review a line",
        type=["csv", "tsv", "txt"],
        max_upload_size=_LARGEST_MB,
        help=f"Up to {ROW_LIMIT:,} rows. It stays on the computer that runs this page.",
        # Another key lets go of the file once its rows are in work.
        key=f"upload_{st.session_state.get(_UPLOADS, 0)}",
    )
    if uploaded is None:
        return
    content = uploaded.getvalue()
    format = guess_format(uploaded.name, content)
    has_header = st.checkbox(
        "The first row names the columns", value=format.has_header, key=f"header_{uploaded.file_id}"
    )
    format = replace(format, has_header=has_header)
    head = read_head(content, format)
    st.caption(as_markdown(f"Read as {format.words}. The first rows:"))
    st.dataframe(
        [
            {name: cell[:_CELL_SHOWN] for name, cell in zip(head.columns, row, strict=False)}
            for row in head.rows
        ],
        hide_index=True,
        key="file_head",
    )
    column_key = f"file_column_{uploaded.file_id}"  # another file has other columns
    with st.container(horizontal=True, vertical_alignment="bottom"):
        column = st.selectbox(
            "Column with the reviews",
            range(len(head.columns)),
            index=head.guess_text_column(),
            format_func=head.columns.__getitem__,
            key=column_key,
        )
        # A callback: a rerun that another part of the page asks for would lose the click.
        st.button(
            "Score all rows",
            type="primary",
            icon=":material/playlist_play:",
            key="score_file",
            on_click=_score_file,
            args=(uploaded.name, content, format, column, column_key, scorer),
        )


def _score_file(
    name: str, content: bytes, format: FileFormat, column: int, column_key: str, scorer: Scorer
) -> None:
    # What is chosen by now may be another column than when the button was drawn; it is not known
    # where the page has been left, or the browser has not told yet what it shows.
    column = st.session_state.get(column_key, column)
    visitor = visitor_id()
    scoring = FileScoring(
        the_studio().files,
        id=f"{visitor}-{secrets.token_hex(4)}",
        name=name,
        content=content,
        format=format,
        column=column,
        scorer=scorer,
    )
    keep_file(visitor, scoring)
    st.session_state[_UPLOADS] = st.session_state.get(_UPLOADS, 0) + 1


def _draw_progress(scoring: FileScoring) -> None:
    at_first = "Waiting for another file" if scoring.place else "Reading the file"
    draw_progress(scoring.job, key="scoring_file", at_first=at_first)
    if st.button("Cancel", icon=":material/close:", key="cancel_file"):
        scoring.cancel()


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
            file_name=f"{result.name.rpartition('.')[0] or 'reviews'}_scored.csv",
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
