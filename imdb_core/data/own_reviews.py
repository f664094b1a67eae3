"""A user's own reviews as a data set: a safe name, a split, a vocabulary."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from imdb_core.config import OWN_PREFIX, Source
from imdb_core.data.plain_text import plain_text
from imdb_core.data.progress import Progress, Watch
from imdb_core.data.reviews import Dataset, Reviews, Texts, fingerprint_of
from imdb_core.data.tables.report import OwnReviews
from imdb_core.data.vocabulary import Vocabulary, tokenize
from imdb_core.errors import TableError

LONGEST_NAME: Final = 60
TEST_SHARE: Final = 0.2
SPLIT_RULE: Final = (
    "Of each class, one text in five is kept for the test, chosen by its content: always the "
    "same ones, whatever the order of the rows. Equal texts stay together."
)

_LONGEST_SLUG = 40
_REPORT_EVERY = 1000


def clean_name(name: str) -> str:
    """A user's name for his reviews, on one line.

    Raises:
        TableError: there is none, or it is too long.
    """
    printable = "".join(letter if letter.isprintable() else " " for letter in name)
    cleaned = " ".join(printable.split())
    if not cleaned:
        raise TableError.of("The reviews need a name, such as: shop reviews.")
    if len(cleaned) > LONGEST_NAME:
        raise TableError.of(
            f"The name has {len(cleaned)} characters; the limit is {LONGEST_NAME}. Shorten it."
        )
    return cleaned


def own_source(name: str) -> Source:
    """The source that a name makes: `own-` and its letters and digits, safe as a folder's name.

    Letters that ASCII has not are put there without their accents; a name of none but others
    becomes a number of its own.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_SLUG].strip("-")
    return OWN_PREFIX + (slug or hashlib.sha256(name.encode()).hexdigest()[:8])


def rows_to_test(texts: Sequence[str], labels: Sequence[int]) -> set[int]:
    """The rows to test on, by `SPLIT_RULE`."""
    first: dict[str, int] = {}
    for text, label in zip(texts, labels, strict=True):
        first.setdefault(text, label)
    chosen: set[str] = set()
    for label in set(first.values()):
        own = [text for text in first if first[text] == label]
        own.sort(key=lambda text: hashlib.sha256(text.encode()).digest())
        chosen.update(own[: max(1, round(TEST_SHARE * len(own)))])
    return {row for row, text in enumerate(texts) if text in chosen}


def make(source: Source, reviews: OwnReviews, watch: Watch) -> Dataset:
    """Split, count and number the words, in the file's order; a word of the test reviews that
    is not in the others has rank 0. The texts are kept as they are counted, in plain signs.

    Raises:
        PreparationCancelledError: cancelled through `watch`.
    """
    watch.report(Progress(stage="Counting words"))
    reviews = replace(reviews, texts=[plain_text(text) for text in reviews.texts])
    tested = rows_to_test(reviews.texts, reviews.labels)
    parts = [[row for row in range(len(reviews.texts)) if (row in tested) is to_test]
             for to_test in (False, True)]  # fmt: skip
    vocabulary = Vocabulary.from_texts(reviews.texts[row] for row in parts[0])
    train, test = (_part(reviews, rows, vocabulary, watch) for rows in parts)
    fingerprint = fingerprint_of(train, test, vocabulary)
    return Dataset(source, f"own reviews, {source}", fingerprint, train, test, vocabulary)


def _part(
    reviews: OwnReviews, rows: Sequence[int], vocabulary: Vocabulary, watch: Watch
) -> Reviews:
    ranks = []
    for done, row in enumerate(rows):
        if done % _REPORT_EVERY == 0:
            watch.report(Progress(stage="Numbering words", done=done, total=len(rows)))
        ranks.append(vocabulary.ranks(tokenize(reviews.texts[row])))
    stars = reviews.stars
    return Reviews.from_rows(
        ranks,
        [reviews.labels[row] for row in rows],
        stars=None if stars is None else [stars[row] for row in rows],
        texts=Texts.from_strings(reviews.texts[row] for row in rows),
    )
