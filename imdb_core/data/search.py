"""Which reviews hold some words: over texts where there are any, else over ranks."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import reduce
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imdb_core.data.plain_text import plain_text
from imdb_core.data.reviews import Reviews, Texts
from imdb_core.data.vocabulary import Vocabulary, tokenize

LONGEST_QUERY: Final = 200

_TERM = re.compile(r'"([^"]+)"|([^\s"]+)')
_CHUNK_BYTES = 1 << 20  # stays within a processor's cache while it is searched


def terms_of(query: str) -> list[str]:
    """The words of a query, and what stands in quotes as it is: all must occur."""
    return [" ".join((a or b).split()) for a, b in _TERM.findall(query[:LONGEST_QUERY])]


def rows_with(reviews: Reviews, vocabulary: Vocabulary, query: str) -> NDArray[np.int64]:
    """Rows whose review holds every term of `query`, whatever its case, in ascending order.

    In a text a term may stand anywhere, even within a word. Without texts a term is whole
    words, one after another. A query in typographic signs finds them and the plain ones.
    """
    spellings = dict.fromkeys((query, plain_text(query)))
    return reduce(np.union1d, [_with_terms(reviews, vocabulary, each) for each in spellings])


def _with_terms(reviews: Reviews, vocabulary: Vocabulary, query: str) -> NDArray[np.int64]:
    found = []
    for term in filter(None, terms_of(query)):
        if reviews.texts is not None:
            found.append(_in_texts(reviews.texts, term))
        else:
            found.append(_in_ranks(reviews, vocabulary.ranks(tokenize(term))))
    everything = np.arange(len(reviews), dtype=np.int64)
    return reduce(lambda rows, more: np.intersect1d(rows, more, assume_unique=True),
                  found, everything)  # fmt: skip


def _in_texts(texts: Texts, term: str) -> NDArray[np.int64]:
    rows: list[int] = []
    offsets = texts.offsets.tolist()
    needle = term.lower().encode()
    pattern = None if term.isascii() else _either_case(term)
    for first, last in _chunks(offsets):
        start = offsets[first]
        content = texts.utf8[start : offsets[last]].tobytes().lower()  # ASCII's letters only
        place = 0
        while True:
            if pattern is None:
                place = content.find(needle, place)
            else:
                match = pattern.search(content, place)
                place = match.start() if match else -1
            if place < 0:
                break
            row = bisect_right(offsets, start + place) - 1
            end = offsets[row + 1] - start
            if place + len(needle) <= end:
                rows.append(row)
                place = end  # one is enough for a review
            else:
                place += 1  # it lies over the border between two reviews
    return np.array(rows, np.int64)


def _chunks(offsets: list[int]) -> Iterator[tuple[int, int]]:
    """First row and the one after the last, about `_CHUNK_BYTES` each."""
    first, count = 0, len(offsets) - 1
    while first < count:
        last = min(max(bisect_right(offsets, offsets[first] + _CHUNK_BYTES) - 1, first + 1), count)
        yield first, last
        first = last


def _either_case(term: str) -> re.Pattern[bytes]:
    """Matches the UTF-8 of `term`; of a letter that ASCII has not, small and capital."""
    return re.compile(
        b"".join(
            b"(?:%s)" % b"|".join(re.escape(form.encode()) for form in {
                letter.lower(), letter.lower() if letter.isascii() else letter.upper()})
            for letter in term
        )
    )  # fmt: skip


def _in_ranks(reviews: Reviews, term: NDArray[np.int32]) -> NDArray[np.int64]:
    """Rows in which the ranks of `term` stand one after another; rank 0 is not known."""
    if not len(term) or not term.all() or len(reviews.ranks) < len(term):
        return np.empty(0, np.int64)
    starts = np.flatnonzero(reviews.ranks[: len(reviews.ranks) - len(term) + 1] == term[0])
    for ahead, rank in enumerate(term[1:], start=1):
        starts = starts[reviews.ranks[starts + ahead] == rank]
    rows = np.searchsorted(reviews.offsets, starts, side="right") - 1
    rows = rows[starts + len(term) <= reviews.offsets[rows + 1]]
    return np.unique(rows).astype(np.int64)
