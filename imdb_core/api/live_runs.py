"""Runs that somebody watches: their events as they come, and what changes between two events."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from imdb_core.errors import RunError, StorageError
from imdb_core.runs.advice import advice
from imdb_core.runs.run import Run
from imdb_core.runs.tail import EventTail
from imdb_core.studio import Studio
from imdb_core.ui.train.numbers import run_numbers

_READ_AGAIN_S: Final = 1.0
_SHARE_OF_TIME: Final = 0.05


class LiveRun:
    """One run that is watched, whichever process trains it.

    Tells the studio's changes what no event of this process tells: that the run has come to
    another state (`run/<id>`), what its numbers are now (`numbers/<id>`), and that the coach
    has something else to say (`coach/<id>`).

    Attributes:
        tail: its events so far.

    Args:
        studio: holds the run.
        run_id: the run's.
        clock: seconds, never going back.
    """

    def __init__(
        self, studio: Studio, run_id: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._studio = studio
        self._id = run_id
        self._clock = clock
        self._is_live = True
        self._rules: tuple[str, ...] | None = None
        self._read_at = -math.inf
        self._read_s = 0.0
        self.tail = EventTail(studio.settings.runs_folder / run_id / "events.jsonl")

    def look(self) -> None:
        """Read what is new."""
        known, life = len(self.tail.lines), self.tail.life
        try:
            is_new = self.tail.look()
        except OSError:  # deleted, or not there yet
            self._tell_state("gone")
            return
        if is_new:
            self._note_states(self.tail.lines[known if life == self.tail.life else 0 :])
        since = self._clock() - self._read_at
        # Reading a long run takes a while: never more than a share of all time.
        is_due = since >= max(self._read_s / _SHARE_OF_TIME, 0.0 if is_new else _READ_AGAIN_S)
        if is_due and (is_new or self._is_live):
            self._read()

    def _note_states(self, lines: Sequence[bytes]) -> None:
        for line in reversed(lines):
            with suppress(ValueError):  # whoever reads the run says that it is damaged
                event = json.loads(line)
                if event.get("event") != "epoch":
                    self._tell_state(event.get("seq"))
                    return

    def _read(self) -> None:
        started = self._clock()
        try:
            run = self._studio.store.get(self._id)
        except RunError:
            self._tell_state("gone")
            return
        except StorageError:  # whoever draws the run says why; it may go again in a moment
            self._read_at = self._clock()
            return
        if self._is_live and run.state == "interrupted":
            self._tell_state("interrupted")  # its process has died and told nobody
        self._is_live = run.is_live
        if run.is_live:
            self._tell_values(run)
        self._read_at = self._clock()
        self._read_s = self._read_at - started

    def _tell_state(self, state: object) -> None:
        self._studio.changes.tell(f"run/{self._id}", state=state)
        self._studio.changes.tell("runs", state=(self._id, state))

    def _tell_values(self, run: Run) -> None:
        self._studio.changes.show(f"numbers/{self._id}", run_numbers(run))
        rules = tuple(note.rule for note in advice(run))
        if self._rules not in (None, rules):
            self._studio.changes.tell(f"coach/{self._id}")
        self._rules = rules
