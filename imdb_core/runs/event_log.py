"""A run's `events.jsonl`: one JSON object a line, appended to as long as the run lives.

Only `EventLog.go_back` replaces the file, in one step: the new one is another file of fewer lines.
Each line ends with the CRC-32 of what stands before it, so that a reader notices what was not
written so; lines of older versions have none.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from imdb_core.errors import RunDamagedError, StorageError, StudioError, unreadable
from imdb_core.files import write_atomically

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

_OF_THIS_COMPUTER: Final = ("owner", "visitor", "by")

Event = dict[str, Any]
"""`seq` (from 1), `event` (an EventKind), `time` (UTC, ISO 8601), the kind's own fields, `crc`."""

_CRC: Final = b', "crc": "'
_CRC_LENGTH: Final = len(b'01234567"}')


def utc_now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


def read_events(path: Path) -> list[Event]:
    """All whole lines of `path`; a last line without its newline is still being written.

    Raises:
        RunDamagedError: the file is missing, or a whole line is not an event as it was written.
        StorageError: the system does not let it be read.
    """
    return parse_events(_read(path), path)


def parse_events(content: bytes, path: Path) -> list[Event]:
    """`read_events` of a file's content.

    Raises:
        RunDamagedError: as there.
    """
    whole, _, torn = content.rpartition(b"\n")
    lines = whole.splitlines()
    try:
        for line in lines:
            _check(line)
        if len(torn.rpartition(_CRC)[2]) > _CRC_LENGTH and _CRC in torn:
            raise ValueError("a line ends with something else than its newline")
        # One array parses in half the time that the lines take one by one.
        events = json.loads(b"[" + b",".join(lines) + b"]")
        if [event["seq"] for event in events] != list(range(1, len(lines) + 1)):
            raise ValueError("the events are not numbered one after another")
        for event in events:
            numbers = ("epoch", "best_epoch") if event["event"] == "epoch" else ()
            if not all(type(event[name]) is int for name in numbers):
                raise ValueError("an epoch has no number")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RunDamagedError(
            f"{path} is damaged, so the run cannot be shown. Delete it."
        ) from error
    checked: list[Event] = events
    return checked


def without_repeats(events: list[Event]) -> list[Event]:
    """The events without the epochs that older versions trained twice, renumbered."""
    kept: list[Event] = []
    for event in events:
        if event["event"] == "epoch":
            kept = [e for e in kept if e["event"] != "epoch" or e["epoch"] < event["epoch"]]
        kept.append(event)
    return [event | {"seq": seq} for seq, event in enumerate(kept, start=1)]


def for_others(event: Event) -> Event:
    """The event without the process it belonged to and without who asked for it: nobody else's
    business, on other computers and in other browsers.
    """
    return {key: value for key, value in event.items() if key not in _OF_THIS_COMPUTER}


def as_line(event: Event) -> bytes:
    """An event as it stands in the file, `crc` last."""
    rest = {key: value for key, value in event.items() if key != "crc"}
    text = json.dumps(rest, ensure_ascii=False, allow_nan=False).encode()
    return b'%b%b%08x"}\n' % (text[:-1], _CRC, zlib.crc32(text))


def _check(line: bytes) -> None:
    """Raise ValueError if the line is not what `as_line` gave; one without a checksum passes."""
    text, mark, crc = line.rpartition(_CRC)
    if mark and crc != b'%08x"}' % zlib.crc32(text + b"}"):
        raise ValueError("a line and its checksum differ")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(error, path) from error


def _unreadable(error: OSError, path: Path) -> StudioError:
    missing = f"{path} is missing, so the run cannot be shown. Delete it."
    return unreadable(error, path, RunDamagedError(missing))


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
            RunDamagedError: what stands there already cannot be read.
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
        line = as_line(event)
        try:
            with open(self._path, "ab") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            self._seq = None
            raise StorageError.from_os_error(error, self._path) from error
        self._seq += 1
        self._on_event(json.loads(line))
        return event

    def go_back(self, epoch: int) -> None:
        """Take out every epoch after `epoch`, in one step; what else happened stays, renumbered.

        Raises:
            RunDamagedError: the file cannot be read.
            StorageError: it could not be written; it is as it was.
        """
        kept: list[Event] = []
        for event in read_events(self._path):
            if event["event"] == "changed":
                # Settings that changed later are in force from here on.
                event["epoch"] = min(event["epoch"], epoch)
            if event["event"] != "epoch" or event["epoch"] <= epoch:
                kept.append(event | {"seq": len(kept) + 1})
        write_atomically(self._path, b"".join(map(as_line, kept)))
        self._seq = len(kept)

    def _repair(self) -> int:
        """Cut off a line that a kill left unfinished; returns the last event's number."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise _unreadable(error, self._path) from error
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            try:
                os.truncate(self._path, whole)
            except OSError as error:
                raise StorageError.from_os_error(error, self._path) from error
        return len(parse_events(content, self._path))
