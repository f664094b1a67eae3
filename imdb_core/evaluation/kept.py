"""Evaluations in a run's folder: one safetensors file a split, replaced in one step.

::

    evaluation/validation.safetensors    arrays review by review; figures and basis in the header
    evaluation/test.safetensors          only once somebody has looked at the test reviews
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from imdb_core.errors import RunDamagedError, RunStateError, StorageError
from imdb_core.evaluation.evaluation import Basis, Evaluation, EvaluationSplit
from imdb_core.evaluation.metrics import Metrics
from imdb_core.files import write_atomically
from imdb_core.runs.run import Run

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


def basis_of(run: Run, split: EvaluationSplit) -> Basis:
    """What an evaluation of the run, as it stands now, would rest on.

    Raises:
        RunStateError: it has no weights, or does not say which data it was trained on.
        RunDamagedError: its weights cannot be read.
    """
    path = run.best_weights
    if run.dataset is None or run.best is None:
        raise RunStateError(f"Run {run.id} does not say which data it was trained on.")
    try:
        stat = path.stat()
        digest = _digest(path, stat.st_mtime_ns, stat.st_size, stat.st_ino)
    except OSError as error:
        raise RunDamagedError(f"{path} cannot be read ({error}). Train again.") from error
    return Basis(
        split=split,
        fingerprint=run.dataset.fingerprint,
        epoch=run.best.epoch,
        last_epoch=run.epochs[-1].epoch,
        weights=digest,
    )


def stored(run: Run, split: EvaluationSplit) -> Evaluation | None:
    """The evaluation in the run's folder, perhaps of weights that it had earlier.

    None if there is none, or it cannot be read: then it is worked out anew.
    """
    path = _path(run, split)
    try:
        stat = path.stat()
        return _load(path, stat.st_mtime_ns, stat.st_size, stat.st_ino)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError):
        return None


def cached(run: Run, split: EvaluationSplit) -> Evaluation | None:
    """The evaluation in the run's folder, if it is of the run as it stands now.

    Raises:
        RunStateError, RunDamagedError: as `basis_of`.
    """
    found = stored(run, split)
    return found if found is not None and found.basis == basis_of(run, split) else None


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


@lru_cache(maxsize=4)
def _load(path: Path, mtime_ns: int, size: int, inode: int) -> Evaluation:
    """Read once while the file stays the same; the arguments after the first tell whether."""
    with safe_open(path, framework="numpy") as file:
        arrays: dict[str, Any] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        facts = json.loads(file.metadata()["evaluation"])
    if facts.pop("format") != _FORMAT:
        raise ValueError("another format")
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


@lru_cache(maxsize=64)
def _digest(path: Path, mtime_ns: int, size: int, inode: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
