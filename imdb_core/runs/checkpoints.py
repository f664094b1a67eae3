"""Weights and training states on disk, as safetensors: data only, nothing executable."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from imdb_core.errors import RunDamagedError
from imdb_core.files import write_json_atomically, write_parts_atomically
from imdb_core.training.records import Arrays, EpochRecord, TrainingState

BEST = "best.safetensors"
LAST = "last.safetensors"
LAST_JSON = "last.json"
EPOCHS = "epochs"

EPOCH_LIMIT_BYTES = 8 * 1024 * 1024  # the Accurate preset's have 4.9 MiB
EPOCHS_LIMIT_BYTES = 128 * 1024 * 1024


def save_weights(path: Path, weights: Arrays, epoch: int) -> None:
    """Replace `path` by `weights` and the epoch that they are from.

    Raises:
        StorageError: it could not be written; the old file stands.
    """
    write_parts_atomically(path, _parts(weights, {"epoch": str(epoch)}))


def load_weights(path: Path) -> tuple[Arrays, int]:
    """The weights in `path`, and the epoch that they are from.

    Raises:
        RunDamagedError: `path` is missing or not what `save_weights` wrote.
    """
    arrays, metadata = _load(path)
    return arrays, int(metadata["epoch"])


def save_epoch_weights(folder: Path, weights: Arrays, epoch: int) -> None:
    """Keep one epoch's weights under `epochs/`, while they are small and few.

    Above 8 MiB an epoch, or 128 MiB in total, nothing is kept.
    """
    size_bytes = sum(array.nbytes for array in weights.values())
    if size_bytes > EPOCH_LIMIT_BYTES or size_bytes * epoch > EPOCHS_LIMIT_BYTES:
        return
    (folder / EPOCHS).mkdir(exist_ok=True)
    save_weights(folder / EPOCHS / f"{epoch:04d}.safetensors", weights, epoch)


def save_state(folder: Path, state: TrainingState, record: EpochRecord) -> None:
    """Replace `last.safetensors`, and `last.json` for people to read.

    Two files cannot be replaced in one step, so everything that a resumption needs
    stands in the tensors file: arrays as tensors, the rest in its header.
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
    write_parts_atomically(folder / LAST, _parts(tensors, {"state": json.dumps(numbers)}))
    write_json_atomically(folder / LAST_JSON, numbers)


def load_state(folder: Path) -> tuple[TrainingState, EpochRecord]:
    """What `save_state` last wrote in `folder`.

    Raises:
        RunDamagedError: the file is missing or not what `save_state` wrote.
    """
    arrays, metadata = _load(folder / LAST)
    numbers = json.loads(metadata["state"])
    record = EpochRecord(**numbers.pop("record"))
    state = TrainingState(
        weights=_part(arrays, "weights/"),
        optimizer=_part(arrays, "optimizer/"),
        generator=arrays["generator"].astype(np.uint8),
        **numbers,
    )
    return state, record


_DTYPES = {"float32": "F32", "uint8": "U8"}


def _parts(
    tensors: Mapping[str, NDArray[Any]], metadata: dict[str, str]
) -> Iterator[bytes | memoryview]:
    """What safetensors' `save` gives, part by part: that holds everything in memory twice more,
    and its `save_file` tells of a full disk in words only and lets nobody else read the file.

    The format: https://huggingface.co/docs/safetensors/index#format.
    """
    header: dict[str, object] = {"__metadata__": metadata}
    arrays, end = [np.ascontiguousarray(array) for array in tensors.values()], 0
    for name, array in zip(tensors, arrays, strict=True):
        start, end = end, end + array.nbytes
        header[name] = {
            "dtype": _DTYPES[array.dtype.name],
            "shape": list(tensors[name].shape),
            "data_offsets": [start, end],
        }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # so that numbers can be mapped where they stand
    yield len(text).to_bytes(8, "little")
    yield text
    for array in arrays:
        yield array.data


def _part(arrays: Arrays, prefix: str) -> Arrays:
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }


def _load(path: Path) -> tuple[Arrays, dict[str, str]]:
    try:
        with safe_open(path, framework="numpy") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise RunDamagedError(f"{path} cannot be read ({error}). Train again.") from error
