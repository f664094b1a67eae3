"""A file of reviews as a table, whatever it was written by: CSV, TSV, lines, JSON, Parquet."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from imdb_core.data.progress import Progress, Watch
from imdb_core.data.tables.columns import KNOWN_NAMES, plain_name
from imdb_core.data.tables.decoding import Decoded, decode
from imdb_core.data.tables.delimited import (
    Reading,
    declared_delimiter,
    detect_delimiter,
    lines_of,
    read_delimited,
)
from imdb_core.data.tables.header import looks_like_names
from imdb_core.data.tables.packing import MAX_BYTES, unpack
from imdb_core.data.tables.structured import PARQUET, Objects, read_json, read_parquet
from imdb_core.data.tables.table import (
    MAX_COLUMNS,
    MAX_ROWS,
    Format,
    Row,
    Table,
    counted,
    listed,
    unique,
)
from imdb_core.errors import TableError

_MOST = MAX_ROWS + 2  # the names, and one too many
_LABELLED_LINE = re.compile(r"(__label__\S+)\s+(.*)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class ReadChoices:
    """How to take a file apart; what is None is guessed."""

    delimiter: str | None = None
    encoding: str | None = None
    has_header: bool | None = None
    quotes_are_text: bool | None = None


def read_table(
    content: bytes,
    name: str,
    choices: ReadChoices | None = None,
    watch: Watch | None = None,
    *,
    max_bytes: int = MAX_BYTES,
) -> Table:
    """All rows of a file, packed or not, those that cannot be used too, each with its fault.

    What its name ends in decides nothing but whether lines of a .txt file are reviews.

    Args:
        content: the file.
        name: the file's.
        choices: what not to guess.
        watch: hears how far it is, and may cancel.
        max_bytes: of the file, and of what is packed in it.

    Raises:
        TableError: it cannot be read as a table, is too large, or has no row.
        PreparationCancelledError: cancelled through `watch`.
    """
    choices, watch = choices or ReadChoices(), watch or Watch()
    watch.report(Progress(stage="Reading the file"))
    name, content, notes = unpack(content, name, max_bytes)
    if content.startswith(PARQUET):
        objects = read_parquet(content, name, watch, most=_MOST, max_bytes=max_bytes)
        return _of_objects(name, objects, "", notes)
    decoded = decode(content, name, choices.encoding)
    if not decoded.text.strip():
        raise TableError.of(f"{name} is empty. Choose a file with a review in each row.")
    notes = (*notes, *decoded.notes)
    parsed = read_json(decoded.text, name, watch, most=_MOST)
    if parsed is not None:
        return _of_objects(name, parsed, decoded.encoding, notes)
    return _of_text(name, decoded, notes, choices, watch)


def _of_objects(name: str, objects: Objects, encoding: str, notes: tuple[str, ...]) -> Table:
    _check_rows(objects.rows, name)
    return Table(
        name=name,
        format=Format(kind=objects.kind, encoding=encoding),
        columns=unique(objects.names),
        rows=objects.rows,
        notes=(*notes, *objects.notes),
    )


def _of_text(
    name: str, decoded: Decoded, notes: tuple[str, ...], choices: ReadChoices, watch: Watch
) -> Table:
    text, declared = decoded.text, declared_delimiter(decoded.text)
    if declared is not None:
        text = text[declared[1] :]
    delimiter = choices.delimiter or (declared[0] if declared else _delimiter(text, name))
    if delimiter is None:
        return _of_lines(name, decoded, notes, choices)
    reading = read_delimited(
        text, delimiter, watch, quotes_are_text=choices.quotes_are_text, most=_MOST
    )
    rows = reading.rows
    if declared is not None:
        rows = [row._replace(line=(row.line or 0) + 1) for row in rows]
    if not rows:
        raise TableError.of(f"{name} is empty. Choose a file with a review in each row.")
    first = rows[0].cells
    has_header = choices.has_header
    if has_header is None:
        has_header = not rows[0].fault and looks_like_names(first, rows[1:])
    width = _width(rows, has_header)
    names = list(first) if has_header else []
    if has_header and width == len(names) + 1:
        names.insert(0, "")  # R names no column of row numbers
    names += [""] * (width - len(names)) if not has_header else []
    _check_width(len(names))
    body = [_checked(row, len(names)) for row in (rows[1:] if has_header else rows)]
    _check_rows(body, name)
    format = Format(
        kind="CSV", encoding=decoded.encoding, delimiter=delimiter, has_header=has_header,
        quotes=reading.quotes,
    )  # fmt: skip
    columns = unique(names)
    notes = (*notes, *_quote_notes(reading, rows[1:] if has_header else rows, columns))
    if not has_header and choices.has_header is None:
        notes = (*notes, "The first row is taken for a review: it does not name the columns.")
    return Table(name=name, format=format, columns=columns, rows=body, notes=notes)


def _delimiter(text: str, name: str) -> str | None:
    """What parts the cells; None if each line, or quoted text, is a review."""
    found = detect_delimiter(text)
    if found is not None and name.lower().endswith(".txt") and found != "\t":
        first = next(lines_of(text)).split(found)
        if not any(plain_name(cell.strip(' "\r\n')) in KNOWN_NAMES for cell in first):
            found = None  # commas of sentences
        return found
    # One column may be quoted where it holds commas or line breaks.
    return found or ("," if text.lstrip().startswith('"') or '\n"' in text else None)


def _of_lines(name: str, decoded: Decoded, notes: tuple[str, ...], choices: ReadChoices) -> Table:
    rows = [
        Row(number, number, [line.rstrip("\r\n")])
        for number, line in enumerate(lines_of(decoded.text), start=1)
        if line.strip()
    ]
    labelled = [_LABELLED_LINE.match(row.cells[0]) for row in rows]
    if all(labelled):
        rows = [row._replace(cells=[found[1], found[2]])
                for row, found in zip(rows, labelled, strict=True) if found]  # fmt: skip
        names, has_header = ["label", "text"], False
        notes = (*notes, "Each line is a label and a text, as fastText writes them.")
    else:
        said = choices.has_header
        has_header = looks_like_names(rows[0].cells, rows[1:]) if said is None else said
        names = [rows[0].cells[0] if has_header else "review"]
    body = rows[1:] if has_header else rows
    _check_rows(body, name)
    format = Format(kind="lines", encoding=decoded.encoding, has_header=has_header)
    return Table(name=name, format=format, columns=unique(names), rows=body, notes=notes)


def _width(rows: Sequence[Row], has_header: bool) -> int:
    """How many cells most rows have; in doubt as many as the names."""
    widths = Counter(len(row.cells) for row in rows if not row.fault)
    width = widths.most_common(1)[0][0] if widths else len(rows[0].cells)
    named = len(rows[0].cells)
    if has_header and not (width == named + 1 and _are_numbered(rows[1:], width)):
        return named
    return width


def _are_numbered(rows: Sequence[Row], width: int) -> bool:
    """Whether rows begin with numbers, of which R gives the column no name."""
    whole = [row.cells[0].strip() for row in rows if len(row.cells) == width]
    return sum(cell.isdecimal() for cell in whole) > len(whole) / 2


def _checked(row: Row, width: int) -> Row:
    fault, cells = row.fault, row.cells
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        row = row._replace(cells=cells[:width])  # spreadsheets end rows with empty cells
    if not fault and len(row.cells) != width:
        fault = f"the row has {counted(len(row.cells), 'cell')}, not {width}"
        if row.lines > 1:
            fault += f", and takes {row.lines} lines"
    if not fault and any("\0" in cell for cell in row.cells):
        fault = "holds a NUL byte, which no text has"
    return row._replace(fault=fault) if fault else row


def _quote_notes(reading: Reading, rows: Sequence[Row], columns: Sequence[str]) -> list[str]:
    if reading.quotes == "text":
        return ["Quotation marks are taken for text: read as signs around cells, they would make "
                "rows run into one another."]  # fmt: skip
    notes = []
    if reading.quotes == "escaped by a backslash":
        notes.append('A backslash before a quotation mark is no text: \\" is read as ".')
    spanning = [row for row in rows if row.lines > 1]
    if spanning:
        longest = max(spanning, key=lambda row: row.lines)
        at = max(range(len(longest.cells)), key=lambda at: longest.cells[at].count("\n"))
        where = f"{columns[at]!r} of " if at < len(columns) else ""
        notes.append(
            f"{counted(len(spanning), 'row')} with a cell over several lines ({listed(spanning)}); "
            f"the longest is {where}row {longest.number:,}, over {longest.lines:,} lines. If rows "
            "have run into one another there, read the quotation marks as text."
        )
    return notes


def _check_width(columns: int) -> None:
    if columns > MAX_COLUMNS:
        raise TableError.of(
            f"The first row has {columns:,} cells; the limit is {MAX_COLUMNS} columns. "
            "Keep text, label and stars, and leave the others out."
        )


def _check_rows(rows: Sequence[Row], name: str) -> None:
    if not rows:
        raise TableError.of(f"{name} has no row of reviews. Choose another file.")
    if len(rows) > MAX_ROWS:
        raise TableError.of(
            f"{name} has more than {MAX_ROWS:,} rows, the limit. Leave some out, or split it."
        )
