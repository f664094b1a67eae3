"""What a file of reviews holds, what the user chose about it, and what was made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from imdb_core.data.tables.columns import Columns
from imdb_core.data.tables.label_values import LabelValue
from imdb_core.data.tables.labels import Meaning
from imdb_core.data.tables.read import ReadChoices
from imdb_core.data.tables.table import Table
from imdb_core.errors import TableFault


@dataclass(frozen=True, kw_only=True)
class TableChoices(ReadChoices):
    """What the user decides himself; what is None is guessed, and `stars=""` is no column.

    Attributes:
        text: a column's name, whatever its case.
        label: the same.
        stars: the same.
        meanings: what values of the label column stand for. Where they name a positive or a
            negative one, all that they do not name is left out.
    """

    text: str | None = None
    label: str | None = None
    stars: str | None = None
    meanings: tuple[tuple[str, Meaning], ...] = ()


@dataclass(frozen=True, kw_only=True)
class OwnReviews:
    """Reviews in the file's order; stars where there is a column of them."""

    texts: list[str]
    labels: list[int]
    stars: list[int] | None


@dataclass(frozen=True, kw_only=True)
class TableReport:
    """What a file holds, and how it is understood.

    Attributes:
        table: without its rows; None if it could not be read.
        preview: the first rows' cells.
        rows: how many there are below the names.
        spanning: how many rows take several lines.
        columns: which are text, label and stars.
        labels: the label column's values, as `merged` orders them.
        notes: all that was guessed or left out, a sentence each.
        places: the rows that were left out or are worth a look, each with its reason.
        faults: what keeps the file from being used.
        left_out: how many rows are no part of `reviews`.
        reviews: None if there is a fault.
    """

    table: Table | None = None
    preview: Sequence[Sequence[str]] = field(default_factory=list)
    rows: int = 0
    spanning: int = 0
    columns: Columns = field(default_factory=Columns)
    labels: list[LabelValue] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    places: list[TableFault] = field(default_factory=list)
    faults: list[TableFault] = field(default_factory=list)
    left_out: int = 0
    reviews: OwnReviews | None = None
