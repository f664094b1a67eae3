"""What people write into a label column, and what it means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

NEGATIVE, POSITIVE = 0, 1

LABEL_WORDS: Final = {
    **dict.fromkeys(("0", "0.0", "-1", "neg", "negative", "false", "no", "bad"), NEGATIVE),
    **dict.fromkeys(("1", "1.0", "+1", "pos", "positive", "true", "yes", "good"), POSITIVE),
}
KINDS_IN_WORDS: Final = "0/1, neg/pos, negative/positive, false/true, or stars from 1 to 5 or 10"

LabelKind = Literal["words", "5 stars", "10 stars"]

_MOST_STARS = 10
_SHORT_SCALE = 5


def stars_in(value: str) -> int | None:
    """The stars that a field spells: `4`, `4.0`, `★★★★`, `★★★★☆`; None if it does not."""
    value = value.strip()
    if value and not value.strip("★☆"):
        return value.count("★") or None
    number, _, fraction = value.partition(".")
    if not (number.isascii() and number.isdigit() and not fraction.strip("0")):
        return None
    return int(number) if len(number) <= 2 and 1 <= int(number) <= _MOST_STARS else None


def kind_of(values: Sequence[str]) -> LabelKind:
    """How a whole column is meant: `1` is positive beside a 0, and the worst beside a 5."""
    distinct = {value.strip().lower() for value in values}
    stars = {value: stars_in(value) for value in distinct}
    only_words = [value for value in distinct if value in LABEL_WORDS and not stars[value]]
    only_stars = [value for value in distinct if stars[value] and value not in LABEL_WORDS]
    if len(only_stars) <= len(only_words):
        return "words"
    return "10 stars" if max(filter(None, stars.values())) > _SHORT_SCALE else "5 stars"


def label_of(value: str, kind: LabelKind) -> int | Literal["neither"] | None:
    """0 or 1; "neither" for stars in the middle; None for what is no label of this kind.

    Of ten stars, four and less are negative and seven and more positive, as in IMDB; of
    five, two and four.
    """
    if kind == "words":
        return LABEL_WORDS.get(value.strip().lower())
    stars = stars_in(value)
    if stars is None:
        return None
    most_negative, least_positive = (2, 4) if kind == "5 stars" else (4, 7)
    if stars <= most_negative:
        return NEGATIVE
    return POSITIVE if stars >= least_positive else "neither"
