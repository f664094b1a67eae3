"""Evaluations in a run's folder: one safetensors file a split, replaced in one step.

::

    evaluation/validation.safetensors    arrays review by review; figures and basis in the header
    evaluation/test.safetensors          only once somebody has looked at the test reviews
"""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from safetensors import SafetensorError, safe_open

from imdb_core.errors import RunStateError
from imdb_core.evaluation.evaluation import Basis, Evaluation, EvaluationSplit
from imdb_core.evaluation.metrics import Metrics
from imdb_core.files import make_folder
from imdb_core.runs.announced import run_with
from imdb_core.runs.checkpoints import check_announced, load_weights_and_mark
from imdb_core.runs.folder import EVALUATION
from imdb_core.runs.run import Run
from imdb_core.runs.weights import check_is_best, load_best
from imdb_core.tensors import read_tensors, write_tensors
from imdb_core.training.records import Arrays

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
        RunDamagedError: its weights are missing or damaged.
        RunNotFoundError: it was deleted.
        StorageError: the system does not let them be read.
    """
    path = run.best_weights
    try:
        stat = path.stat()
    except OSError:
        _, epoch, digest = load_best(run)  # says what is missing
        return _basis(run, split, epoch, digest)
    epoch, digest = _mark_of_file(path, stat.st_mtime_ns, stat.st_size, stat.st_ino)
    check_announced(path, epoch, digest, run.weights_sha256)
    check_is_best(run, epoch)
    return _basis(run, split, epoch, digest)


def best_weights(run: Run, split: EvaluationSplit) -> tuple[Arrays, Basis]:
    """The run's best weights, and what an evaluation by these very ones rests on.

    Raises:
        RunStateError, RunDamagedError, RunNotFoundError, StorageError: as `basis_of`.
    """
    # Once: a run at work may replace them between two looks.
    arrays, epoch, digest = load_best(run)
    return arrays, _basis(run, split, epoch, digest)


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
    tensors = {name: array for name, array in arrays.items() if array is not None}
    make_folder(path.parent)
    write_tensors(path, tensors, {"evaluation": json.dumps(facts)})


def _path(run: Run, split: EvaluationSplit) -> Path:
    return run.folder / EVALUATION / f"{split}.safetensors"


@lru_cache(maxsize=16)
def _load(path: Path, mtime_ns: int, size: int, inode: int) -> Evaluation:
    """Read once while the file stays the same; the arguments after the first tell whether."""
    arrays, metadata = read_tensors(path.read_bytes())
    facts = _facts(metadata)
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


@lru_cache(maxsize=64)
def _mark_of_file(path: Path, mtime_ns: int, size: int, inode: int) -> tuple[int, str]:
    """The epoch and the SHA-256 of a file of weights, read once while the file stays the same."""
    _, epoch, digest = load_weights_and_mark(path)
    return epoch, digest


def _basis(run: Run, split: EvaluationSplit, epoch: int, digest: str) -> Basis:
    if run.dataset is None:
        raise RunStateError(f"Run {run.id} does not say which data it was trained on.")
    return Basis(
        split=split,
        fingerprint=run.dataset.fingerprint,
        epoch=epoch,
        last_epoch=max(epoch, len(run_with(run, epoch).epochs)),
        weights=digest,
    )
