"""A run as its folder tells it at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from imdb_core.config import TrainConfig, field_specs
from imdb_core.errors import (
    DataChangedError,
    DataNotPreparedError,
    NonFiniteLossError,
    RunStateError,
    SourceDamagedError,
    SourceUnavailableError,
)
from imdb_core.files import is_there
from imdb_core.runs import ending
from imdb_core.runs.folder import BEST, LAST
from imdb_core.training.records import EpochRecord, StopReason

SCHEMA_VERSION = 1
EPOCHS_LIMIT = int(field_specs()["max_epochs"].maximum or 0)

RunState = Literal[
    "queued", "preparing", "training", "paused", "finished", "stopped", "failed", "interrupted"
]
"""`finished` came to its end by a rule, `stopped` because somebody asked for it."""

_NO_DATA = tuple(
    error.__name__
    for error in (
        DataChangedError,
        DataNotPreparedError,
        SourceDamagedError,
        SourceUnavailableError,
    )
)

LIVE_STATES: tuple[RunState, ...] = ("queued", "preparing", "training")


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
class Change:
    """Settings that were changed while the run was paused.

    Attributes:
        epoch: the last epoch that the old values trained.
        settings: names to new values.
        config: all settings that are in force from then on.
    """

    epoch: int
    settings: dict[str, Any]
    config: TrainConfig


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run at one moment.

    Attributes:
        id: the folder's name; ids sort by time of creation.
        label: the user's name for it, may be empty.
        notes: the user's own text, may be empty.
        tags: the user's own, in order.
        is_archived: kept out of sight unless asked for.
        config: the settings that it began with; they stay as they are.
        changes: what was changed on the way, in order.
        dataset: None until the data were ready.
        device: what computed, by name; empty until training started.
        engine: what computed on it, `torch` or `fast`; empty until training started.
        versions: package name to version; `project` is a mark of the code that computes, and
            `system`, `cpu` and `threads` tell of the machine.
        parent: the run that this one goes on from, if any.
        pinned_texts: the user's own, judged after every epoch.
        guess: the epoch at which the user thought it would stop, if they said so.
        visitor: the mark of whoever started or resumed it last; empty where that is not known.
        ended_by: whose mark stopped or paused it, or TERMINAL; empty where that is not known.
        state: what the last event means, but `interrupted` where its owner has died.
        epochs: finished epochs in order, epoch 1 first.
        pinned: P(positive) of each pinned text, for each of `epochs`.
        weights_sha256: epoch to the SHA-256 of its weights' file, as it was announced; epochs of
            older versions have none.
        state_sha256: the same of the training's state.
        first_stop: the epoch at which a rule ended it before it was kept going.
        between_epochs_s: what an epoch takes beside its own seconds, mostly writing files.
        last_epoch: how far it is kept going, whatever the patience rule says.
        reason: which rule ended it, if one did.
        error: why it failed, if it did.
        error_kind: the name of that error's class.
    """

    id: str
    folder: Path
    label: str
    config: TrainConfig
    changes: tuple[Change, ...]
    dataset: DatasetInfo | None
    device: str
    engine: str
    versions: dict[str, str]
    parent: str | None
    pinned_texts: tuple[str, ...]
    guess: int | None
    created_at: datetime
    changed_at: datetime
    state: RunState
    epochs: tuple[EpochRecord, ...]
    pinned: tuple[tuple[float, ...], ...]
    first_stop: int | None
    last_epoch: int | None
    between_epochs_s: float
    reason: StopReason | None
    error: str | None
    error_kind: str = ""
    visitor: str = ""
    ended_by: str = ""
    notes: str = ""
    tags: tuple[str, ...] = ()
    is_archived: bool = False
    weights_sha256: Mapping[int, str] = field(default_factory=dict)
    state_sha256: Mapping[int, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The label; without one, cell, hidden units and the end of the id: `RNN-8 k3f9`."""
        config = self.config
        return self.label or f"{config.cell.upper()}-{config.hidden_size} {self.id[-4:]}"

    @property
    def config_in_force(self) -> TrainConfig:
        """The settings that the next epoch is trained with."""
        return self.changes[-1].config if self.changes else self.config

    def config_of(self, epoch: int) -> TrainConfig:
        """The settings that an epoch, counted from 1, was trained with."""
        before = [change.config for change in self.changes if change.epoch < epoch]
        return before[-1] if before else self.config

    def course(self, name: str) -> tuple[tuple[int, Any], ...]:
        """The values that a setting had, each with the first epoch that it was in force for."""
        values = {1: getattr(self.config, name)}
        for change in self.changes:
            if name in change.settings:
                values[change.epoch + 1] = change.settings[name]
        return tuple(values.items())

    @property
    def is_live(self) -> bool:
        """Whether it is waiting or at work."""
        return self.state in LIVE_STATES

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
        """Why it ended and what was kept, in a sentence or two; empty while it is at work.

        For nobody in particular: `ending.ending` tells a visitor whether they ended it.
        """
        return ending.ending(self)

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
        if self.state == "finished":
            rule = "its patience" if self.reason == "patience" else "its most epochs"
            raise RunStateError(
                f"Run {self.id} came to its end by {rule}; there is nothing left to resume. "
                "Keep it going on the Train page, if you want to see more epochs."
            )
        if self.has_exploded:
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
    def can_keep_going(self) -> bool:
        """Whether a rule ended it, and there is room for more epochs."""
        return self.state == "finished" and self.has_state and len(self.epochs) < EPOCHS_LIMIT

    @property
    def has_exploded(self) -> bool:
        """Whether it failed because a loss was no number any more."""
        return self.error_kind == NonFiniteLossError.__name__

    @property
    def is_without_data(self) -> bool:
        """Whether it failed because its reviews could not be had."""
        return self.state == "failed" and self.error_kind in _NO_DATA

    def stopped_event(self, reason: StopReason, by: str = "") -> dict[str, Any]:
        """The fields of the `stopped` event that would end it now; `by` says who asked."""
        best = self.best
        return {
            "reason": reason,
            "epoch": len(self.epochs),
            "best_epoch": best.epoch if best else 0,
            "best_val_loss": best.val_loss if best else None,
            "val_accuracy": best.val_accuracy if best else None,
        } | ({"by": by} if by else {})

    @property
    def has_state(self) -> bool:
        """Whether a resumption goes on from a finished epoch, not from the start."""
        return is_there(self.folder / LAST)
