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
from safetensors import SafetensorError, safe_open

from imdb_core.config import TrainConfig
from imdb_core.runs.archive_facts import EpochFacts
from imdb_core.runs.checkpoints import BEST, EPOCH_LIMIT_BYTES, EPOCHS, LAST
from imdb_core.runs.run import Run

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
    """
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            metadata = file.metadata() or {}
    except (OSError, SafetensorError, TypeError, KeyError) as error:
        raise ValueError(f"{name} is no safetensors file ({error})") from error
    if name == LAST:
        _check_state(name, arrays, metadata, shapes.state, run)
        return
    expected = run.best.epoch if name == BEST and run.best else None
    if name != BEST:
        expected = int(path.stem)
    if metadata.get("epoch") != str(expected) or not 1 <= int(expected or 0) <= len(run.epochs):
        raise ValueError(f"{name} is not from epoch {expected} of the run")
    _check_weights(name, arrays, shapes.weights)


def _check_weights(name: str, arrays: dict[str, NDArray[Any]], shapes: Shapes) -> None:
    if set(arrays) != set(shapes):
        odd = sorted(set(arrays) ^ set(shapes))[0]
        raise ValueError(f"{name} does not fit the run's settings: {odd[:80]!r} is odd")
    for key, array in arrays.items():
        _check_array(name, key, array, shapes[key])


def _check_array(name: str, key: str, array: NDArray[Any], shape: tuple[int, ...]) -> None:
    if array.shape != shape or array.dtype != np.float32:
        raise ValueError(
            f"{name} does not fit the run's settings: {key} is {array.dtype} {array.shape}, "
            f"but must be float32 {shape}"
        )
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds a number that is not finite, in {key}")


def _check_state(
    name: str, arrays: dict[str, NDArray[Any]], metadata: dict[str, str], shapes: Shapes, run: Run
) -> None:
    generator = arrays.pop("generator", None)
    if generator is None or generator.dtype != np.uint8 or generator.ndim != 1:
        raise ValueError(f"{name} has no state of the random generator")
    _check_weights(name, arrays, shapes)
    try:
        numbers = json.loads(metadata["state"])
        record = EpochFacts.model_validate(numbers["record"])
        is_told = [type(numbers[key]) for key in ("epoch", "best_epoch", "best_loss")]
        if is_told != [int, int, float] or set(numbers["record"]) != set(EpochFacts.model_fields):
            raise ValueError("its numbers are odd")
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise ValueError(f"{name} does not say where the training stood") from error
    # A kill may leave the state one epoch ahead of the events.
    if not len(run.epochs) <= record.epoch <= len(run.epochs) + 1:
        raise ValueError(f"{name} is of epoch {record.epoch}, but the run has {len(run.epochs)}")
