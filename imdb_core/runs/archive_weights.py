"""Whether a stranger's weights and training states are those of the run's own network."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from imdb_core.config import TrainConfig
from imdb_core.files import sha256
from imdb_core.runs.archive_facts import EpochFacts
from imdb_core.runs.checkpoints import EPOCH_LIMIT_BYTES, check_finite, read
from imdb_core.runs.folder import BEST, EPOCHS, LAST
from imdb_core.runs.run import Run
from imdb_core.tensors import read_tensors

Shapes = dict[str, tuple[int, ...]]
"""Parameter name to shape."""

EPOCH_HEADER_BYTES: Final = 16 * 1024
"""The most that an epoch's file has beside its numbers."""

_HEADER_BYTES = 256 * 1024
_GENERATOR_BYTES = 64 * 1024
_MOMENTS = ("exp_avg", "exp_avg_sq")
_TRAINED = "trained"


@dataclass(frozen=True, kw_only=True)
class RunShapes:
    """What stands in a run's files of weights, but for the state of the random generator.

    Attributes:
        weights: in `best` and in each epoch's.
        state: in `last`.
    """

    weights: Shapes
    state: Shapes


def shapes_of(config: TrainConfig) -> RunShapes:
    """What a training of the network that `config` describes writes, with either engine."""
    # Imported where it is needed: the Runs page does not wait for PyTorch.
    from imdb_core.model import SentimentRNN

    weights = {
        name: tuple(parameter.shape)
        for name, parameter in SentimentRNN.empty(config).named_parameters()
    }
    # Where averages are the weights, what is trained behind them stands beside the moments.
    copies = (*_MOMENTS, _TRAINED) if config.weight_average else _MOMENTS
    state: Shapes = {f"weights/{name}": shape for name, shape in weights.items()}
    for name, shape in weights.items():
        state[f"optimizer/step.{name}"] = ()
        state |= {f"optimizer/{copy}.{name}": shape for copy in copies}
    return RunShapes(weights=weights, state=state)


def limit_bytes(name: str, shapes: RunShapes) -> int:
    """The most bytes that a file of such a run can have."""
    if name == LAST:
        return _size_bytes(shapes.state) + _HEADER_BYTES + _GENERATOR_BYTES
    weights = _size_bytes(shapes.weights)
    if name.startswith(EPOCHS):
        return min(weights, EPOCH_LIMIT_BYTES) + EPOCH_HEADER_BYTES
    return weights + _HEADER_BYTES


def _size_bytes(shapes: Shapes) -> int:
    return 4 * sum(math.prod(shape) for shape in shapes.values())


def check_arrays(path: Path, name: str, shapes: RunShapes, run: Run) -> None:
    """Read a file of weights, or of a training's state, to its last number.

    Raises:
        ValueError: it is not the run's; the message says why.
        StorageError: the system does not let it be read.
    """
    content = read(path)
    try:
        arrays, metadata = read_tensors(content)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{name} is no file of weights: {error}") from error
    if name == LAST:
        epoch = _check_state(name, arrays, metadata, shapes.state, run)
        announced = run.state_sha256
    else:
        epoch = _epoch_of(path, name, metadata, run)
        announced = run.weights_sha256
        _check_weights(name, arrays, shapes.weights)
    mark = sha256(content)
    if announced.get(epoch, mark) != mark:
        raise ValueError(f"{name} is not what was noted for epoch {epoch}: the checksums differ")


def _epoch_of(path: Path, name: str, metadata: dict[str, str], run: Run) -> int:
    """The epoch that the weights are from; a kill may leave those of one that no event tells."""
    told = metadata.get("epoch", "")
    next_epoch = len(run.epochs) + 1
    allowed = [int(path.stem)] if name != BEST else [next_epoch]
    if name == BEST and run.best is not None:
        allowed.insert(0, run.best.epoch)
    for epoch in allowed:
        if told == str(epoch) and 1 <= epoch <= next_epoch:
            return epoch
    raise ValueError(f"{name} is not from epoch {allowed[0]} of the run")


def _check_weights(name: str, arrays: dict[str, NDArray[Any]], shapes: Shapes) -> None:
    if set(arrays) != set(shapes):
        odd = sorted(set(arrays) ^ set(shapes))[0]
        raise ValueError(f"{name} does not fit the run's settings: {odd[:80]!r} is odd")
    for key, array in arrays.items():
        _check_array(name, key, array, shapes[key])
    try:
        check_finite(arrays)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _check_array(name: str, key: str, array: NDArray[Any], shape: tuple[int, ...]) -> None:
    if array.shape != shape or array.dtype != np.float32:
        raise ValueError(
            f"{name} does not fit the run's settings: {key} is {array.dtype} {array.shape}, "
            f"but must be float32 {shape}"
        )


def _check_state(
    name: str, arrays: dict[str, NDArray[Any]], metadata: dict[str, str], shapes: Shapes, run: Run
) -> int:
    generator = arrays.pop("generator", None)
    if generator is None or generator.dtype != np.uint8 or generator.ndim != 1:
        raise ValueError(f"{name} has no state of the random generator")
    _check_weights(name, arrays, shapes)
    try:
        numbers = json.loads(metadata["state"])
        record = EpochFacts.model_validate(numbers["record"])
        is_told = [type(numbers[key]) for key in ("epoch", "best_epoch", "best_loss")]
        if is_told != [int, int, float] or not set(numbers["record"]) >= set(
            EpochFacts.model_fields
        ):
            raise ValueError("its numbers are odd")
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise ValueError(f"{name} does not say where the training stood") from error
    # A kill may leave the state one epoch ahead of the events.
    if not len(run.epochs) <= record.epoch <= len(run.epochs) + 1:
        raise ValueError(f"{name} is of epoch {record.epoch}, but the run has {len(run.epochs)}")
    return record.epoch
