"""Files of reviews, as people have them: CSV of any delimiter and encoding, or a review a line."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice

from imdb_core.data.csv_columns import TEXT_NAMES
from imdb_core.data.csv_text import (
    DELIMITERS,
    MAX_COLUMNS,
    decode,
    detect_delimiter,
    limit_cells,
    lines_of,
)
from imdb_core.errors import CsvError, FileFaultError

ROW_LIMIT = 100_000
HEAD_BYTES = 1 << 18
LINES = ""
"""Instead of a delimiter: each line is a review."""

_SNIFFED_ROWS = 100
_LEAST_ALIKE = 0.6
_TEXT_NAMES = (*TEXT_NAMES, "message")
_LONGEST_NAME = 40


@dataclass(frozen=True, kw_only=True)
class FileFormat:
    """How to take a file apart.

    Attributes:
        encoding: Python's name for it.
        delimiter: between cells, or `LINES`.
        has_header: the first row names the columns.
    """

    encoding: str
    delimiter: str
    has_header: bool

    @property
    def words(self) -> str:
        """The format, as one says it."""
        name = "UTF-8" if self.encoding == "utf-8" else self.encoding.capitalize()
        if self.delimiter == LINES:
            return f"{name}, one review a line"
        return f"{name}, cells parted by {DELIMITERS[self.delimiter]}s"


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of cells.

    Attributes:
        format: how the file was taken apart.
        columns: their names, unique.
        rows: the cells of each row; a faulty row has more or fewer than `columns`.
    """

    format: FileFormat
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]

    def fault(self, row: int) -> str | None:
        """Why a row cannot be trusted, if so."""
        found, expected = len(self.rows[row]), len(self.columns)
        if found == expected:
            return None
        return (
            f"This row has {found:,} {'cell' if found == 1 else 'cells'}, not {expected}. "
            "Is a quotation mark missing?"
        )

    def guess_text_column(self) -> int:
        """The column that most likely holds the reviews: by its name, else the longest cells."""
        for name in _TEXT_NAMES:
            for index, column in enumerate(self.columns):
                if name in column.lower():
                    return index
        lengths: Counter[int] = Counter({index: 0 for index in range(len(self.columns))})
        for row in self.rows[:_SNIFFED_ROWS]:
            lengths.update({index: len(cell) for index, cell in enumerate(row)})
        return max(range(len(self.columns)), key=lengths.__getitem__)


def guess_format(name: str, content: bytes) -> FileFormat:
    """How to read a file, by its name and its first bytes.

    Raises:
        FileFaultError: it is empty, or no text.
    """
    text, encoding = _decode_head(content)
    if not text.strip("\ufeff \t\r\n"):
        raise FileFaultError(f"{name} is empty. Choose a file with a review in each row.")
    if "\0" in text:
        raise FileFaultError(
            f"{name} is no text file: it has zero bytes. Save it as CSV, in UTF-8."
        )
    delimiter = LINES if name.lower().endswith(".txt") else _guess_delimiter(text)
    has_header = _looks_like_header(_first_row(text, delimiter), delimiter)
    return FileFormat(encoding=encoding, delimiter=delimiter, has_header=has_header)


def read_head(content: bytes, format: FileFormat, rows: int = 5) -> Table:
    """The first rows, without looking at the rest of a large file."""
    text, _ = _decode_head(content)
    if len(content) > HEAD_BYTES:
        text = text[: text.rfind("\n") + 1] or text
    return _table(_records(text, format), format, rows)


def read_table(content: bytes, format: FileFormat) -> Table:
    """All rows.

    Where only a later byte shows that it is not UTF-8, the whole is read as Windows-1252.

    Raises:
        FileFaultError: more than 100,000 rows, none at all, or a quotation mark that is
            never closed.
    """
    decoded = decode(content)
    text, format = decoded.text, replace(format, encoding=decoded.encoding)
    if format.delimiter != LINES:
        _check_quotes(text, format.delimiter)
    table = _table(_records(text, format), format, ROW_LIMIT + 1)
    if not table.rows:
        raise FileFaultError("There is no row below the column names. Choose another file.")
    if len(table.rows) > ROW_LIMIT:
        raise FileFaultError(
            f"The file has more than {ROW_LIMIT:,} rows. Split it, and score the parts."
        )
    return table


def _decode_head(content: bytes) -> tuple[str, str]:
    """The first characters, and their encoding; the last of them may have been cut in two."""
    head = content[:HEAD_BYTES]
    most_cut = 4 if len(content) > HEAD_BYTES else 1
    decoded = None
    for cut in range(most_cut):
        try:
            decoded = decode(head[: len(head) - cut])
        except CsvError:
            if cut == most_cut - 1:
                raise
            continue
        if not decoded.is_guessed:
            break
    assert decoded is not None
    return decoded.text, decoded.encoding


def _guess_delimiter(text: str) -> str:
    """The delimiter by which most rows have as many cells as the first one, or one a line."""
    delimiter = detect_delimiter(text, frozenset(_TEXT_NAMES))
    with _faults_as_sentences():
        widths = [len(row) for row in islice(_rows(text, delimiter), _SNIFFED_ROWS)]
    alike = sum(width == widths[0] for width in widths) / max(len(widths), 1)
    if alike > _LEAST_ALIKE and widths[0] > 1:
        return delimiter
    # One column may be quoted where it holds commas or line breaks.
    return "," if '"' in text else LINES


def _first_row(text: str, delimiter: str) -> list[str]:
    text = text.lstrip("\ufeff")
    if delimiter == LINES:
        return [text.partition("\n")[0]]
    with _faults_as_sentences():
        return next(_rows(text, delimiter), [])


@contextmanager
def _faults_as_sentences() -> Iterator[None]:
    try:
        yield
    except csv.Error as error:
        raise FileFaultError(
            f"The file cannot be taken apart ({error}). Is a quotation mark never closed?"
        ) from error


def _looks_like_header(row: Sequence[str], delimiter: str) -> bool:
    """Whether the cells are short and no numbers; a lone one must be a name for reviews."""
    names = [cell.strip() for cell in row]
    if delimiter == LINES or len(names) == 1:
        return names[0].lower().removesuffix("s") in _TEXT_NAMES
    return all(0 < len(name) <= _LONGEST_NAME and not _is_number(name) for name in names)


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def _records(text: str, format: FileFormat) -> Iterator[list[str]]:
    text = text.removeprefix("\ufeff")
    if format.delimiter == LINES:
        lines = (line.rstrip("\r\n") for line in lines_of(text))
        return ([line] for line in lines if line.strip())
    return _rows(text, format.delimiter)


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """The rows that are not blank."""
    limit_cells()
    return (row for row in csv.reader(lines_of(text), delimiter=delimiter) if row)


def _table(records: Iterator[list[str]], format: FileFormat, most: int) -> Table:
    with _faults_as_sentences():
        first = next(records, [])
    if len(first) > MAX_COLUMNS:
        raise FileFaultError(
            f"The first row has {len(first):,} cells; the limit is {MAX_COLUMNS} columns. "
            "Keep the column with the reviews, and leave the others out."
        )
    rows = [] if format.has_header else [first]
    if format.has_header:
        names = first
    elif format.delimiter == LINES:
        names = ["review"]
    else:
        names = [f"column {index}" for index in range(1, len(first) + 1)]
    try:
        rows += islice(records, most - len(rows))
    except csv.Error as error:
        raise FileFaultError(
            f"Row {len(rows) + 1} cannot be read ({error}). Is a quotation mark never closed?"
        ) from error
    return Table(format=format, columns=_unique(names), rows=rows)


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    found: list[str] = []
    for index, name in enumerate(names, start=1):
        cleaned = " ".join(name.split()) or f"column {index}"
        while cleaned in found:
            cleaned += " (again)"
        found.append(cleaned)
    return tuple(found)


def _check_quotes(text: str, delimiter: str) -> None:
    """Refuse a file in which a cell opens with a quotation mark that is never closed."""
    limit_cells()
    reader = csv.reader(lines_of(text), delimiter=delimiter, strict=True)
    rows_read = 0
    try:
        for _ in reader:
            rows_read += 1
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise FileFaultError(
                f"A quotation mark opens in row {rows_read + 1} and is never closed, so all that "
                "follows would be one review. Close it, or double it if it is meant as text."
            ) from error
