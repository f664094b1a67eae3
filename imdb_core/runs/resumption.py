"""Where a run goes on: at the last epoch that its events and its files have both.

A kill leaves the state at most one epoch ahead of the events. A power cut, a disk that keeps
less than it promised, or a copy made while the run trained may leave more between them.
"""

from __future__ import annotations

import logging
from contextlib import suppress

from imdb_core.errors import RunDamagedError
from imdb_core.files import is_there
from imdb_core.runs.checkpoints import load_state, load_weights, save_weights
from imdb_core.runs.event_log import EventLog
from imdb_core.runs.folder import BEST, epoch_file
from imdb_core.runs.run import Run
from imdb_core.training.records import Arrays, EpochRecord, TrainingState

logger = logging.getLogger(__name__)


def resume_point(run: Run, log: EventLog) -> tuple[TrainingState, EpochRecord] | None:
    """The state to go on from, None for the start; events and best weights then agree with it.

    The events may be one epoch behind it: then its record is what they lack.

    Raises:
        RunDamagedError: a file is there, but is not what was written.
        StorageError: a file could not be read or written.
    """
    found = load_state(run.folder, run.state_sha256) if run.has_state else None
    told = len(run.epochs)
    if found is not None and (found[0].epoch > told + 1 or not _restore_best(run, found[0])):
        found = None
    epoch = 0 if found is None else found[0].epoch
    if epoch < told:
        logger.warning(
            "Run %s goes back from epoch %d to %d, the last one with all of its files",
            run.id, told, epoch,
        )  # fmt: skip
        log.go_back(epoch)
    return found


def _restore_best(run: Run, state: TrainingState) -> bool:
    """Have `best` hold the weights that the state says are best; False if they are nowhere.

    Raises:
        RunDamagedError: they are there, damaged, and were kept nowhere else.
    """
    best, epoch = run.folder / BEST, state.best_epoch
    damage: RunDamagedError | None = None
    try:
        if is_there(best) and load_weights(best, run.weights_sha256)[1] == epoch:
            return True
    except RunDamagedError as error:
        damage = error
    weights = state.weights if epoch == state.epoch else _kept_weights(run, epoch)
    if weights is not None:
        save_weights(best, weights, epoch)
    elif damage is not None:
        raise damage
    return weights is not None


def _kept_weights(run: Run, epoch: int) -> Arrays | None:
    with suppress(RunDamagedError):
        weights, found = load_weights(epoch_file(run.folder, epoch), run.weights_sha256)
        if found == epoch:
            return weights
    return None
