"""Text whose cells commas, tabs or the like separate, as records with each fault's place."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final

from imdb_core.data.progress import Watch
from imdb_core.data.tables.columns import KNOWN_NAMES, plain_name
from imdb_core.data.tables.table import DELIMITERS, Quotes, Row

MAX_FAULTS: Final = 1000
"""So many rows that cannot be read are looked for; a file with more is another kind of file."""
MAX_CELL: Final = 1_000_000
"""Letters of a cell. One with more is a quote that was never closed."""

_SAMPLE_LINES = 200
_SAMPLE_LETTERS = 2**17
_LEAST_ALIKE = 0.6
_MOST_LIKELY_FIRST = "\t|;,"  # a tab is put there on purpose, a comma is in most texts
_CHECK_EVERY = 1000  # rows
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*?(?:\r\n|\r|\n)', re.IGNORECASE)


def declared_delimiter(text: str) -> tuple[str, int] | None:
    """What Excel's first line `sep=;` says, and where the table begins; None if it is not there."""
    found = _SEPARATOR_LINE.match(text)
    return (found[1], found.end()) if found else None


def detect_delimiter(text: str) -> str | None:
    """The delimiter under which the first rows look most like a table; None if under none."""

    def widths(delimiter: str, *, is_quoted: bool) -> list[int]:
        reader = (
            csv.reader(sample, delimiter=delimiter)
            if is_quoted
            else csv.reader(sample, delimiter=delimiter, quoting=csv.QUOTE_NONE)
        )
        try:
            return [len(row) for row in reader if row]
        except csv.Error:
            return []

    def alike(delimiter: str) -> float:
        """The share of rows with as many cells as most have; 0 for one column."""
        shares = [0.0]
        for is_quoted in (True, False):
            found = Counter(widths(delimiter, is_quoted=is_quoted))
            width, rows = found.most_common(1)[0] if found else (0, 0)
            if width > 1:
                shares.append(rows / found.total())
        return max(shares)

    def known(delimiter: str) -> int:
        names = next(csv.reader(sample[:1], delimiter=delimiter), [])
        return sum(plain_name(name) in KNOWN_NAMES for name in names) if len(names) > 1 else 0

    _limit_cells()
    sample = list(islice(lines_of(text[:_SAMPLE_LETTERS]), _SAMPLE_LINES))
    best = max(
        DELIMITERS, key=lambda sign: (known(sign), alike(sign), -_MOST_LIKELY_FIRST.index(sign))
    )
    return best if known(best) or alike(best) > _LEAST_ALIKE else None


@dataclass(frozen=True)
class Reading:
    """A text under one meaning of its quotation marks.

    Attributes:
        quotes: that meaning.
        rows: all, the names too; a row that cannot be read has a fault.
    """

    quotes: Quotes
    rows: list[Row]

    @cached_property
    def width(self) -> int:
        """How many cells most rows have."""
        widths = Counter(len(row.cells) for row in self.rows if not row.fault)
        return widths.most_common(1)[0][0] if widths else 0

    @property
    def spanning(self) -> list[Row]:
        """The rows that take several lines."""
        return [row for row in self.rows if row.lines > 1]

    @cached_property
    def cost(self) -> tuple[int, int]:
        """Rows that are no rows of this table, and those that took lines from others perhaps."""
        width = self.width
        bad = sum(bool(row.fault) or len(row.cells) != width for row in self.rows)
        return bad, len(self.spanning)


def read_delimited(
    text: str, delimiter: str, watch: Watch, *, quotes_are_text: bool | None, most: int
) -> Reading:
    """The first rows, `most` at most, under the meaning of quotes that fits them best.

    Raises:
        PreparationCancelledError: cancelled through `watch`.
    """
    if quotes_are_text:
        return _read(text, delimiter, "text", watch, most)
    readings = [_read(text, delimiter, "around cells", watch, most)]
    if readings[0].cost == (0, 0) or '"' not in text:
        return readings[0]
    if '\\"' in text:
        readings.append(_read(text, delimiter, "escaped by a backslash", watch, most))
    least = min(readings, key=lambda reading: reading.cost)
    if quotes_are_text is None and least.width > 1 and _may_be_plain(text, delimiter, least):
        plain = _read(text, delimiter, "text", watch, most)
        # Where most rows have a cell in quotes, whoever wrote the file put them around cells.
        if not _are_mostly_quoted(plain.rows):
            readings.append(plain)
    return min(readings, key=lambda reading: reading.cost)


def _are_mostly_quoted(rows: Sequence[Row]) -> bool:
    quoted = sum(
        any(len(cell) > 1 and cell[0] == '"' == cell.rstrip()[-1] for cell in row.cells)
        for row in rows
    )
    return quoted > len(rows) / 2


def _may_be_plain(text: str, delimiter: str, other: Reading) -> bool:
    """Whether quotes as text could give no more rows of another width than `other` has.

    It stops at the first row too many: of a file with texts over several lines soon.
    """
    most_bad, bad = other.cost[0], 0
    for line in lines_of(text):
        bad += line.count(delimiter) != other.width - 1 and bool(line.strip())
        if bad > most_bad:
            return False
    return True


def _read(text: str, delimiter: str, quotes: Quotes, watch: Watch, most: int) -> Reading:
    """After a quote that cannot be, reading goes on with the next line, so that no fault hides
    the others.
    """
    if quotes == "escaped by a backslash":
        # A backslash before any other letter is one.
        escapable = re.compile(rf'\\(["\\{re.escape(delimiter)}])|\\')
        text = escapable.sub(lambda match: match[0] if match[1] else "\\\\", text)
    rows: list[Row] = []
    faults = number = start = 0  # records read, and where the next one begins
    line = 1
    while start < len(text) and faults < MAX_FAULTS and len(rows) < most:
        try:
            for cells, next_start, lines in _records(text, start, delimiter, quotes):
                number += 1
                if cells:  # a blank line is no row of the table
                    rows.append(Row(number, line, cells, lines))
                start, line = next_start, line + lines
                if number % _CHECK_EVERY == 0:
                    watch.check()
                if len(rows) == most:
                    break
        except csv.Error as error:
            watch.check()
            number, faults = number + 1, faults + 1
            broken = next(lines_of(text, start))
            rows.append(Row(number, line, [broken.rstrip("\r\n")], fault=_broken(str(error))))
            start, line = start + len(broken), line + 1
    return Reading(quotes, rows)


def _records(
    text: str, begin: int, delimiter: str, quotes: Quotes
) -> Iterator[tuple[list[str], int, int]]:
    """Each row from a position on: its cells, where the next one begins, and its lines."""
    end = begin

    def lines() -> Iterator[str]:
        nonlocal end
        for line in lines_of(text, begin):
            end += len(line)
            yield line

    _limit_cells()
    reader = csv.reader(
        lines(),
        delimiter=delimiter,
        quoting=csv.QUOTE_NONE if quotes == "text" else csv.QUOTE_MINIMAL,
        escapechar="\\" if quotes == "escaped by a backslash" else None,
        strict=True,
        skipinitialspace=delimiter != " ",
    )
    lines_before = 0
    for cells in reader:
        yield cells, end, reader.line_num - lines_before
        lines_before = reader.line_num


def lines_of(text: str, begin: int = 0) -> Iterator[str]:
    """The lines of `text` from a position on, each with its end, as `csv` wants them.

    `io.StringIO` gives the same, but holds four bytes a letter.
    """
    return (line.group() for line in _LINE.finditer(text, begin))


def _limit_cells() -> None:
    # `csv` keeps one limit for the whole process: whoever makes a reader sets it first.
    csv.field_size_limit(MAX_CELL)


def _broken(message: str) -> str:
    if "unexpected end" in message:
        return "a quote is opened here and never closed"
    if "field larger" in message:
        return f"a cell is longer than {MAX_CELL:,} characters, or its quote is never closed"
    return 'a quote is not closed as it should be; within a text, write it twice ("")'
