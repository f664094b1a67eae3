"""What people write into a label column, and what it may be taken for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, get_args

Meaning = Literal["positive", "negative", "left out"]
MEANINGS: Final[tuple[Meaning, ...]] = get_args(Meaning)

_POSITIVE = (
    "positive", "pos", "p", "good", "great", "true", "t", "yes", "y", "fresh", "recommended",
    "recommend", "favorable", "favourable", "liked", "like", "thumbs up", "very positive",
    "somewhat positive", "strongly positive", "weakly positive", "extremely positive",
    "most positive", "positif", "positiv", "positivo", "positiva", "+", "\N{THUMBS UP SIGN}",
)  # fmt: skip
_NEGATIVE = (
    "negative", "neg", "n", "bad", "terrible", "false", "f", "no", "rotten", "not recommended",
    "not recommend", "unfavorable", "unfavourable", "disliked", "dislike", "thumbs down",
    "very negative", "somewhat negative", "strongly negative", "weakly negative",
    "extremely negative", "most negative", "négatif", "negatif", "negativ", "negativo",
    "negativa", "-", "\N{THUMBS DOWN SIGN}",
)  # fmt: skip
_NEITHER = (
    "neutral", "neu", "mixed", "neither", "none", "irrelevant", "unsup", "unlabeled", "unlabelled",
    "unknown", "average", "ok", "okay", "neutre", "neutro", "n/a", "na", "nan", "null",
)  # fmt: skip
_WORDS: Final[Mapping[str, Meaning]] = {
    **dict.fromkeys(_POSITIVE, "positive"),
    **dict.fromkeys(_NEGATIVE, "negative"),
    **dict.fromkeys(_NEITHER, "left out"),
}
LABELS_IN_WORDS: Final = (
    "0/1, neg/pos, negative/positive, rotten/fresh, false/true and the like, or stars"
)

_RATING = re.compile(
    r"(?:rated )?([+-]?\d{1,3}(?:[.,]\d+)?) ?(?:(?:/|out of|of) ?(\d{1,3})(?:[.,]0+)?)? ?"
    r"(%|(?:stars?|points?)?)"
)
_PREFIX = re.compile(r"_*label[_ ]+(?=\S)")
_BETWEEN_LETTERS = re.compile(r"(?<=\w)[-_](?=\w)")
_LEAST_SHARE = 0.5  # of the rows: labels that are understood speak for all
_MOST_STARS = 10


@dataclass(frozen=True, kw_only=True)
class LabelGuess:
    """What each value of a column is taken for.

    Attributes:
        meanings: by the value's `label_key`; a value that is not here is not understood.
        kind: what the values seem to be, for people: `5 stars`.
        is_plain: nobody could take them for anything else.
        is_known_scale: a data set that many have is labelled so.
        advice: what else they may mean; empty where that is plain.
    """

    meanings: Mapping[str, Meaning]
    kind: str
    is_plain: bool = False
    is_known_scale: bool = False
    advice: str = ""


class _Rating(NamedTuple):
    value: float
    scale: float | None  # the most that it could be, where the value says so


def label_key(value: str) -> str:
    """By what values are the same: `Not_Recommended ` and `not recommended`."""
    key = _PREFIX.sub("", " ".join(value.casefold().split()))
    return _BETWEEN_LETTERS.sub(" ", key)


def stars_in(value: str) -> int | None:
    """The whole stars that a cell spells, 1 to 10: `4`, `4,0`, `9/10`, `5 stars`, `★★★★☆`."""
    rating = _rating_in(label_key(value))
    if rating is None or rating.scale not in (None, 5, 10) or not rating.value.is_integer():
        return None
    if not 1 <= rating.value <= _MOST_STARS:
        return None
    return int(rating.value)


def is_number(value: str) -> bool:
    """Whether a cell holds a number and nothing else."""
    rating = _rating_in(value.strip())
    if rating is not None:
        return True
    try:
        float(value.replace(",", "."))
    except ValueError:
        return False
    return True


def guess_labels(
    counts: Mapping[str, int], *, is_rating: bool = False, minus_one_is_none: bool = False
) -> LabelGuess | None:
    """What the values of a label column mean; None where no guess would be honest.

    Args:
        counts: how many rows have each value; values without a letter are left out.
        is_rating: the column's name says that it holds stars.
        minus_one_is_none: the file seems to be one in which -1 stands for no label.
    """
    by_key: dict[str, int] = {}
    for value, count in counts.items():
        by_key[label_key(value)] = by_key.get(label_key(value), 0) + count
    by_key.pop("", None)
    least = _LEAST_SHARE * sum(by_key.values())
    words = {key: _WORDS[key] for key in by_key if key in _WORDS}
    if words and sum(by_key[key] for key in words) >= least:
        has_both = {"positive", "negative"} <= set(words.values())
        if has_both or len(words) == len(by_key):  # a `y` beside an `x` is no yes
            is_plain = has_both and len(words) == len(by_key)
            return LabelGuess(meanings=words, kind="words", is_plain=is_plain)
    ratings = {key: rating for key in by_key if (rating := _rating_in(key)) is not None}
    if not ratings or sum(by_key[key] for key in ratings) < least:
        return None
    return _guess_ratings(ratings, by_key, is_rating, minus_one_is_none)


def _guess_ratings(
    ratings: Mapping[str, _Rating],
    counts: Mapping[str, int],
    is_rating: bool,
    minus_one_is_none: bool,
) -> LabelGuess | None:
    unscaled = {rating.value for rating in ratings.values() if rating.scale is None}
    scheme = _scheme(unscaled, is_rating, minus_one_is_none) if unscaled else _OUT_OF_MOST
    if scheme is None or (scheme.scale == 100 and not _reach(20, ratings, counts)):
        return None
    meanings = {
        key: scheme.meaning(rating.value)
        if rating.scale is None
        else _of_scale(rating.value, rating.scale)
        for key, rating in ratings.items()
    }
    if len(set(meanings.values()) - {"left out"}) < 2 and not unscaled <= {0, 1}:
        return None  # nobody labels reviews all alike
    is_plain = scheme.is_plain and len(ratings) == len(counts)
    return LabelGuess(
        meanings=meanings,
        kind=scheme.kind,
        is_plain=is_plain,
        is_known_scale=scheme in (_ONE_TWO, _ZERO_TO_FOUR),
        advice=scheme.advice,
    )


def _reach(least: float, ratings: Mapping[str, _Rating], counts: Mapping[str, int]) -> bool:
    """Whether a fifth of the rows lie above `least`: of a hundred points, most do."""
    above = sum(counts[key] for key, rating in ratings.items() if rating.value > least)
    return above >= sum(counts.values()) / 5


class _Scheme(NamedTuple):
    kind: str
    meaning: Callable[[float], Meaning]
    advice: str = ""
    is_plain: bool = False
    scale: int = 0


def _scheme(values: set[float], is_rating: bool, minus_one_is_none: bool) -> _Scheme | None:
    """How a set of numbers without a scale is meant."""
    least, most = min(values), max(values)
    whole = all(value.is_integer() for value in values)
    if least < 0:
        if values == {-1, 0, 1} and minus_one_is_none:
            return _NO_LABEL
        return _SIGNS if whole and least >= -5 and most <= 5 else None
    if values <= {0, 1} and (0 in values or not is_rating):
        return _ZERO_ONE
    if values == {1, 2} and not is_rating:
        return _ONE_TWO
    if values in ({0, 1, 2}, {1, 2, 3}) and not is_rating:
        return _THREE._replace(meaning=_around(sum(values) / 3))
    if least == 0 and most == 4 and whole:
        return _ZERO_TO_FOUR
    if least == 0 and not is_rating and len(values) < 5:
        return None  # a 7 beside 0 and 1 is a slip, not ten stars
    for scale, from_above in ((5, 3), (10, 5), (100, 10)):
        if from_above < most <= scale:
            return _out_of(scale)
    return None


def _rating_in(text: str) -> _Rating | None:
    """A number of stars and, where it says so, of how many."""
    if text and not text.strip("★☆*"):
        stars = text.count("★") or text.count("*")
        return _Rating(float(stars), len(text) if "☆" in text else None) if stars else None
    found = _RATING.fullmatch(text)
    if found is None:
        return None
    number, scale, unit = found.groups()
    value = float(number.replace(",", "."))
    of = 100.0 if unit == "%" else float(scale) if scale else None
    return None if of is not None and not 0 <= value <= of else _Rating(value, of)


def _of_scale(value: float, most: float) -> Meaning:
    """As in IMDB: of ten stars four and less are negative, seven and more positive."""
    if value <= 0.4 * most:
        return "negative"
    return "positive" if value >= 0.7 * most else "left out"


def _sign(value: float) -> Meaning:
    return "left out" if value == 0 else "positive" if value > 0 else "negative"


def _around(middle: float) -> Callable[[float], Meaning]:
    return lambda value: _sign(value - middle)


def _out_of(scale: int) -> _Scheme:
    negative, positive = f"{0.4 * scale:g}", f"{0.7 * scale:g}"
    return _Scheme(
        f"{scale} {'points' if scale == 100 else 'stars'}",
        lambda value: _of_scale(value, scale),
        f"They are taken for stars out of {scale}, or points: up to {negative} negative, "
        f"from {positive} positive.",
        scale=scale,
    )


_OUT_OF_MOST = _Scheme(
    "parts of a whole",
    _sign,
    "Up to four tenths of the most are negative, seven tenths and more positive.",
)
_ZERO_ONE = _Scheme("0 and 1", _around(0.5), is_plain=True)
_SIGNS = _Scheme(
    "negative and positive numbers",
    _sign,
    "Numbers below 0 are taken for negative, 0 for neutral. Hugging Face's files write 0 for "
    "negative and -1 where there is no label: if so, choose that.",
)
_NO_LABEL = _Scheme(
    "0 and 1, with -1 for no label",
    lambda value: "left out" if value < 0 else "positive" if value else "negative",
    "They are taken as Hugging Face's files mean them: -1 where there is no label. If -1 is "
    "negative and 0 neutral, choose that.",
)
_ONE_TWO = _Scheme(
    "1 and 2",
    _around(1.5),
    "They are taken as in the files of Amazon's and Yelp's reviews: 1 for negative, 2 for "
    "positive. If these are stars, or the other way round, choose that.",
)
_THREE = _Scheme(
    "three classes",
    _sign,
    "They are taken for negative, neutral and positive, in the order of the numbers.",
)
_ZERO_TO_FOUR = _Scheme(
    "0 to 4",
    _around(2),
    "They are taken as in the Stanford Sentiment Treebank and Sentiment140: 0 for the most "
    "negative, 2 for neutral, 4 for the most positive.",
)
