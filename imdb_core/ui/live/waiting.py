"""A page that is drawn again once what it is about has come to another state.

A script says what its page waits for; the browser hears of it on the feed and asks for one new
script. No page asks again and again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from secrets import token_hex

from imdb_core.changes import Changes
from imdb_core.jobs import Job
from imdb_core.ui.live.parts import mount_watch

_topics: ContextVar[set[str] | None] = ContextVar("topics", default=None)


@contextmanager
def drawing(changes: Changes) -> Iterator[None]:
    """Around all that draws a page: what was waited for by its end has the page drawn again."""
    mark, topics = changes.mark(), set[str]()
    token = _topics.set(topics)
    try:
        yield
        # Never inside a fragment: what it reports would be taken for a fragment of the next page.
        mount_watch(key="watch", topics=sorted(topics), mark=mark, script=token_hex(4))
    finally:
        _topics.reset(token)


def wait_for(*topics: str) -> None:
    """Draw the page again once one of these has come to another state since its script began."""
    waited = _topics.get()
    if waited is not None:  # else there is no page, as in a test of one part
        waited.update(topics)


def wait_for_job(job: Job | None) -> None:
    """Draw the page again once the job starts or ends."""
    if job is not None:
        wait_for(job.topic)
