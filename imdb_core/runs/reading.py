"""Reads a run's folder, afresh whenever one asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from imdb_core.config import TrainConfig
from imdb_core.errors import ConfigError, RunDamagedError, unreadable
from imdb_core.files import parse_checked_json
from imdb_core.owner import Owner
from imdb_core.runs.event_log import Event, read_events
from imdb_core.runs.folder import EVENTS, RUN_JSON
from imdb_core.runs.run import LIVE_STATES, SCHEMA_VERSION, Change, DatasetInfo, Run, RunState
from imdb_core.training.records import EpochRecord

_STATE_AFTER: dict[str, RunState] = {
    "queued": "queued",
    "preparing": "preparing",
    "started": "training",
    "resumed": "training",
    "epoch": "training",
    "paused": "paused",
    "changed": "paused",
    "stopped": "finished",
    "failed": "failed",
    "interrupted": "interrupted",
}
_RECENT = 20


def read_run(folder: Path, is_own_job: Callable[[str], bool] = lambda run_id: True) -> Run:
    """Read a run's folder.

    Args:
        folder: the run's folder.
        is_own_job: whether this process still works on the run with that id; asked only
            of runs that this process owns.

    Raises:
        RunDamagedError: a file is missing or damaged; the message names it.
        StorageError: the system does not let one be read.
    """
    path = folder / RUN_JSON
    try:
        facts: dict[str, Any] = parse_checked_json(path.read_bytes())
        if facts["schema"] > SCHEMA_VERSION:
            raise RunDamagedError(
                f"{path} was written by a newer version of this program "
                f"(format {facts['schema']}, this one reads {SCHEMA_VERSION}). Update it."
            )
        dataset = DatasetInfo(**facts["dataset"]) if facts["dataset"] else None
        history = _history(folder / EVENTS)
        state = history.state
        if state in LIVE_STATES and not _is_at_work(folder.name, history.owner, is_own_job):
            state = "interrupted"
        config = TrainConfig.parse(facts["config"])
        last = history.last
        return Run(
            id=folder.name,
            folder=folder,
            label=facts["label"],
            # Runs of older versions have none of these.
            notes=facts.get("notes", ""),
            tags=tuple(facts.get("tags", ())),
            is_archived=facts.get("archived", False),
            config=config,
            changes=_changes(config, history.changes),
            dataset=dataset,
            device=facts["device"],
            engine=history.engine,
            versions=facts["versions"],
            parent=facts["parent"],
            pinned_texts=tuple(facts.get("pinned_texts", ())),
            guess=facts.get("guess"),
            created_at=datetime.fromisoformat(facts["created"]),
            changed_at=_time(last),
            state=state,
            epochs=tuple(history.epochs),
            pinned=tuple(history.pinned),
            weights_sha256=history.sha256_of("weights"),
            state_sha256=history.sha256_of("state"),
            first_stop=history.first_stop,
            last_epoch=history.last_epoch,
            between_epochs_s=history.between_epochs_s,
            reason=last["reason"] if last["event"] == "stopped" else None,
            error=last["message"] if last["event"] == "failed" else None,
            error_kind=last.get("error", "") if last["event"] == "failed" else "",
            visitor=history.visitor,
            ended_by=history.ended_by,
        )
    except OSError as error:
        missing = f"{path} is missing, so the run cannot be shown. Delete it."
        raise unreadable(error, path, RunDamagedError(missing)) from error
    except (
        ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, ConfigError
    ) as error:  # fmt: skip
        raise RunDamagedError(
            f"{path} is damaged, so the run cannot be shown. Delete it."
        ) from error


def parse_words(content: bytes, path: Path) -> list[str]:
    """The words in a run's `vocabulary.json`, in rank order.

    Raises:
        RunDamagedError: it is not what was written.
    """
    try:
        words: list[str] = parse_checked_json(content)["words"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RunDamagedError(f"{path} is damaged ({error}). Train again.") from error
    return words


@dataclass
class _History:
    """What the events say so far."""

    state: RunState
    owner: Owner | None
    last: Event
    epochs: list[EpochRecord] = field(default_factory=list)
    pinned: list[tuple[float, ...]] = field(default_factory=list)
    sha256: list[dict[str, str]] = field(default_factory=list)
    changes: list[Event] = field(default_factory=list)
    first_stop: int | None = None
    last_epoch: int | None = None
    between_epochs_s: float = 0.0
    engine: str = ""
    visitor: str = ""
    ended_by: str = ""

    def add_epoch(self, event: Event) -> None:
        """Take in a finished epoch; one that was there before, in runs of older versions, was
        trained again.
        """
        record = EpochRecord.of(event)
        if not 1 <= record.epoch <= len(self.epochs) + 1:
            raise ValueError(f"epoch {record.epoch} follows epoch {len(self.epochs)}")
        for each in (self.epochs, self.pinned, self.sha256):
            del each[record.epoch - 1 :]
        self.epochs.append(record)
        self.pinned.append(tuple(event.get("pinned", ())))
        self.sha256.append(dict(event.get("sha256", {})))

    def sha256_of(self, kind: str) -> dict[int, str]:
        """Epoch to what its event says of a file."""
        return {
            epoch: known[kind] for epoch, known in enumerate(self.sha256, start=1) if kind in known
        }


def _history(path: Path) -> _History:
    try:
        return _fold(read_events(path))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise RunDamagedError(
            f"{path} is damaged, so the run cannot be shown. Delete it."
        ) from error


def _fold(events: list[Event]) -> _History:
    # A run that was imported has no owner here.
    owners = (Owner(**event["owner"]) for event in reversed(events) if "owner" in event)
    last = events[-1]
    state = "stopped" if last.get("reason") == "user" else _STATE_AFTER[last["event"]]
    history = _History(state, next(owners, None), last)
    before_queue: tuple[int | None, int | None, str] = None, None, ""
    for event in events:
        kind = event["event"]
        if kind == "epoch":
            history.add_epoch(event)
        elif kind == "started":
            history.engine = str(event.get("engine", ""))
        elif kind == "changed":
            history.changes.append(event)
        elif kind == "queued":
            before_queue = history.last_epoch, history.first_stop, history.visitor
            history.visitor = str(event.get("visitor", history.visitor))
            if event.get("last_epoch"):
                history.last_epoch = event["last_epoch"]
                history.first_stop = history.first_stop or len(history.epochs)
        elif kind in ("paused", "stopped"):
            history.ended_by = str(event.get("by", ""))
        if event.get("is_withdrawn"):
            history.last_epoch, history.first_stop, history.visitor = before_queue
    history.between_epochs_s = _between_epochs_s(events[-_RECENT:])
    return history


def _changes(config: TrainConfig, events: list[Event]) -> tuple[Change, ...]:
    changes = []
    for event in events:
        config = config.changed(**event["settings"])
        changes.append(Change(epoch=event["epoch"], settings=event["settings"], config=config))
    return tuple(changes)


def _between_epochs_s(events: list[Event]) -> float:
    """Median time from epoch to epoch that neither of the two counts."""
    gaps = [
        (_time(later) - _time(event)).total_seconds()
        - later["train_seconds"]
        - later["val_seconds"]
        for event, later in pairwise(events)
        if event["event"] == later["event"] == "epoch"
    ]
    return max(0.0, median(gaps)) if gaps else 0.0


def _time(event: Event) -> datetime:
    return datetime.fromisoformat(event["time"])


def _is_at_work(run_id: str, owner: Owner | None, is_own_job: Callable[[str], bool]) -> bool:
    if owner is None:
        return False
    return is_own_job(run_id) if owner.is_this_process else owner.is_alive()
