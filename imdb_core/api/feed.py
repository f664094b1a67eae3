"""The live feed: what pages wait for, as server-sent events.

One thread looks, for all readers together, at what they watch, and wakes them; each reader is
a coroutine that sends what it has not sent. A reader that asks for it is answered once and let
go, which passes proxies that hold an answer back until it has ended.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final

from imdb_core.api.live_runs import LiveRun
from imdb_core.changes import Change
from imdb_core.data import Progress
from imdb_core.studio import Studio
from imdb_core.ui.train.numbers import queue_lines

logger = logging.getLogger(__name__)

RUN_ID: Final = re.compile(r"[\w-]{1,80}")
COMMENT_EVERY_S: Final = 15.0
STILL_HERE: Final = b": still here\n\n"
PUBLIC_TOPICS: Final = ("queue", "runs", "busy", "preparation", "cost", "baselines", "evaluation")

_LOOK_EVERY_S: Final = 0.2
_QUEUE_EVERY_S: Final = 1.0
_GATHER_S: Final = 0.05  # what comes close together is sent together
_FIRST_LINE: Final = b":" + b" " * 2048 + b"\n\n"  # some proxies hold the first bytes back


class Feed:
    """What all readers of one server share.

    Attributes:
        is_closed: the server is about to end.

    Args:
        studio: what they read about.
        clock: seconds, never going back.
    """

    def __init__(self, studio: Studio, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._studio = studio
        self._clock = clock
        self._lock = threading.Lock()
        self._readers: dict[Reader, asyncio.AbstractEventLoop] = {}
        self._watched: Counter[str] = Counter()
        self._runs: dict[str, LiveRun] = {}
        self._thread: threading.Thread | None = None
        self.is_closed = False
        self._queue_at = -float("inf")
        self._folder_state: tuple[object, ...] = ()

    def last(self, topic: str) -> Change | None:
        """The last that is known of a topic."""
        return self._studio.changes.last(topic)

    def lines(self, run_id: str) -> tuple[int, list[bytes]]:
        """A watched run's events so far, and how often its file was replaced."""
        live = self._runs.get(run_id)
        return (live.tail.life, live.tail.lines) if live else (0, [])

    def join(self, reader: Reader) -> None:
        """Watch what `reader` is about until it leaves."""
        with self._lock:
            self._readers[reader] = asyncio.get_running_loop()
            self._watched.update(reader.watched)
            for run_id in reader.watched:
                if run_id not in self._runs:
                    self._runs[run_id] = live = LiveRun(self._studio, run_id, clock=self._clock)
                    live.look()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="feed", daemon=True)
                self._thread.start()

    def leave(self, reader: Reader) -> None:
        """Watch no longer what only `reader` was about."""
        with self._lock:
            del self._readers[reader]
            self._watched.subtract(reader.watched)
            for run_id in reader.watched:
                if self._watched[run_id] <= 0:
                    del self._watched[run_id], self._runs[run_id]

    def close(self) -> None:
        """Let all readers go, now and later: the server waits for them before it ends."""
        self.is_closed = True
        for reader, loop in list(self._readers.items()):
            loop.call_soon_threadsafe(reader.wake)

    def _work(self) -> None:
        mark = 0
        while self._go_on():
            try:
                self._look()
                self._wake()
                mark = self._studio.changes.mark()
                time.sleep(_GATHER_S)
                self._studio.changes.wait(mark, _LOOK_EVERY_S)
            except Exception:
                # The top of the thread: one run that cannot be read must not end the feed.
                logger.exception("The live feed met a defect and goes on")
                time.sleep(_LOOK_EVERY_S)

    def _go_on(self) -> bool:
        with self._lock:
            if not self._readers:
                self._thread = None
            return self._thread is not None

    def _look(self) -> None:
        with self._lock:
            runs = list(self._runs.values())
        for live in runs:
            try:
                live.look()
            except Exception:
                # Whatever is wrong with one run, those who watch others go on.
                logger.exception("A run could not be followed")
        # What waits for an idle machine waits for the kernels, too.
        busy = self._studio.is_training, self._studio.is_busy
        self._studio.changes.tell("busy", state=busy)
        if self._clock() - self._queue_at >= _QUEUE_EVERY_S:
            self._queue_at = self._clock()
            self._studio.changes.show("queue", queue_lines(self._studio.queue()))
            self._look_for_runs()

    def _look_for_runs(self) -> None:
        """Another process may have added runs, or taken some away."""
        try:
            found = self._studio.settings.runs_folder.stat()
        except OSError:
            return
        state = found.st_ino, found.st_mtime_ns
        if self._folder_state not in ((), state):
            self._studio.changes.tell("runs")
        self._folder_state = state

    def _wake(self) -> None:
        with self._lock:
            readers = list(self._readers.items())
        for reader, loop in readers:
            if reader.has_news():
                try:
                    loop.call_soon_threadsafe(reader.wake)
                except RuntimeError:  # its loop has ended, and the reader with it
                    continue


class Reader:
    """One connection, and what was sent on it.

    Args:
        feed: shared by all readers.
        topics: names of what is waited for, with the stamp of what is known of each.
        runs: ids of runs whose events are wanted, with the number of the last known event.
    """

    def __init__(self, feed: Feed, topics: Mapping[str, int], runs: Mapping[str, int]) -> None:
        self._feed = feed
        self._stamps = dict(topics)
        self._positions: dict[str, tuple[int | None, int]] = {
            run_id: (None, after) for run_id, after in runs.items()
        }
        self._news = asyncio.Event()
        named = (topic.partition("/") for topic in topics)
        about = {name for kind, _, name in named if kind in ("run", "numbers", "coach")}
        self.watched = {run_id for run_id in about | set(runs) if RUN_ID.fullmatch(run_id)}

    def has_news(self) -> bool:
        """Whether something is there that was not sent; may be asked from any thread."""
        return any(
            change is not None and change.stamp > stamp
            for topic, stamp in list(self._stamps.items())
            if (change := self._feed.last(topic)) is not None
        ) or any(
            (found := self._feed.lines(run_id))[0] != life or len(found[1]) != position
            for run_id, (life, position) in list(self._positions.items())
        )

    def wake(self) -> None:
        """Have it send what is new; only on its own loop."""
        self._news.set()

    async def stream(self, *, once_within_s: float | None = None) -> AsyncIterator[bytes]:
        """Send what is new whenever there is something, and a comment when there is not.

        Args:
            once_within_s: end with the first that is sent, or else after so many seconds.
        """
        self._feed.join(self)
        try:
            yield _FIRST_LINE
            while not self._feed.is_closed:
                self._news.clear()
                if found := self._new():
                    yield found
                    if once_within_s is not None:
                        return
                try:
                    await asyncio.wait_for(self._news.wait(), once_within_s or COMMENT_EVERY_S)
                except TimeoutError:
                    if once_within_s is not None:
                        return
                    yield STILL_HERE
        finally:
            self._feed.leave(self)

    def _new(self) -> bytes:
        return b"".join([*self._new_changes(), *self._new_events()])

    def _new_changes(self) -> list[bytes]:
        found = []
        for topic, stamp in self._stamps.items():
            change = self._feed.last(topic)
            if change is not None and change.stamp > stamp:
                self._stamps[topic] = change.stamp
                found.append(_message(change.stamp, _told(change)))
        return found

    def _new_events(self) -> list[bytes]:
        found = []
        for run_id, (life, position) in self._positions.items():
            new_life, lines = self._feed.lines(run_id)
            if life not in (None, new_life) or position > len(lines):
                # The file was replaced, or the run is not the one that the reader knew.
                position = 0
                found.append(_message(None, {"run": run_id, "restart": True}))
            if position < len(lines):
                events = b",".join(lines[position:])
                head = json.dumps({"run": run_id})[:-1].encode()
                found.append(b"data: " + head + b', "events": [' + events + b"]}\n\n")
            self._positions[run_id] = new_life, len(lines)
        return found


def _told(change: Change) -> dict[str, Any]:
    told: dict[str, Any] = {"topic": change.topic, "version": change.version}
    if isinstance(change.data, Progress):
        told["data"] = {"text": change.data.text, "share": change.data.share}
    elif change.data is not None:
        told["data"] = change.data
    return told


def _message(id: int | None, data: object) -> bytes:
    first = f"id: {id}\n" if id is not None else ""
    return f"{first}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
