"""Which epochs' weights of a run are there, and their numbers."""

from __future__ import annotations

from pathlib import Path

from imdb_core.errors import RunDamagedError, RunStateError
from imdb_core.files import is_there, names_in
from imdb_core.runs.checkpoints import load_state, load_weights, load_weights_and_mark
from imdb_core.runs.folder import BEST, EPOCH_FILE, EPOCHS, LAST, epoch_file
from imdb_core.runs.run import Run
from imdb_core.training.records import Arrays


def kept_epochs(run: Run) -> tuple[int, ...]:
    """The epochs whose weights are there, in order: all while they are small, else best and last.

    Raises:
        RunStateError: no epoch has finished yet.
        StorageError: the system does not let one look.
    """
    run.best_weights  # noqa: B018 - says what is missing
    assert run.best is not None
    kept = {run.best.epoch}
    finished = len(run.epochs)
    for name in names_in(run.folder / EPOCHS):
        match = EPOCH_FILE.fullmatch(f"{EPOCHS}/{name}")
        if match is not None and 1 <= int(match[1]) <= finished:
            kept.add(int(match[1]))
    if run.has_state and not run.is_live:
        kept.add(finished)
    return tuple(sorted(kept))


def weights_file(run: Run, epoch: int | None) -> Path:
    """Where the weights of `epoch` stand, None meaning the best one.

    Raises:
        RunStateError: they were not kept.
    """
    is_best = run.best is not None and epoch == run.best.epoch
    # A run at work may have replaced the best weights by those of a later epoch.
    if epoch is None or (is_best and not run.is_live):
        return run.best_weights
    own = epoch_file(run.folder, epoch)
    if is_there(own):
        return own
    if is_best:
        return run.best_weights
    if epoch == len(run.epochs) and run.has_state:
        return run.folder / LAST
    raise RunStateError(
        f"The weights of epoch {epoch} of run {run.id} were not kept. Choose another epoch."
    )


def load_epoch(run: Run, epoch: int | None) -> tuple[Arrays, int]:
    """The weights of `epoch`, None meaning the best one, and the epoch that they are from.

    Raises:
        RunStateError: they were not kept.
        RunDamagedError: their file is missing, or not what was announced.
        RunNotFoundError: the run was deleted.
        StorageError: the system does not let it be read.
    """
    path = weights_file(run, epoch)
    if path.name == LAST:
        state, _ = load_state(run.folder, run.state_sha256)
        return state.weights, state.epoch
    weights, found = load_weights(path, run.weights_sha256)
    if path == run.folder / BEST:
        check_is_best(run, found)
    if path == epoch_file(run.folder, epoch or 0) and found != epoch:
        raise RunDamagedError(
            f"{path} is damaged: it holds the weights of epoch {found}. Choose another epoch."
        )
    return weights, found


def load_best(run: Run) -> tuple[Arrays, int, str]:
    """The best weights, the epoch that they are from, and their file's SHA-256.

    Raises:
        RunStateError, RunDamagedError, RunNotFoundError, StorageError: as `load_epoch`.
    """
    weights, found, mark = load_weights_and_mark(run.best_weights, run.weights_sha256)
    check_is_best(run, found)
    return weights, found, mark


def check_is_best(run: Run, found: int) -> None:
    """Refuse weights of epoch `found` that stand where the best epoch's should.

    A run at work may have replaced them since, and one that was killed may have written those of
    the epoch that it had no time to announce.

    Raises:
        RunDamagedError: they are of another epoch, as after a power cut that lost some events.
    """
    assert run.best is not None
    if not run.is_live and found not in (run.best.epoch, len(run.epochs) + 1):
        raise RunDamagedError(
            f"{run.folder / BEST} holds the weights of epoch {found}, but epoch {run.best.epoch} "
            "was best. Choose an epoch whose own weights were kept, or train again."
        )


def load_last(run: Run, epoch: int) -> Arrays | None:
    """The weights of `epoch`, the run's last; None where they were not kept.

    Raises:
        RunDamagedError, RunNotFoundError, StorageError: as `load_epoch`.
    """
    if is_there(epoch_file(run.folder, epoch)):
        return load_epoch(run, epoch)[0]
    if not run.has_state:
        return None
    # A run at work writes its state a moment before it announces the epoch.
    state, record = load_state(run.folder, run.state_sha256)
    return state.weights if record.epoch == epoch else None
