"""Which epochs of a run can still be scored with."""

from __future__ import annotations

from pathlib import Path

from imdb_core.errors import RunStateError
from imdb_core.runs.checkpoints import EPOCHS, LAST, load_state, load_weights
from imdb_core.runs.run import Run
from imdb_core.training.records import Arrays


def kept_epochs(run: Run) -> tuple[int, ...]:
    """The epochs whose weights are there, in order: all while they are small, else best and last.

    Raises:
        RunStateError: no epoch has finished yet.
    """
    run.best_weights  # noqa: B018 - says what is missing
    assert run.best is not None
    kept = {run.best.epoch}
    finished = len(run.epochs)
    for path in (run.folder / EPOCHS).glob("*.safetensors"):
        if path.stem.isdecimal() and 1 <= int(path.stem) <= finished:
            kept.add(int(path.stem))
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
    own = run.folder / EPOCHS / f"{epoch:04d}.safetensors"
    if own.is_file():
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
        RunDamagedError: their file cannot be read.
    """
    path = weights_file(run, epoch)
    if path.name != LAST:
        return load_weights(path)
    state, _ = load_state(run.folder)
    return state.weights, state.epoch
