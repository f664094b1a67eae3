"""Keeps what a training tells: weights first, then the event that announces them."""

from __future__ import annotations

from typing import Any

from imdb_core.runs import checkpoints
from imdb_core.runs.event_log import EventLog
from imdb_core.runs.folder import BEST
from imdb_core.runs.pinned import PinnedReviews
from imdb_core.runs.run import Run
from imdb_core.training.loop import TrainingLoop
from imdb_core.training.records import EpochRecord, TrainingState


class RunRecorder:
    """Writes one run's epochs into its folder.

    A kill between any two writes loses no finished epoch: the state in `last` may be
    one epoch ahead of the events, never behind, and carries the record that is missing.
    """

    def __init__(self, run: Run, log: EventLog, pinned: PinnedReviews) -> None:
        self._folder = run.folder
        self._log = log
        self._pinned = pinned

    def epoch(self, record: EpochRecord, loop: TrainingLoop) -> None:
        """Keep what the loop has come to with this epoch."""
        self.keep(record, loop.state())

    def keep(self, record: EpochRecord, state: TrainingState) -> None:
        """Keep the epoch's weights, the best ones, the state, then the event with their checksums.

        Raises:
            StorageError: one of them could not be written.
        """
        sha256: dict[str, str | None] = {
            "weights": checkpoints.save_epoch_weights(self._folder, state.weights, record.epoch)
        }
        if record.improved:
            sha256["weights"] = checkpoints.save_weights(
                self._folder / BEST, state.weights, record.epoch
            )
        sha256["state"] = checkpoints.save_state(self._folder, state, record)
        more: dict[str, Any] = {"sha256": {name: known for name, known in sha256.items() if known}}
        probabilities = self._pinned.probabilities(state.weights)
        if probabilities:
            more["pinned"] = probabilities
        self._log.append("epoch", **record._asdict(), **more)
