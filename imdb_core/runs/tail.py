"""Follows a run's `events.jsonl` while somebody appends to it, this process or another."""

from __future__ import annotations

import json
import os
from itertools import takewhile
from pathlib import Path

from imdb_core.runs.event_log import as_line, for_others


class EventTail:
    """The whole lines of one file, as far as they are read.

    Attributes:
        lines: each event, without the line's end and `for_others`.
        life: how often the file was found replaced; its lines then begin anew.

    Args:
        path: the `events.jsonl`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_to = 0
        self._file: tuple[int, int] | None = None
        self.lines: list[bytes] = []
        self.life = 0

    def look(self) -> bool:
        """Read what is new; False if nothing is.

        A last line without its end is still being written and waits for the next look. A file
        that is another one, or shorter than what was read of it, is read from the start. What
        follows a damaged line is left out, and that line too: no reader could make sense of it.

        Raises:
            OSError: the file cannot be read.
        """
        found = os.stat(self._path)
        if self._is_replaced(found):
            self.life += 1
            self._read_to = 0
            self.lines = []
        self._file = found.st_dev, found.st_ino
        if found.st_size == self._read_to:
            return False
        with open(self._path, "rb") as file:
            file.seek(self._read_to)
            content = file.read()
        whole = content.rfind(b"\n") + 1
        self._read_to += whole
        numbered = enumerate(content[:whole].splitlines(), start=len(self.lines) + 1)
        new = list(takewhile(bool, (_told(seq, line) for seq, line in numbered)))
        self.lines = self.lines + new  # a new list: whoever reads the old one is not disturbed
        return bool(new)

    def _is_replaced(self, found: os.stat_result) -> bool:
        is_known = self._file is not None
        return is_known and (
            self._file != (found.st_dev, found.st_ino) or found.st_size < self._read_to
        )


def _told(seq: int, line: bytes) -> bytes:
    """The line without what is nobody else's business; nothing if it is no event of that number."""
    try:
        event = json.loads(line)
    except ValueError:
        return b""
    if not isinstance(event, dict) or event.get("seq") != seq:
        return b""
    return line if event.get("event") == "epoch" else as_line(for_others(event)).rstrip(b"\n")
