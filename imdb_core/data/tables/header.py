"""Whether a table's first row names its columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from imdb_core.data.tables.columns import KNOWN_NAMES, TEXT_NAMES, plain_name
from imdb_core.data.tables.labels import is_number
from imdb_core.data.tables.table import Row

_LONGEST_NAME: Final = 40
_MOST_WORDS: Final = 4
_SNIFFED = 200


def looks_like_names(first: Sequence[str], rows: Sequence[Row]) -> bool:
    """Whether `first`, the cells of a table's first row, name the columns of `rows`.

    They do where one is a name that is known. They do not where one is empty, long, a number or
    a value of its own column. The name of a first column of row numbers may be empty.
    """
    names = [cell.strip() for cell in first]
    if len(names) == 1:
        return plain_name(names[0]) in TEXT_NAMES
    if any(len(name) > _LONGEST_NAME or len(name.split()) > _MOST_WORDS for name in names):
        return False
    if any(plain_name(name) in KNOWN_NAMES for name in names):
        return True
    if not all(names[1:]) or any(is_number(name) for name in names if name):
        return False
    whole = [row.cells for row in rows[:_SNIFFED] if len(row.cells) == len(names)]
    return not any(
        name.casefold() in {cells[at].strip().casefold() for cells in whole}
        for at, name in enumerate(names)
    )
