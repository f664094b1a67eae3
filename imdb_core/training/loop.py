"""The loop over epochs: train, validate, ask the patience rule, tell the recorder."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from imdb_core.config import TrainConfig
from imdb_core.data.encoded import EncodedSplit
from imdb_core.model import SentimentRNN, initialize
from imdb_core.stop_flag import StopFlag
from imdb_core.training.draws import RunDraws
from imdb_core.training.engines import make_engine
from imdb_core.training.records import EpochRecord, LoopEnd, TrainingState
from imdb_core.training.stopping import EarlyStopping, check_finite


class Recorder(Protocol):
    """Told of each finished epoch before the next one starts."""

    def epoch(self, record: EpochRecord, loop: TrainingLoop) -> None:
        """Keep `record`, and of `loop` what is needed to score and to continue."""


class TrainingLoop:
    """One run's training, from its first weights or from a restored state.

    Args:
        config: the run's settings.
        train: rows to learn from.
        validation: rows that decide when to stop.
        device: where to compute.
        word_vectors: (V, E) for `initialization="word_vectors"`; a loop that will be restored
            needs none.
        clock: seconds from any origin, never going back.
    """

    def __init__(
        self,
        config: TrainConfig,
        train: EncodedSplit,
        validation: EncodedSplit,
        device: torch.device,
        *,
        word_vectors: NDArray[np.float32] | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.config = config
        self.stopping = EarlyStopping(patience=config.patience, min_delta=config.min_delta)
        self.draws = RunDraws(config.seed)
        network = initialize(
            SentimentRNN.empty(config), config.initialization, self.draws.generator, word_vectors
        )
        self.engine = make_engine(network, config, train, validation, device)
        self._readout_size = network.readout_size
        self._train_count = len(train)
        self._validation_count = len(validation)
        self._clock = clock

    def run(
        self,
        recorder: Recorder,
        stop: StopFlag,
        *,
        last_epoch: int | None = None,
        pause_after: int | None = None,
    ) -> LoopEnd:
        """Train until a rule or the user ends it; returns which.

        A stop or a pause is noticed within one batch; the epoch under way is then
        forgotten, and computed again should the training go on.

        Args:
            recorder: told of each epoch.
            stop: asks to stop or to pause.
            last_epoch: train to the end of this epoch whatever the patience rule says.
            pause_after: pause once this epoch is finished.

        Raises:
            NonFiniteLossError: a loss became NaN or infinite.
        """
        end = self.config.max_epochs if last_epoch is None else last_epoch
        while True:
            # Before an epoch, not after it: a killed process may have kept its last epoch and
            # not have come to write down that it was the last.
            if self.stopping.should_stop and last_epoch is None:
                return "patience"
            if self.stopping.epoch >= end:
                return "max_epochs"
            if self.stopping.epoch == pause_after:
                return "paused"
            record = self._epoch(stop)
            if record is None:
                return "paused" if stop.asks_to_pause else "user"
            recorder.epoch(record, self)

    def state(self) -> TrainingState:
        """Everything that decides how the training goes on; its arrays may be views, and so move
        with the next epoch.
        """
        return TrainingState(
            weights=self.engine.weights(),
            optimizer=self.engine.optimizer_state(),
            generator=self.draws.state.numpy().copy(),
            epoch=self.stopping.epoch,
            best_epoch=self.stopping.best_epoch,
            best_loss=self.stopping.best_loss,
        )

    def restore(self, state: TrainingState) -> None:
        """Continue from where `state` was taken."""
        self.engine.restore(state.weights, state.optimizer)
        self.draws.state = torch.from_numpy(state.generator.copy())
        self.stopping.epoch = state.epoch
        self.stopping.best_epoch = state.best_epoch
        self.stopping.best_loss = state.best_loss

    def _epoch(self, stop: StopFlag) -> EpochRecord | None:
        """The next epoch; None if stopped before its end."""
        epoch = self.stopping.epoch + 1
        started = self._clock()
        order = self.draws.epoch_order(self._train_count)
        masks = self.draws.dropout_masks(len(order), self._readout_size, self.config.dropout)
        train_loss = self.engine.train_epoch(order, masks, stop)
        if train_loss is None:
            return None
        check_finite(train_loss, "training loss", epoch)
        trained = self._clock()
        self.draws.loader_seed()  # the notebook's validation loader draws one, too
        result = self.engine.validate(stop)
        if result is None:
            return None
        val_loss, val_accuracy = result
        improved = self.stopping.update(val_loss)
        return EpochRecord(
            epoch=epoch,
            train_loss=train_loss,
            val_loss=val_loss,
            val_accuracy=val_accuracy,
            improved=improved,
            bad_epochs=self.stopping.bad_epochs,
            best_epoch=self.stopping.best_epoch,
            train_seconds=trained - started,
            val_seconds=self._clock() - trained,
        )
