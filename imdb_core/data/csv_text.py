"""A CSV file's bytes as records: encoding, delimiter and quotes, with every fault's place."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from imdb_core.data.progress import Watch
from imdb_core.errors import CsvError, CsvFault

MAX_BYTES: Final = 100 << 20
MAX_COLUMNS: Final = 200
MAX_FAULTS: Final = 1000
"""So many are listed; a file with more is another kind of file."""
MAX_CELL: Final = 1_000_000
"""Letters of a cell. One with more is a quote that was never closed."""

DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
ENCODINGS: Final = (
    "utf-8", "utf-16", "windows-1252", "windows-1251", "windows-1250", "shift_jis", "gb18030",
)  # fmt: skip

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16's, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_TEXT = {
    b"PK\x03\x04": "an Excel workbook or another zip file",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "a gzip file",
    b"%PDF": "a PDF file",
}
_SAMPLE_LINES = 200
_SAMPLE_LETTERS = 2**17
_CHECK_EVERY = 1000  # rows
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_UTF16_LEAST_NULS = 0.2


class Record(NamedTuple):
    """One row: its number as a spreadsheet counts (the names are row 1), and its first line."""

    row: int
    line: int
    fields: list[str]


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """A file's text, what it was written in, and whether that is certain."""

    text: str
    encoding: str
    is_guessed: bool


def read_bytes(path: Path) -> bytes:
    """The file's content; a file beyond the limit is refused before it is opened.

    Raises:
        CsvError: too large, or it cannot be read.
    """
    try:
        check_size(path.stat().st_size, path.name)
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise CsvError.of(f"{path} cannot be read: {reason}. Give a CSV file.") from error


def check_size(size_bytes: int, name: str) -> None:
    """Refuse what is too large, or empty.

    Raises:
        CsvError: as the file should be cut, or filled.
    """
    if size_bytes > MAX_BYTES:
        raise CsvError.of(
            f"{name} has {size_bytes / 2**20:,.0f} MB; the limit is {MAX_BYTES >> 20} MB. "
            "Leave some rows out."
        )
    if size_bytes == 0:
        raise CsvError.of(f"{name} is empty. Its first row names the columns: text, label.")


def decode(content: bytes, encoding: str | None = None) -> Decoded:
    """The text of a file: by its byte order mark, else UTF-8, else a guess.

    Args:
        content: the file.
        encoding: take this one instead.

    Raises:
        CsvError: it is no text, or not in `encoding`.
    """
    for magic, kind in _NOT_TEXT.items():
        if content.startswith(magic):
            raise CsvError.of(f"This is {kind}, not a CSV file. Save the table as CSV (UTF-8).")
    bom = next((name for mark, name in _BOMS if content.startswith(mark)), None)
    certain = encoding or bom or _utf16_without_bom(content) or "utf-8"
    if certain == "utf-8":
        certain = "utf-8-sig"
    try:
        text = content.decode(certain)
    except (UnicodeDecodeError, LookupError) as error:
        if encoding or certain != "utf-8-sig" or bom:
            raise CsvError.of(_undecodable(content, certain, error)) from error
        return Decoded(
            text=content.decode("windows-1252", errors="replace"),
            encoding="windows-1252",
            is_guessed=True,
        )
    return Decoded(text=text, encoding=certain.removesuffix("-sig"), is_guessed=False)


def limit_cells() -> None:
    """Have `csv` take cells up to `MAX_CELL`; it keeps one limit for the whole process.

    Whoever makes a reader calls this first.
    """
    csv.field_size_limit(MAX_CELL)


def detect_delimiter(text: str, names: frozenset[str]) -> str:
    """The delimiter under which the first rows look most like a table.

    Args:
        text: the file.
        names: column names in lower case that speak for a delimiter.
    """

    def likelihood(delimiter: str) -> tuple[bool, int, float, int]:
        rows = [row for row in csv.reader(sample, delimiter=delimiter) if row]
        if not rows:
            return False, 0, 0.0, 0
        known = sum(name.strip().lower() in names for name in rows[0])
        alike = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
        return len(rows[0]) > 1, known, alike, -list(DELIMITERS).index(delimiter)

    limit_cells()
    sample = list(islice(lines_of(text[:_SAMPLE_LETTERS]), _SAMPLE_LINES))
    return max(DELIMITERS, key=likelihood)


def read_records(
    text: str, delimiter: str, watch: Watch, *, most: int
) -> tuple[list[Record], list[CsvFault]]:
    """The first rows that can be read, `most` at most, and a fault for each that cannot.

    After a broken quote, reading goes on with the next line, so that one fault does not
    hide the others.

    Raises:
        PreparationCancelledError: cancelled through `watch`.
    """
    records: list[Record] = []
    faults: list[CsvFault] = []
    row, start, line = 0, 0, 1  # rows read, and where the next one begins
    while start < len(text) and len(faults) < MAX_FAULTS and len(records) < most:
        try:
            for fields, next_start, lines in _rows(text, start, delimiter):
                row += 1
                if fields:  # a blank line is no row of the table
                    records.append(Record(row, line, fields))
                start, line = next_start, line + lines
                if row % _CHECK_EVERY == 0:
                    watch.check()
                if len(records) == most:
                    break
        except csv.Error as error:
            row += 1
            faults.append(CsvFault(row=row, line=line, message=_broken(str(error))))
            start, line = start + len(next(lines_of(text, start))), line + 1
    return records, faults


def _rows(text: str, begin: int, delimiter: str) -> Iterator[tuple[list[str], int, int]]:
    """Each row from a position on: its cells, where the next one begins, and its lines."""
    end = begin

    def lines() -> Iterator[str]:
        nonlocal end
        for line in lines_of(text, begin):
            end += len(line)
            yield line

    limit_cells()
    reader = csv.reader(lines(), delimiter=delimiter, strict=True, skipinitialspace=True)
    lines_before = 0
    for cells in reader:
        yield cells, end, reader.line_num - lines_before
        lines_before = reader.line_num


def lines_of(text: str, begin: int = 0) -> Iterator[str]:
    """The lines of `text` from a position on, each with its end, as `csv` wants them.

    `io.StringIO` gives the same, but holds four bytes a letter.
    """
    return (line.group() for line in _LINE.finditer(text, begin))


def preview(records: Sequence[Record], count: int = 5) -> list[list[str]]:
    """The first rows below the names."""
    return [record.fields for record in records[1 : count + 1]]


def _utf16_without_bom(content: bytes) -> str | None:
    head = content[:4096]
    if head.count(0) < _UTF16_LEAST_NULS * len(head):
        return None
    return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"


def _undecodable(content: bytes, encoding: str, error: Exception) -> str:
    if not isinstance(error, UnicodeDecodeError):
        return f"There is no encoding {encoding!r}; use one of {', '.join(ENCODINGS)}."
    line = content.count(b"\n", 0, error.start) + 1
    name = encoding.removesuffix("-sig")
    return f"Line {line} is not {name} ({error.reason}). Choose another encoding, or save as UTF-8."


def _broken(message: str) -> str:
    if "unexpected end" in message:
        return "a quote is opened here and never closed"
    if "field larger" in message:
        return f"a field is longer than {MAX_CELL:,} characters, or its quote is never closed"
    return 'a quote is not closed as it should be; within a text, write it twice ("")'
