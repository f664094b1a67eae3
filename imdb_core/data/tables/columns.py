"""Which columns of a table hold text, label and stars: by their whole names, and by content."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from imdb_core.data.tables.labels import LabelGuess, guess_labels, is_number
from imdb_core.data.tables.table import Table, shown
from imdb_core.errors import TableError

TEXT_NAMES: Final = (
    "text", "review", "reviews", "review_text", "review_body", "review_content", "reviews_text",
    "text_review", "movie_review", "user_review", "full_text", "full_review", "body", "content",
    "comment", "comments", "comment_text", "sentence", "phrase", "tweet", "tweet_text", "message",
    "document", "verified_reviews", "critique", "opinion", "texts", "sentences", "content_text",
)  # fmt: skip
LABEL_NAMES: Final = (
    "label", "labels", "sentiment", "sentiments", "sentiment_label", "label_text", "polarity",
    "class", "target", "freshness", "fresh", "review_type", "airline_sentiment", "recommended",
    "recommendation", "is_recommended", "recommended_ind", "voted_up", "is_positive",
    "review_sentiment", "score_sentiment", "feedback", "category", "gold_label", "class_label",
    "sentiment_score", "review_score",
)  # fmt: skip
STARS_NAMES: Final = (
    "stars", "star", "star_rating", "stars_rating", "rating", "ratings", "review_rating",
    "reviews_rating", "user_rating", "score", "overall", "review_stars", "review_score", "rate",
    "points", "grade", "metascore",
)  # fmt: skip
KNOWN_NAMES: Final = frozenset(TEXT_NAMES + LABEL_NAMES + STARS_NAMES)

_SNIFFED = 200
_LEAST_WORDS = 2.0
_MOST_LABELS = 20  # different ones of a column that is known by its content alone
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_LETTER = re.compile(r"[\W_]+")
_DATE = re.compile(r"\d{1,4}[-/.:]\d{1,2}[-/.:]\d{1,4}")
_ADDRESS = re.compile(r"\s*\w+://\S+\s*")


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Where a table's columns are, counted from 0; None where there is none.

    Attributes:
        text: the reviews.
        label: positive or negative; it may be `stars`, too.
        stars: 1 to 10.
        guess: what the label's values mean, if that can be guessed.
    """

    text: int | None = None
    label: int | None = None
    stars: int | None = None
    guess: LabelGuess | None = None


def plain_name(name: str) -> str:
    """By what names are the same: `reviewText`, `Review Text` and `review_text`."""
    return _NO_LETTER.sub("_", _CAMEL.sub("_", name.strip())).strip("_").casefold()


def column_of(table: Table, chosen: str) -> int:
    """The column that a name or, without names in the file, a number chooses.

    Raises:
        TableError: there is none.
    """
    wanted = " ".join(chosen.split()).casefold()
    names = [name.casefold() for name in table.columns]
    if wanted in names:
        return names.index(wanted)
    plain = [plain_name(name) for name in table.columns]
    if plain_name(chosen) and plain.count(plain_name(chosen)) == 1:
        return plain.index(plain_name(chosen))
    if not table.format.has_header and wanted.isdecimal() and 1 <= int(wanted) <= len(names):
        return int(wanted) - 1
    named = ", ".join(shown(name) for name in table.columns[:12])
    raise TableError.of(f"There is no column {shown(chosen)}; the columns are {named}.")


def find_text(table: Table, *, but: Sequence[int | None] = ()) -> int | None:
    """The column of reviews: by its name, unless it holds numbers; else the longest texts."""
    places = [at for at in range(len(table.columns)) if at not in but]
    samples = {at: _sample(table, at) for at in places}
    for name in TEXT_NAMES:
        for at in places:
            if plain_name(table.columns[at]) == name and not _are_numbers(samples[at]):
                return at
    lengths = {at: _mean_length(cells) for at, cells in samples.items() if _may_be_texts(cells)}
    if lengths:
        return max(lengths, key=lengths.__getitem__)
    return places[0] if len(places) == 1 and not _are_numbers(samples[places[0]]) else None


def find_columns(
    table: Table, *, text: str | None = None, label: str | None = None, stars: str | None = None
) -> Columns:
    """The places of text, label and stars; `stars=""` is no column of them.

    Raises:
        TableError: a chosen column is not there, or text and label are the same.
    """
    text_at = None if text is None else column_of(table, text)
    label_at = None if label is None else column_of(table, label)
    stars_at = column_of(table, stars) if stars else None
    if text_at is None:
        text_at = find_text(table, but=(label_at, stars_at))
    rated = [stars_at] if stars is not None else _named(table, STARS_NAMES, but=text_at)
    guess = None
    if label_at is not None:
        guess = guess_column(table, label_at)
    else:
        label_at, guess = _find_label(table, text_at, [at for at in rated if at is not None])
    if text_at is not None and text_at in (label_at, stars_at):
        raise TableError.of("Text and label are the same column. Choose two.")
    if stars is None:
        stars_at = next((at for at in rated if at is not None), None)
    return Columns(text=text_at, label=label_at, stars=stars_at, guess=guess)


def guess_column(table: Table, at: int) -> LabelGuess | None:
    """What the values of a column mean as labels."""
    values = [value.strip() for value in table.values(at)]
    return guess_labels(
        Counter(value for value in values if value),
        is_rating=plain_name(table.columns[at]) in STARS_NAMES
        and plain_name(table.columns[at]) not in LABEL_NAMES,
        minus_one_is_none=_has_unlabelled_rows(table, at, values),
    )


def _find_label(
    table: Table, text: int | None, rated: Sequence[int]
) -> tuple[int | None, LabelGuess | None]:
    """By its name if its values can be understood, then stars, then by its content."""
    named = _named(table, LABEL_NAMES, but=text)
    for at in (*named, *rated):
        guess = guess_column(table, at)
        if guess is not None:
            return at, guess
    if named:
        return named[0], None  # its values are to be explained
    guesses = {
        at: guess
        for at in range(len(table.columns))
        if at not in (text, *rated)
        and 1 < len(set(_sample(table, at))) <= _MOST_LABELS
        and (guess := guess_column(table, at)) is not None
    }
    plain = [at for at, guess in guesses.items() if guess.is_plain]
    # A column of counts may look like stars; its name would not say so.
    candidates = plain or [
        at for at in guesses if not table.format.has_header or guesses[at].is_known_scale
    ]
    if len(candidates) == 1:
        return candidates[0], guesses[candidates[0]]
    return (rated[0], None) if rated and not candidates else (None, None)


def _named(table: Table, names: Sequence[str], *, but: int | None) -> list[int]:
    plain = [plain_name(name) for name in table.columns]
    return [at for name in names for at, other in enumerate(plain) if other == name and at != but]


def _has_unlabelled_rows(table: Table, at: int, values: Sequence[str]) -> bool:
    """Whether -1 seems to stand where there is no label, as in Hugging Face's files: numbers of
    a column `label` that is no text file's, or all rows of -1 after the others.
    """
    if plain_name(table.columns[at]) == "label" and table.format.kind not in ("CSV", "lines"):
        return True
    blocks = [value for value in values if value]
    blocks = blocks[:1] + [later for earlier, later in pairwise(blocks) if later != earlier]
    return blocks.count("-1") == 1 and blocks[-1] == "-1" and len(blocks) > 2


def _sample(table: Table, at: int) -> list[str]:
    cells = (row.cells[at].strip() for row in table.rows[:_SNIFFED] if not row.fault)
    return [cell for cell in cells if cell]


def _are_numbers(cells: Sequence[str]) -> bool:
    return sum(map(is_number, cells)) > len(cells) / 2


def _may_be_texts(cells: Sequence[str]) -> bool:
    """Whether cells are more than names, numbers, dates or addresses."""
    if not cells or _are_numbers(cells) or (len(cells) > 1 and len(set(cells)) == 1):
        return False
    if sum(bool(_DATE.search(cell)) for cell in cells) > len(cells) / 2:
        return False
    if sum(bool(_ADDRESS.fullmatch(cell)) for cell in cells) > len(cells) / 2:
        return False
    return sum(len(cell.split()) for cell in cells) >= _LEAST_WORDS * len(cells)


def _mean_length(cells: Sequence[str]) -> float:
    return sum(map(len, cells)) / max(len(cells), 1)
