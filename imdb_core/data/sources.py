"""The sources there are, and what is known of each without reading it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from imdb_core.config import Source
from imdb_core.errors import SourceUnavailableError

SOURCES: Final[dict[Source, tuple[str, str]]] = {
    "imdb": (
        "IMDB",
        "25,000 + 25,000 movie reviews as Keras offers them: word numbers without the texts.",
    ),
    "aclimdb": (
        "IMDB, Stanford's files",
        "The same reviews as their authors wrote them, with stars and texts.",
    ),
    "sample": (
        "Synthetic sample",
        "Reviews that this program makes up in a second, without the internet. Not IMDB.",
    ),
}
"""Source to its title and description."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What a prepared source holds: reviews to train on and to test, and different words."""

    train: int
    test: int
    words: int


@dataclass(frozen=True, kw_only=True)
class SourceStatus:
    """One source at a glance.

    Attributes:
        source: its name in `TrainConfig`.
        title: its name for people.
        description: what it is, one sentence.
        is_prepared: whether it can be loaded at once.
        origin: where its reviews come from; None unless prepared, as are the next three.
        counts: how much there is.
        size_bytes: what it takes on disk.
        prepared_at: when it was prepared (UTC).
        advice: what to do next; empty if prepared.
    """

    source: Source
    title: str
    description: str
    is_prepared: bool
    origin: str | None = None
    counts: Counts | None = None
    size_bytes: int | None = None
    prepared_at: datetime | None = None
    advice: str = ""


def known_source(name: str) -> Source:
    """`name`, if it is a source.

    Raises:
        SourceUnavailableError: there is no such source.
    """
    for source in SOURCES:
        if source == name:
            return source
    raise SourceUnavailableError(
        f"There is no data source {name!r}; the sources are {', '.join(SOURCES)}."
    )
