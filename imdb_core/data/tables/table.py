"""Rows of cells, whatever kind of file they came in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

MAX_ROWS: Final = 100_000
MAX_COLUMNS: Final = 200
DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}

Kind = Literal["CSV", "lines", "JSON", "JSON lines", "Parquet"]
Quotes = Literal["around cells", "escaped by a backslash", "text"]

_SHOWN = 30


class Row(NamedTuple):
    """One row of a table.

    Attributes:
        number: as a spreadsheet counts: where there are names, they are row 1.
        line: of the file, where it begins; None in Parquet.
        cells: as many as there are columns, unless there is a fault.
        lines: how many lines of the file it takes.
        fault: why it cannot be used; empty if it can.
    """

    number: int
    line: int | None
    cells: Sequence[str]
    lines: int = 1
    fault: str = ""


@dataclass(frozen=True, kw_only=True)
class Format:
    """How a file was taken apart.

    Attributes:
        kind: of file; `lines` has a review a line.
        encoding: Python's name for it; empty for Parquet.
        delimiter: between cells of a CSV file; else empty.
        has_header: the first row names the columns; only of CSV and lines it may not.
        quotes: what a quotation mark means in a CSV file.
    """

    kind: Kind
    encoding: str = ""
    delimiter: str = ""
    has_header: bool = True
    quotes: Quotes = "around cells"

    @property
    def words(self) -> str:
        """The format, as one says it."""
        if self.kind == "Parquet":
            return "Parquet"
        encoding = "UTF-8" if self.encoding == "utf-8" else self.encoding.capitalize()
        if self.kind == "lines":
            return f"{encoding}, one review a line"
        if self.kind != "CSV":
            return f"{self.kind}, {encoding}"
        parted = DELIMITERS.get(self.delimiter, repr(self.delimiter))
        return f"{encoding}, cells separated by {parted}s"


@dataclass(frozen=True, kw_only=True)
class Table:
    """A file's rows.

    Attributes:
        name: of the file, unpacked.
        format: how it was taken apart.
        columns: their names, unique whatever their case.
        rows: all of them, those with a fault too; without the names.
        notes: what was guessed on the way, a sentence each.
    """

    name: str
    format: Format
    columns: tuple[str, ...]
    rows: list[Row]
    notes: tuple[str, ...] = ()

    def values(self, column: int) -> list[str]:
        """A column's cells, of the rows without a fault."""
        return [row.cells[column] for row in self.rows if not row.fault]


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """Names on one line, none empty and none twice."""
    found: list[str] = []
    taken: set[str] = set()
    for index, name in enumerate(names, start=1):
        cleaned = " ".join(name.split()) or f"column {index}"
        while cleaned.casefold() in taken:
            cleaned += " (again)"
        taken.add(cleaned.casefold())
        found.append(cleaned)
    return tuple(found)


def shown(value: str) -> str:
    """A cell's beginning, in quotes, without control characters."""
    return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "…")


def counted(number: int, what: str) -> str:
    """`1 row`, `2,000 rows`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def listed(rows: Sequence[Row], most: int = 5) -> str:
    """`row 7`, `rows 7, 9 and 12`, `rows 1, 2, 3, 4, 5 and 90 more`."""
    numbers = [f"{row.number:,}" for row in rows[:most]]
    rest = len(rows) - len(numbers)
    if rest:
        numbers.append(f"{rest:,} more")
    if len(numbers) == 1:
        return f"row {numbers[0]}"
    return f"rows {', '.join(numbers[:-1])} and {numbers[-1]}"
