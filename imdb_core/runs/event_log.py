"""A run's `events.jsonl`: one JSON object a line, only ever appended to."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from imdb_core.errors import RunDamagedError, StorageError

EventKind = Literal[
    "queued",
    "preparing",
    "started",
    "epoch",
    "paused",
    "changed",
    "resumed",
    "stopped",
    "failed",
    "interrupted",
]

Event = dict[str, Any]
"""`seq` (from 1), `event` (an EventKind), `time` (UTC, ISO 8601) and the kind's own fields."""


def utc_now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


def read_events(path: Path) -> list[Event]:
    """All whole lines of `path`; a last line without its newline is still being written.

    Raises:
        RunDamagedError: the file is missing, or a whole line is not an event.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RunDamagedError(f"{path} cannot be read: {error.strerror}.") from error
    lines = content[: content.rfind(b"\n") + 1].splitlines()
    try:
        # One array parses in half the time that the lines take one by one.
        events = json.loads(b"[" + b",".join(lines) + b"]")
        if [event["seq"] for event in events] != list(range(1, len(lines) + 1)):
            raise ValueError("the events are not numbered one after another")
    except (ValueError, KeyError, TypeError) as error:
        raise RunDamagedError(
            f"{path} is damaged, so the run cannot be shown. Delete it."
        ) from error
    checked: list[Event] = events
    return checked


class EventLog:
    """Appends events; the run's one writer at a time.

    Args:
        path: the `events.jsonl`.
        on_event: told each event once it is on disk.
        now: the clock.
    """

    def __init__(
        self,
        path: Path,
        *,
        on_event: Callable[[Event], None] = lambda event: None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._path = path
        self._on_event = on_event
        self._now = now
        self._seq: int | None = None

    def append(self, kind: EventKind, **fields: Any) -> Event:  # noqa: ANN401 - any JSON value
        """Write one event through to the disk.

        Raises:
            StorageError: it could not be written; the next attempt drops what was half-written.
        """
        if self._seq is None:
            self._seq = self._repair()
        event: Event = {
            "seq": self._seq + 1,
            "event": kind,
            "time": self._now().isoformat(timespec="milliseconds"),
            **fields,
        }
        line = json.dumps(event, ensure_ascii=False, allow_nan=False) + "\n"
        try:
            with open(self._path, "ab") as file:
                file.write(line.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            self._seq = None
            raise StorageError.from_os_error(error, self._path) from error
        self._seq += 1
        self._on_event(event)
        return event

    def _repair(self) -> int:
        """Cut off a line that a kill left unfinished; returns the last event's number."""
        if not self._path.exists():
            return 0
        content = self._path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(self._path, whole)
        return len(read_events(self._path))
