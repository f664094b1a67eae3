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

    They do where one that is a name that is known is no value of its own column (in
    `review,fresh` above fresh and rotten ones, the first). Else they do not where one is such a
    value, and do where all are short and no numbers; the name of a first column may be empty.
    """
    names = [cell.strip() for cell in first]
    if len(names) == 1:
        return plain_name(names[0]) in TEXT_NAMES
    are_values = _are_values(names, rows)
    pairs = zip(names, are_values, strict=True)
    if any(plain_name(name) in KNOWN_NAMES for name, is_value in pairs if not is_value):
        return True
    if any(are_values):
        return False
    if not all(names[1:]) or any(is_number(name) for name in names if name):
        return False
    return all(len(name) <= _LONGEST_NAME and len(name.split()) <= _MOST_WORDS for name in names)


def _are_values(names: Sequence[str], rows: Sequence[Row]) -> list[bool]:
    """Whether each cell stands in its column again, but for names that were written twice."""
    folded = [name.casefold() for name in names]
    others = [[cell.strip().casefold() for cell in row.cells] for row in rows[:_SNIFFED]]
    whole = [cells for cells in others if len(cells) == len(names) and cells != folded]
    return [
        name != "" and any(cells[at] == name for cells in whole) for at, name in enumerate(folded)
    ]
