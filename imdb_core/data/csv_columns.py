"""Which columns of a CSV file hold text, label and stars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from imdb_core.data.csv_text import DELIMITERS
from imdb_core.errors import CsvFault

TEXT_NAMES: Final = ("text", "review", "reviews", "comment", "sentence", "content", "body")
LABEL_NAMES: Final = ("label", "labels", "sentiment", "class", "polarity", "target")
STARS_NAMES: Final = ("stars", "star", "rating", "ratings", "score")
KNOWN_NAMES: Final = frozenset(TEXT_NAMES + LABEL_NAMES + STARS_NAMES)

_SHOWN = 30


@dataclass(frozen=True, kw_only=True)
class CsvChoices:
    """What the user decides himself; None is found out, and `stars=""` is no column.

    `text`, `label` and `stars` are names of columns, whatever their case.
    """

    text: str | None = None
    label: str | None = None
    stars: str | None = None
    delimiter: str | None = None
    encoding: str | None = None


def find_columns(
    header: Sequence[str], delimiter: str, choices: CsvChoices
) -> tuple[dict[str, int | None], list[CsvFault]]:
    """The places of text, label and stars, and what is wrong with them."""
    lower = [name.lower() for name in header]
    named = ", ".join(shown(name) for name in header[:12]) or "nothing"

    def place(what: str, chosen: str | None, known: Sequence[str]) -> int | None:
        wanted = known if chosen is None else (chosen.strip().lower(),)
        found = next((name for name in wanted if name and name in lower), None)
        if found is None:
            if chosen:
                message = f"There is no column {shown(chosen)}; the first row names {named}."
                faults.append(CsvFault(message=message))
            return None
        if lower.count(found) > 1:
            message = f"{lower.count(found)} columns are called {shown(found)}. Rename one."
            faults.append(CsvFault(message=message))
        return lower.index(found)

    faults: list[CsvFault] = []
    columns = {
        "text": place("text", choices.text, TEXT_NAMES),
        "label": place("label", choices.label, LABEL_NAMES),
        "stars": place("stars", choices.stars, STARS_NAMES),
    }
    if columns["label"] is None and choices.label is None:
        columns["label"] = columns["stars"]  # stars alone say what is positive
    if len(header) < 2:
        parted = DELIMITERS.get(delimiter, repr(delimiter))
        message = (
            f"Only one column was found, parted by {parted}. Part text and label by a comma, "
            "semicolon, tab or vertical bar, and put texts that hold one into quotes."
        )
        return columns, [*faults, CsvFault(message=message)]
    missing = [what for what in ("text", "label") if columns[what] is None]
    if missing and not faults:
        faults += [
            CsvFault(
                message=f"No column is called {what}; the first row names {named}. "
                "Choose the column, or rename it."
            )
            for what in missing
        ]
    if columns["text"] is not None and columns["text"] in (columns["label"], columns["stars"]):
        faults.append(CsvFault(message="Text and label are the same column. Choose two."))
    return columns, faults


def shown(value: str) -> str:
    """A field's beginning, in quotes, without control characters."""
    return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "…")
