"""The values of a label column, and what the user says that they mean."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from imdb_core.data.tables.labels import LABELS_IN_WORDS, Meaning, label_key
from imdb_core.data.tables.table import shown
from imdb_core.errors import TableError, TableFault

MEANING_OPTIONS: Final = "--positive V… --negative V… and, if you like, --leave-out V…"

_TOLD = 12
_MOST_LABELS = 100


@dataclass(frozen=True, kw_only=True)
class LabelValue:
    """A value of the label column, how many rows have it, and what it is taken for, if known."""

    value: str
    count: int
    meaning: Meaning | None


def told(labels: Sequence[LabelValue]) -> str:
    """`'pos' (20), 'neg' (18) and 3 more`."""
    values = ", ".join(f"{shown(label.value)} ({label.count:,})" for label in labels[:_TOLD])
    more = f" and {len(labels) - _TOLD:,} more" if len(labels) > _TOLD else ""
    return values + more


def merged(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Values that are the same but for how they are written as one: numbers by their size, others
    the most frequent first.
    """
    spellings: dict[str, str] = {}
    merged: Counter[str] = Counter()
    for value, count in counts.items():
        merged[spellings.setdefault(label_key(value), value)] += count
    ordered = merged.most_common()
    numbers = {value: number for value in merged if (number := _number(value)) is not None}
    return (
        sorted(ordered, key=lambda pair: numbers[pair[0]])
        if len(numbers) == len(merged)
        else ordered
    )


def chosen_meanings(
    meanings: Sequence[tuple[str, Meaning]], counts: Mapping[str, int], column: str
) -> dict[str, Meaning]:
    """The user's meanings by `label_key`; `1` stands for `1.0`, too.

    Raises:
        TableError: a value is in no row, or was given two meanings.
    """
    keys = {label_key(value) for value in counts}
    by_number = {_number(key): key for key in keys}
    chosen: dict[str, Meaning] = {}
    for value, meaning in meanings:
        key = label_key(value)
        if key not in keys and _number(key) is not None:
            key = by_number.get(_number(key), key)
        if key not in keys:
            labels = [LabelValue(value=known, count=count, meaning=None)
                      for known, count in merged(counts)]  # fmt: skip
            raise TableError.of(
                f"No row of {column!r} is labelled {shown(value)}; the labels are {told(labels)}."
            )
        if chosen.setdefault(key, meaning) != meaning:
            raise TableError.of(f"The label {shown(value)} has two meanings. Choose one.")
    return chosen


def unexplained(column: str, labels: Sequence[LabelValue]) -> TableFault:
    """That nobody can say what the labels mean but the user."""
    if not labels:
        message = f"Column {column!r} is empty. Choose the column of labels."
        return TableFault(message=message, options="--label COLUMN")
    if len(labels) > _MOST_LABELS:
        return TableFault(
            message=f"Column {column!r} holds {told(labels)}: too many to be labels. Choose the "
            f"column of labels ({LABELS_IN_WORDS}).",
            options="--label COLUMN",
        )
    return TableFault(
        message=f"What the labels in {column!r} mean is not plain: {told(labels)}. Say which are "
        "positive, which negative, and which are to be left out.",
        options=MEANING_OPTIONS,
    )


def _number(text: str) -> float | None:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    return None if math.isnan(number) else number
