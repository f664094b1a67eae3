"""Weights and training states in a run's folder, and whether they are what was announced.

The event of an epoch carries the SHA-256 of its weights' file and of its state's. A file that no
event announces, for a kill came between, is still known to be whole by its own checksum.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imdb_core.errors import RunDamagedError, RunNotFoundError, StudioError, unreadable
from imdb_core.files import is_there, make_folder, sha256
from imdb_core.runs.folder import EPOCHS, LAST, RUN_JSON, epoch_file
from imdb_core.tensors import read_tensors, write_tensors
from imdb_core.training.records import Arrays, EpochRecord, TrainingState

EPOCH_LIMIT_BYTES = 8 * 1024 * 1024  # the Accurate preset's have 4.9 MiB
EPOCHS_LIMIT_BYTES = 128 * 1024 * 1024

Announced = Mapping[int, str]
"""Epoch to the SHA-256 (hexadecimal) that its event has for a file; older events have none."""

_NONE: Final[Announced] = {}
_ADVICE: Final = "Choose another epoch or run, or train again."


def save_weights(path: Path, weights: Arrays, epoch: int) -> str:
    """Replace `path` by `weights` and the epoch that they are from; returns the file's SHA-256.

    Raises:
        StorageError: it could not be written; the old file stands.
    """
    return write_tensors(path, weights, {"epoch": str(epoch)})


def load_weights(path: Path, announced: Announced = _NONE) -> tuple[Arrays, int]:
    """The weights in `path`, and the epoch that they are from.

    Args:
        path: of the best weights, or of one epoch's.
        announced: the weights' files.

    Raises:
        RunDamagedError: `path` is missing, not what `save_weights` wrote, or not finite.
        RunNotFoundError: the run was deleted.
        StorageError: the system does not let it be read.
    """
    weights, epoch, _ = load_weights_and_mark(path, announced)
    return weights, epoch


def load_weights_and_mark(path: Path, announced: Announced = _NONE) -> tuple[Arrays, int, str]:
    """`load_weights`, and the SHA-256 of the file."""
    return parse_weights(read(path), path, announced)


def parse_weights(
    content: bytes, path: Path, announced: Announced = _NONE
) -> tuple[Arrays, int, str]:
    """`load_weights_and_mark` of what was read from `path`.

    Raises:
        RunDamagedError: as there.
    """
    try:
        arrays, metadata = read_tensors(content)
        epoch, mark = int(metadata["epoch"]), sha256(content)
        check_finite(arrays)
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path, error) from error
    check_announced(path, epoch, mark, announced)
    return arrays, epoch, mark


def save_epoch_weights(folder: Path, weights: Arrays, epoch: int) -> str | None:
    """Keep one epoch's weights under `epochs/`, while they are small and few.

    Above 8 MiB an epoch, or 128 MiB in total, nothing is kept.

    Returns:
        The file's SHA-256, if one was written.

    Raises:
        StorageError: it could not be written.
    """
    size_bytes = sum(array.nbytes for array in weights.values())
    if size_bytes > EPOCH_LIMIT_BYTES or size_bytes * epoch > EPOCHS_LIMIT_BYTES:
        return None
    make_folder(folder / EPOCHS)
    return save_weights(epoch_file(folder, epoch), weights, epoch)


def save_state(folder: Path, state: TrainingState, record: EpochRecord) -> str:
    """Replace `last.safetensors`; returns its SHA-256.

    Everything that a resumption needs stands in this one file: arrays as tensors, the rest in
    its header.

    Raises:
        StorageError: it could not be written; the old file stands.
    """
    numbers = {
        "epoch": state.epoch,
        "best_epoch": state.best_epoch,
        "best_loss": state.best_loss,
        "record": record._asdict(),
    }
    tensors: dict[str, NDArray[Any]] = {f"weights/{name}": a for name, a in state.weights.items()}
    tensors |= {f"optimizer/{name}": a for name, a in state.optimizer.items()}
    tensors["generator"] = state.generator
    return write_tensors(folder / LAST, tensors, {"state": json.dumps(numbers)})


def load_state(folder: Path, announced: Announced = _NONE) -> tuple[TrainingState, EpochRecord]:
    """What `save_state` last wrote in `folder`.

    Args:
        folder: the run's.
        announced: the states' files.

    Raises:
        RunDamagedError, RunNotFoundError, StorageError: as `load_weights`.
    """
    return parse_state(read(folder / LAST), folder / LAST, announced)


def parse_state(
    content: bytes, path: Path, announced: Announced = _NONE
) -> tuple[TrainingState, EpochRecord]:
    """`load_state` of what was read from `path`.

    Raises:
        RunDamagedError: as there.
    """
    try:
        arrays, metadata = read_tensors(content)
        numbers = json.loads(metadata["state"])
        record = EpochRecord.of(numbers["record"])
        check_finite(arrays)
        state = TrainingState(
            weights=_part(arrays, "weights/"),
            optimizer=_part(arrays, "optimizer/"),
            generator=arrays["generator"].astype(np.uint8),
            epoch=int(numbers["epoch"]),
            best_epoch=int(numbers["best_epoch"]),
            best_loss=float(numbers["best_loss"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path, error) from error
    check_announced(path, record.epoch, sha256(content), announced)
    return state, record


def read(path: Path) -> bytes:
    """The content of one of a run's files.

    Raises:
        RunDamagedError: it is missing.
        RunNotFoundError: the run was deleted.
        StorageError: the system does not let it be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(error, path, _missing(path)) from error


def size_bytes(path: Path) -> int:
    """What one of a run's files takes.

    Raises:
        RunDamagedError, RunNotFoundError, StorageError: as `read`.
    """
    try:
        return path.stat().st_size
    except OSError as error:
        raise unreadable(error, path, _missing(path)) from error


def check_announced(path: Path, epoch: int, mark: str, announced: Announced) -> None:
    """Raise RunDamagedError unless `mark` is the SHA-256 that the epoch's event has for `path`."""
    if announced.get(epoch, mark) != mark:
        fault = f"its checksum is not the one that was noted for epoch {epoch}"
        raise _damaged(path, ValueError(fault))


def check_finite(arrays: Mapping[str, NDArray[Any]]) -> None:
    """Raise ValueError if a weight is infinite or no number. Adam's moments may be infinite."""
    for name, array in arrays.items():
        is_moment = name.startswith("optimizer/exp_avg")
        if array.dtype.kind == "f" and not is_moment and not np.isfinite(array).all():
            raise ValueError(f"it holds a number that is not finite, in {name}")


def _damaged(path: Path, error: Exception) -> RunDamagedError:
    return RunDamagedError(f"{path} is damaged: {error}. {_ADVICE}")


def _missing(path: Path) -> StudioError:
    folder = path.parent.parent if path.parent.name == EPOCHS else path.parent
    if is_there(folder / RUN_JSON):
        return RunDamagedError(f"{path} is missing. {_ADVICE}")
    return RunNotFoundError(f"Run {folder.name} was deleted just now. Choose another run.")


def _part(arrays: Mapping[str, NDArray[Any]], prefix: str) -> Arrays:
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
