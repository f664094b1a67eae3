"""Evaluations in a run's folder: one safetensors file a split, replaced in one step.

::

    evaluation/validation.safetensors    arrays review by review; figures and basis in the header
    evaluation/test.safetensors          only once somebody has looked at the test reviews
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load, save

from imdb_core.errors import RunDamagedError, RunStateError, StorageError
from imdb_core.evaluation.evaluation import Basis, Evaluation, EvaluationSplit
from imdb_core.evaluation.metrics import Metrics
from imdb_core.files import write_atomically
from imdb_core.runs.announced import run_with
from imdb_core.runs.run import Run
from imdb_core.training.records import Arrays

FOLDER: Final = "evaluation"
_FORMAT: Final = 1
_DTYPES: Final = {
    "rows": np.int64,
    "labels": np.uint8,
    "probabilities": np.float32,
    "last_probabilities": np.float32,
    "words": np.int32,
    "negations": np.int32,
    "stars": np.uint8,
}
_OPTIONAL: Final = ("last_probabilities", "stars")
_UNREADABLE: Final = (OSError, SafetensorError, ValueError, KeyError, TypeError)


def basis_of(run: Run, split: EvaluationSplit) -> Basis:
    """What an evaluation of the run, as it stands now, would rest on.

    Raises:
        RunStateError: it has no weights, or does not say which data it was trained on.
        RunDamagedError: its files cannot be read.
    """
    path = run.best_weights
    with _damage_as_error(path):
        stat = path.stat()
        mark = _mark_of_file(path, stat.st_mtime_ns, stat.st_size, stat.st_ino)
    return _basis(run, split, mark)


def best_weights(run: Run, split: EvaluationSplit) -> tuple[Arrays, Basis]:
    """The run's best weights, and what an evaluation by these very ones rests on.

    Raises:
        RunStateError, RunDamagedError: as `basis_of`.
    """
    path = run.best_weights
    with _damage_as_error(path):
        # Once: a run at work may replace them between two looks.
        content = path.read_bytes()
        arrays, mark = load(content), _mark(content)
    return arrays, _basis(run, split, mark)


def stored(run: Run, split: EvaluationSplit) -> Evaluation | None:
    """The evaluation in the run's folder, perhaps of weights that it had earlier.

    None if there is none, or it cannot be read: then it is worked out anew.
    """
    path = _path(run, split)
    try:
        stat = path.stat()
        return _load(path, stat.st_mtime_ns, stat.st_size, stat.st_ino)
    except _UNREADABLE:
        return None


def stored_basis(run: Run, split: EvaluationSplit) -> Basis | None:
    """What `stored` rests on, without its arrays; None if there is none that can be read."""
    path = _path(run, split)
    try:
        stat = path.stat()
        return _load_basis(path, stat.st_mtime_ns, stat.st_size, stat.st_ino)
    except _UNREADABLE:
        return None


def cached(run: Run, split: EvaluationSplit) -> Evaluation | None:
    """The evaluation in the run's folder, if it is of the run as it stands now.

    Raises:
        RunStateError, RunDamagedError: as `basis_of`.
    """
    basis = basis_of(run, split)
    return stored(run, split) if stored_basis(run, split) == basis else None


def keep(run: Run, evaluation: Evaluation) -> None:
    """Put `evaluation` into the run's folder, in place of an earlier one of its split.

    Raises:
        StorageError: the disk is full or the folder cannot be written.
    """
    path = _path(run, evaluation.split)
    facts = {
        "format": _FORMAT,
        "run_id": evaluation.run_id,
        "basis": asdict(evaluation.basis),
        "origin": evaluation.origin,
        "words_at_most": evaluation.words_at_most,
        "metrics": evaluation.metrics.model_dump(),
    }
    arrays = {name: getattr(evaluation, name) for name in _DTYPES}
    tensors = {
        name: np.ascontiguousarray(array) for name, array in arrays.items() if array is not None
    }
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise StorageError.from_os_error(error, path.parent) from error
    write_atomically(path, save(tensors, {"evaluation": json.dumps(facts)}))


def _path(run: Run, split: EvaluationSplit) -> Path:
    return run.folder / FOLDER / f"{split}.safetensors"


@lru_cache(maxsize=16)
def _load(path: Path, mtime_ns: int, size: int, inode: int) -> Evaluation:
    """Read once while the file stays the same; the arguments after the first tell whether."""
    with safe_open(path, framework="numpy") as file:
        arrays: dict[str, Any] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        facts = _facts(file.metadata())
    basis = Basis(**facts.pop("basis"))
    metrics = Metrics.model_validate(facts.pop("metrics"))
    fields: dict[str, Any] = dict.fromkeys(_OPTIONAL) | facts | arrays
    evaluation = Evaluation(basis=basis, metrics=metrics, **fields)
    _check(evaluation)
    return evaluation


def _check(evaluation: Evaluation) -> None:
    for name, dtype in _DTYPES.items():
        array = getattr(evaluation, name)
        if array is None and name in _OPTIONAL:
            continue
        if array.dtype != dtype or array.shape != (evaluation.metrics.reviews,):
            raise ValueError(f"{name} is {array.dtype} {array.shape}")


@lru_cache(maxsize=1024)
def _load_basis(path: Path, mtime_ns: int, size: int, inode: int) -> Basis:
    with safe_open(path, framework="numpy") as file:
        return Basis(**_facts(file.metadata())["basis"])


def _facts(metadata: dict[str, str]) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(metadata["evaluation"])
    if facts.pop("format") != _FORMAT:
        raise ValueError("another format")
    return facts


class _Mark(NamedTuple):
    """What tells a file of weights from others: its epoch and its SHA-256, hexadecimal."""

    epoch: int
    digest: str


@lru_cache(maxsize=64)
def _mark_of_file(path: Path, mtime_ns: int, size: int, inode: int) -> _Mark:
    return _mark(path.read_bytes())


def _mark(content: bytes) -> _Mark:
    # As `checkpoints.save_weights` writes it: the header's length, the header, the numbers.
    end_of_header = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end_of_header])
    return _Mark(int(header["__metadata__"]["epoch"]), hashlib.sha256(content).hexdigest())


@contextmanager
def _damage_as_error(path: Path) -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as error:
        raise RunDamagedError(f"{path} cannot be read ({error}). Train again.") from error


def _basis(run: Run, split: EvaluationSplit, mark: _Mark) -> Basis:
    if run.dataset is None:
        raise RunStateError(f"Run {run.id} does not say which data it was trained on.")
    return Basis(
        split=split,
        fingerprint=run.dataset.fingerprint,
        epoch=mark.epoch,
        last_epoch=max(mark.epoch, len(run_with(run, mark.epoch).epochs)),
        weights=mark.digest,
    )
