"""Keeps what a training tells: weights first, then the event that announces them."""

from __future__ import annotations

from imdb_core.runs import checkpoints
from imdb_core.runs.event_log import EventLog
from imdb_core.runs.pinned import PinnedReviews
from imdb_core.runs.run import Run
from imdb_core.training.loop import TrainingLoop
from imdb_core.training.records import Arrays, EpochRecord


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
        """Keep the epoch's weights, the best ones, the state, then the event."""
        state = loop.state()
        checkpoints.save_epoch_weights(self._folder, state.weights, record.epoch)
        if record.improved:
            checkpoints.save_weights(self._folder / checkpoints.BEST, state.weights, record.epoch)
        checkpoints.save_state(self._folder, state, record)
        self._append(record, state.weights)

    def restore(self, loop: TrainingLoop, finished_epochs: int) -> None:
        """Put `loop` where the run was left, and write down an epoch that a kill kept back."""
        state, record = checkpoints.load_state(self._folder)
        loop.restore(state)
        if record.epoch == finished_epochs + 1:
            self._append(record, state.weights)

    def _append(self, record: EpochRecord, weights: Arrays) -> None:
        probabilities = self._pinned.probabilities(weights)
        pinned = {"pinned": probabilities} if probabilities else {}
        self._log.append("epoch", **record._asdict(), **pinned)
