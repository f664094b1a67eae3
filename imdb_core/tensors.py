"""Named arrays in safetensors files: data only, nothing executable.

Beside its own metadata each file says the SHA-256 of all else in it, so that a reader notices
what was not written so. The format: https://huggingface.co/docs/safetensors/index#format.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from imdb_core.files import write_parts_atomically

_METADATA: Final = "__metadata__"
_CHECKSUM: Final = "checksum"
_DTYPES: Final = {"float32": "F32", "uint8": "U8", "int32": "I32", "int64": "I64"}


def write_tensors(
    path: Path, tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]
) -> str:
    """Replace `path` in one step.

    Args:
        path: the file.
        tensors: float32, uint8, int32 or int64.
        metadata: to stand in the header.

    Returns:
        The SHA-256 of the file, hexadecimal.

    Raises:
        StorageError: it could not be written; the old file stands.
    """
    return write_parts_atomically(path, _parts(tensors, metadata))


def read_tensors(content: bytes) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """The arrays and the metadata in a file's content; older files have no checksum.

    Raises:
        ValueError: it is no such file, or not what was written.
    """
    try:
        arrays = load(content)
    except SafetensorError as error:
        raise ValueError(f"it is no safetensors file: {error}") from error
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    metadata: dict[str, str] = header.get(_METADATA) or {}
    checksum = metadata.pop(_CHECKSUM, None)
    if checksum is not None and checksum != _checksum(header, [memoryview(content)[end:]]):
        raise ValueError("its content and its checksum differ")
    return arrays, metadata


def _parts(
    tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]
) -> Iterator[bytes | memoryview]:
    """What safetensors' `save` gives, part by part: that holds everything in memory twice more,
    and its `save_file` tells of a full disk in words only and lets nobody else read the file.
    """
    header: dict[str, Any] = {_METADATA: dict(metadata)}
    arrays, end = [np.ascontiguousarray(array) for array in tensors.values()], 0
    for name, array in zip(tensors, arrays, strict=True):
        start, end = end, end + array.nbytes
        header[name] = {
            "dtype": _DTYPES[array.dtype.name],
            "shape": list(tensors[name].shape),
            "data_offsets": [start, end],
        }
    data = [array.data for array in arrays]
    header[_METADATA] |= {_CHECKSUM: _checksum(header, data)}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # so that numbers can be mapped where they stand
    yield len(text).to_bytes(8, "little")
    yield text
    yield from data


def _checksum(header: dict[str, Any], data: list[memoryview]) -> str:
    digest = hashlib.sha256(json.dumps(header).encode())
    for part in data:
        digest.update(part)
    return digest.hexdigest()
