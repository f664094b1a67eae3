"""What has changed lately, so that pages need not ask again and again."""

from __future__ import annotations

import itertools
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any, Final

_MOST_TOPICS: Final = 4096


@dataclass(frozen=True, kw_only=True)
class Change:
    """The last that was told of a topic.

    Attributes:
        topic: what it is about, such as `queue` or `run/<run id>`.
        version: grows whenever the topic comes to another state.
        stamp: grows with that, and with each new `data` as well.
        data: values for pages to show as they stand; JSON, or None.
        state: what `Changes.tell` was told of it.
    """

    topic: str
    version: int
    stamp: int
    data: Any = None
    state: object = None


class Changes:
    """Counts the changes of topics and wakes whoever waits for one; for any number of threads.

    Numbers begin with the time in milliseconds: those of a server that was started again are
    larger than any that it gave before.
    """

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._numbers = itertools.count(time.time_ns() // 1_000_000)
        self._last = next(self._numbers)
        self._topics: OrderedDict[str, Change] = OrderedDict()

    def mark(self) -> int:
        """A number that every later change exceeds, and no earlier one."""
        with self._news:
            return self._last

    def tell(self, topic: str, *, state: object = None) -> None:
        """`topic` has come to another state: whoever shows it looks again.

        Args:
            topic: its name.
            state: which one, where several may tell of the same: the second is not heard.
        """
        with self._news:
            known = self._topics.get(topic)
            if known is None or state is None or known.state != state:
                self._last = number = next(self._numbers)
                data = known.data if known else None
                self._put(Change(topic=topic, version=number, stamp=number, data=data, state=state))

    def show(self, topic: str, data: object) -> None:
        """New values to show of `topic`, in the same state as before; the same again is nothing."""
        with self._news:
            known = self._topics.get(topic, Change(topic=topic, version=0, stamp=0))
            if known.data != data:
                self._last = number = next(self._numbers)
                self._put(replace(known, stamp=number, data=data))

    def last(self, topic: str) -> Change | None:
        """The last that was told of `topic` since this process began."""
        with self._news:
            return self._topics.get(topic)

    def wait(self, mark: int, timeout_s: float) -> bool:
        """Block until something has changed since `mark`; False if nothing had in time."""
        with self._news:
            return self._news.wait_for(lambda: self._last > mark, timeout_s)

    def _put(self, change: Change) -> None:
        self._topics[change.topic] = change
        self._topics.move_to_end(change.topic)
        while len(self._topics) > _MOST_TOPICS:
            self._topics.popitem(last=False)
        self._news.notify_all()
