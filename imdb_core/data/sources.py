"""The sources there are, and what is known of each without reading it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from imdb_core.config import BUILT_IN_SOURCES, OWN_PATTERN, OWN_PREFIX, Source
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
        is_preparable: whether `prepare` can be tried without being told a path or file.
        is_damaged: there, but a file is missing, cut or unreadable. Numbers that cannot be
            show only when it is loaded.
        is_replaced: another source is read in its place.
        visitor: the mark of whoever brought the reviews; empty where nobody knows.
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
    is_preparable: bool = True
    is_damaged: bool = False
    is_replaced: bool = False
    visitor: str = ""

    @property
    def is_own(self) -> bool:
        """Whether the user brought these reviews."""
        return is_own(self.source)


def is_own(source: Source) -> bool:
    """Whether `source` names reviews that a user brought, there or not."""
    return re.fullmatch(OWN_PATTERN, source) is not None


def title_of(source: Source) -> str:
    """A source's name for people, without asking its folder."""
    return SOURCES[source][0] if source in SOURCES else source.removeprefix(OWN_PREFIX)


def known_source(name: str) -> Source:
    """`name`, if it is a source, or could be one of the user's own.

    Raises:
        SourceUnavailableError: there can be no such source.
    """
    if name in SOURCES or is_own(name):
        return name
    raise SourceUnavailableError(
        f"There is no data source {name!r}; the sources are {', '.join(BUILT_IN_SOURCES)}, and "
        f"{OWN_PREFIX}NAME for reviews of your own."
    )
