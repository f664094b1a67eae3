"""A run as its folder tells it: an immutable view, read afresh whenever one asks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal

from imdb_core.config import TrainConfig
from imdb_core.errors import ConfigError, RunDamagedError, RunStateError
from imdb_core.runs.checkpoints import BEST, LAST
from imdb_core.runs.event_log import Event, read_events
from imdb_core.runs.owner import Owner
from imdb_core.training.records import EpochRecord, StopReason

SCHEMA_VERSION = 1

RunState = Literal["queued", "preparing", "training", "paused", "finished", "failed", "interrupted"]

_STATE_AFTER: dict[str, RunState] = {
    "queued": "queued",
    "preparing": "preparing",
    "started": "training",
    "resumed": "training",
    "epoch": "training",
    "paused": "paused",
    "stopped": "finished",
    "failed": "failed",
    "interrupted": "interrupted",
}
_LIVE: tuple[RunState, ...] = ("queued", "preparing", "training", "paused")
_epoch_values = itemgetter(*EpochRecord._fields)


@dataclass(frozen=True, kw_only=True)
class DatasetInfo:
    """Which reviews a run was trained on.

    Attributes:
        source: the prepared set's name.
        origin: what to call the data on a page.
        fingerprint: SHA-256 of the content, hexadecimal.
        is_synthetic: these are not IMDB reviews.
        train_reviews: rows learnt from.
        validation_reviews: rows that decide when to stop; val_accuracy counts these.
    """

    source: str
    origin: str
    fingerprint: str
    is_synthetic: bool
    train_reviews: int
    validation_reviews: int


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run at one moment.

    Attributes:
        id: the folder's name; ids sort by time of creation.
        label: the user's name for it, may be empty.
        dataset: None until the data were ready.
        device: what computed, by name; empty until training started.
        versions: package name to version.
        parent: the run that this one goes on from, if any.
        state: what the last event means, but `interrupted` where its owner has died.
        epochs: finished epochs in order, epoch 1 first.
        reason: which rule ended it, if one did.
        error: why it failed, if it did.
    """

    id: str
    folder: Path
    label: str
    config: TrainConfig
    dataset: DatasetInfo | None
    device: str
    versions: dict[str, str]
    parent: str | None
    created_at: datetime
    changed_at: datetime
    state: RunState
    epochs: tuple[EpochRecord, ...]
    reason: StopReason | None
    error: str | None

    @property
    def name(self) -> str:
        """The label, or else the id."""
        return self.label or self.id

    @property
    def is_live(self) -> bool:
        """Whether it is waiting or at work."""
        return self.state in _LIVE

    @property
    def best(self) -> EpochRecord | None:
        """The epoch whose weights were kept."""
        return self.epochs[self.epochs[-1].best_epoch - 1] if self.epochs else None

    @property
    def bad_epochs(self) -> int:
        """Epochs in a row without improvement, so far."""
        return self.epochs[-1].bad_epochs if self.epochs else 0

    @property
    def ending(self) -> str:
        """Why it ended and what was kept, in a sentence or two; empty while it is at work."""
        if self.is_live:
            return ""
        return f"{self._why_it_ended()} {self._what_was_kept()}"

    @property
    def training_seconds(self) -> float:
        """Time that the finished epochs took, validation included."""
        return sum(record.train_seconds + record.val_seconds for record in self.epochs)

    @property
    def can_score(self) -> bool:
        """Whether it has weights to score with."""
        return self.best is not None

    @property
    def best_weights(self) -> Path:
        """The best epoch's weights.

        Raises:
            RunStateError: no epoch has finished yet.
        """
        if not self.can_score:
            raise RunStateError(
                f"Run {self.id} has finished no epoch, so it has no weights yet. "
                "Pick another run, or wait for its first epoch."
            )
        return self.folder / BEST

    def check_resumable(self) -> None:
        """Raise RunStateError, with the reason, unless the run can be resumed."""
        if self.is_live:
            raise RunStateError(f"Run {self.id} is {self.state} already.")
        if self.state == "finished" and self.reason != "user":
            rule = "its patience" if self.reason == "patience" else "its most epochs"
            raise RunStateError(
                f"Run {self.id} came to its end by {rule}; there is nothing left to resume."
            )
        if self.state == "failed" and self.error and "loss became" in self.error:
            raise RunStateError(
                f"Run {self.id} failed for its settings and would fail again: {self.error}"
            )

    @property
    def is_resumable(self) -> bool:
        """Whether `check_resumable` passes."""
        try:
            self.check_resumable()
        except RunStateError:
            return False
        return True

    @property
    def has_state(self) -> bool:
        """Whether a resumption goes on from a finished epoch, not from the start."""
        return (self.folder / LAST).exists()

    def _why_it_ended(self) -> str:
        epoch = len(self.epochs)
        if self.state == "interrupted":
            return f"Interrupted after epoch {epoch}: its process ended. It can be resumed."
        if self.state == "failed":
            return f"Failed. {self.error}"
        if self.reason == "patience":
            count = self.config.patience
            in_a_row = "one epoch" if count == 1 else f"{count} epochs in a row"
            return (
                f"Stopped after epoch {epoch}: {in_a_row} without a better validation loss "
                f"(patience {count})."
            )
        if self.reason == "max_epochs":
            return f"Ended after epoch {epoch}, the most that the settings allow."
        return f"Stopped by hand after epoch {epoch}."

    def _what_was_kept(self) -> str:
        if self.best is None or self.dataset is None:
            return "No epoch was finished, so there are no weights."
        return (
            f"Epoch {self.best.epoch} was best: validation loss {self.best.val_loss:.4f}, "
            f"accuracy {self.best.val_accuracy:.4f} on {self.dataset.validation_reviews:,} "
            "reviews. Its weights are kept."
        )


def read_run(folder: Path, is_own_job: Callable[[str], bool] = lambda run_id: True) -> Run:
    """Read a run's folder.

    Args:
        folder: the run's folder.
        is_own_job: whether this process still works on the run with that id; asked only
            of runs that this process owns.

    Raises:
        RunDamagedError: a file cannot be read; the message names it.
    """
    path = folder / "run.json"
    try:
        facts: dict[str, Any] = json.loads(path.read_bytes().decode())
        if facts["schema"] > SCHEMA_VERSION:
            raise RunDamagedError(
                f"{path} was written by a newer version of this program "
                f"(format {facts['schema']}, this one reads {SCHEMA_VERSION}). Update it."
            )
        config = TrainConfig.parse(facts["config"])
        dataset = DatasetInfo(**facts["dataset"]) if facts["dataset"] else None
        events = read_events(folder / "events.jsonl")
        state, owner, epochs = _fold(events)
        last = events[-1]
        if state in _LIVE and not _is_at_work(folder.name, owner, is_own_job):
            state = "interrupted"
        return Run(
            id=folder.name,
            folder=folder,
            label=facts["label"],
            config=config,
            dataset=dataset,
            device=facts["device"],
            versions=facts["versions"],
            parent=facts["parent"],
            created_at=datetime.fromisoformat(facts["created"]),
            changed_at=datetime.fromisoformat(last["time"]),
            state=state,
            epochs=epochs,
            reason=last["reason"] if last["event"] == "stopped" else None,
            error=last["message"] if last["event"] == "failed" else None,
        )
    except OSError as error:
        raise RunDamagedError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, IndexError, ConfigError) as error:
        raise RunDamagedError(
            f"{path} is damaged, so the run cannot be shown. Delete it."
        ) from error


def _fold(events: list[Event]) -> tuple[RunState, Owner, tuple[EpochRecord, ...]]:
    owner = next(event["owner"] for event in reversed(events) if "owner" in event)
    epochs = tuple(
        EpochRecord._make(_epoch_values(event)) for event in events if event["event"] == "epoch"
    )
    return _STATE_AFTER[events[-1]["event"]], Owner(**owner), epochs


def _is_at_work(run_id: str, owner: Owner, is_own_job: Callable[[str], bool]) -> bool:
    return is_own_job(run_id) if owner.is_this_process else owner.is_alive()
