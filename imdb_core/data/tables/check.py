"""A file's reviews for training: what is taken for what, and what is left out, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from imdb_core.data.progress import Watch
from imdb_core.data.tables.columns import Columns, column_of, find_columns, find_text
from imdb_core.data.tables.packing import MAX_BYTES
from imdb_core.data.tables.read import read_table
from imdb_core.data.tables.report import TableChoices, TableReport
from imdb_core.data.tables.selection import Selection
from imdb_core.data.tables.table import Table, shown
from imdb_core.errors import TableError, TableFault

MAX_PLACES: Final = 1000
PREVIEWED: Final = 5


def check_table(
    content: bytes, name: str, choices: TableChoices | None = None, watch: Watch | None = None
) -> TableReport:
    """Read a file of reviews and say how it is understood, or why it cannot be used.

    Raises:
        PreparationCancelledError: cancelled through `watch`.
    """
    choices, watch = choices or TableChoices(), watch or Watch()
    try:
        table = read_table(content, name, choices, watch)
    except TableError as error:
        return TableReport(faults=error.faults)
    try:
        columns = find_columns(table, text=choices.text, label=choices.label, stars=choices.stars)
        faults = _missing(table, columns)
    except TableError as error:
        columns, faults = Columns(), error.faults
    selection = Selection(table, columns, choices, watch)
    if not faults:
        selection.select()
    return replace(
        _report(table, selection.columns, selection.notes),
        labels=selection.labels,
        places=_cut(selection.places),
        faults=faults + selection.faults,
        left_out=len(table.rows) - len(selection.reviews.texts),
        reviews=None if faults or selection.faults else selection.reviews,
    )


def look_at_table(
    content: bytes,
    name: str,
    choices: TableChoices | None = None,
    watch: Watch | None = None,
    *,
    max_bytes: int = MAX_BYTES,
) -> TableReport:
    """Read a file of reviews to be scored, without labels, and say how it is understood.

    Raises:
        PreparationCancelledError: cancelled through `watch`.
    """
    choices, watch = choices or TableChoices(), watch or Watch()
    try:
        table = read_table(content, name, choices, watch, max_bytes=max_bytes)
        text_at = text_column(table, choices)
    except TableError as error:
        return TableReport(faults=error.faults)
    return _report(table, Columns(text=text_at), [])


def text_column(table: Table, choices: TableChoices) -> int:
    """The column to score: the chosen one, else the likeliest.

    Raises:
        TableError: the chosen one is not there.
    """
    if choices.text is not None:
        return column_of(table, choices.text)
    return find_text(table) or 0


def _report(table: Table, columns: Columns, notes: Sequence[str]) -> TableReport:
    """What can be said of every table."""
    return TableReport(
        table=Table(name=table.name, format=table.format, columns=table.columns, rows=[]),
        preview=[row.cells for row in table.rows[:PREVIEWED]],
        rows=len(table.rows),
        spanning=sum(row.lines > 1 for row in table.rows),
        columns=columns,
        notes=[f"The file is read as {table.format.words}.", *table.notes, *notes],
    )


def _missing(table: Table, columns: Columns) -> list[TableFault]:
    """What a table lacks before any of its rows can be looked at."""
    named = ", ".join(shown(name) for name in table.columns[:12])
    if len(table.columns) < 2:
        return [TableFault(
            message="Only one column was found. Reviews to learn from need a text and a label: "
            "part them by a comma, semicolon, tab or vertical bar, and put texts that hold one "
            "into quotes.",
            options="--delimiter D",
        )]  # fmt: skip
    wanted = {"text": columns.text, "label": columns.label}
    return [
        TableFault(
            message=f"It is not plain which column holds the {what}; the columns are {named}. "
            "Choose it.",
            options=f"--{what} COLUMN",
        )
        for what, at in wanted.items() if at is None
    ]  # fmt: skip


def _cut(places: list[TableFault]) -> list[TableFault]:
    """In the file's order, and not without end."""
    places = sorted(places, key=lambda place: place.row or 0)
    if len(places) <= MAX_PLACES:
        return places
    rest = TableFault(message=f"And {len(places) - MAX_PLACES:,} more, which are not listed.")
    return [*places[:MAX_PLACES], rest]
