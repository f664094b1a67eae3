"""A curve in a few characters, for a link: did it come out the same elsewhere?

::

    1-43-41-0.70053-0.5678-5f0c1e-9ad03b-3f2c41d0aa17be90
    │ │  │  │       │      │      │      └ SHA-256 over all epochs' losses and accuracies
    │ │  │  │       │      │      └ of the reviews' fingerprint
    │ │  │  │       │      └ of all that decides how numbers round: versions, engine, processor
    │ │  │  │       └ validation loss of the best epoch (nats)
    │ │  │  └ validation loss of epoch 1
    │ │  └ best epoch
    │ └ epochs
    └ format

The compiled kernels round alike on every x86-64 computer with AVX2 and FMA. Elsewhere, and with
PyTorch's layers, only the last bits differ, but training amplifies them. Measured by
moving one weight by its last bit: sixteen runs of the Notebook preset agree to five digits in
epoch 1, then stop after 37 to 61 epochs at best losses from 0.543 to 0.587; five of Quick range
from 0.290 to 0.306 in epoch 1 and from 0.261 to 0.274 at best. Hence the two tolerances, and
hence the epoch it stopped at is told but not judged.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

from imdb_core.errors import RunStateError, StorageError
from imdb_core.processor import is_common, microarchitecture
from imdb_core.runs.run import Run

_COMMON: Final = "x86-64 with AVX2 and FMA"
FIRST_LOSS_TOLERANCE: Final = 0.02
"""How far the validation losses of epoch 1 may be apart on other kinds of machine (nats)."""
BEST_LOSS_TOLERANCE: Final = 0.05
"""The same for those of the best epochs."""

_FORMAT = re.compile(
    r"1-(?P<epochs>\d{1,5})-(?P<best_epoch>\d{1,5})-(?P<first_loss>\d+\.\d{5})"
    r"-(?P<best_loss>\d+\.\d{4})-(?P<machine>[0-9a-f]{6})-(?P<data>[0-9a-f]{6})"
    r"-(?P<curve>[0-9a-f]{16})",
    re.ASCII,
)

Verdict = Literal["equal", "different", "within", "outside", "other_data", "unreadable"]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What became of a link's curve here.

    Attributes:
        verdict: `equal` bit for bit, or `different` although all rounds alike; where it
            does not, `within` or `outside` of the tolerances.
        sentence: the same for a page.
    """

    verdict: Verdict
    sentence: str


def digest(run: Run) -> str:
    """The curve of `run` as text that needs no escaping in an address.

    Raises:
        RunStateError: no epoch has finished yet.
    """
    if run.best is None:
        raise RunStateError(
            f"Run {run.id} has finished no epoch, so it has no curve to put into a link."
        )
    data = run.dataset.fingerprint if run.dataset else ""
    return (
        f"1-{len(run.epochs)}-{run.best.epoch}-{run.epochs[0].val_loss:.5f}"
        f"-{run.best.val_loss:.4f}-{_short_hash(*_machine(run))}-{_short_hash(data)}"
        f"-{_curve_hash(run)}"
    )


def compare(run: Run, text: str) -> Comparison:
    """Whether the curve of `run` is the one that `text`, a link's digest, was made from.

    Any text is allowed.

    Raises:
        RunStateError: as `digest`.
    """
    theirs, ours = _FORMAT.fullmatch(text), _FORMAT.fullmatch(digest(run))
    assert ours is not None  # `digest` writes this format
    if theirs is None:
        return Comparison(
            verdict="unreadable",
            sentence="The link does not say which curve it was made from in a way that can be "
            "read here; nothing was compared.",
        )
    told = f"The link's run: {_told(theirs)}; this one: {_told(ours)}."
    if theirs["data"] != ours["data"]:
        return Comparison(
            verdict="other_data",
            sentence=f"The link's curve was made from other reviews, or from the same in another "
            f"order. {told}",
        )
    if theirs["curve"] == ours["curve"]:
        return Comparison(
            verdict="equal",
            sentence=f"The same curve as the link's, bit for bit: {_told(ours)}.",
        )
    if theirs["machine"] == ours["machine"]:
        return Comparison(
            verdict="different",
            sentence=f"Not the link's curve, though {_repeaters(run)} should repeat it bit for "
            f"bit. {told}",
        )
    is_within = (
        _apart(theirs, ours, "first_loss") <= FIRST_LOSS_TOLERANCE
        and _apart(theirs, ours, "best_loss") <= BEST_LOSS_TOLERANCE
    )
    limits = (
        f"within {FIRST_LOSS_TOLERANCE} of its loss in epoch 1 and within {BEST_LOSS_TOLERANCE} "
        "of its best"
    )
    if is_within:
        return Comparison(
            verdict="within",
            sentence="The link was made by other versions, another engine or another kind of "
            f"processor, which round otherwise. As close as that allows, {limits}. {told}",
        )
    return Comparison(
        verdict="outside",
        sentence="The link was made by other versions, another engine or another kind of "
        "processor, but further from this curve than "
        f"rounding explains: not {limits}. {told}",
    )


@cache
def code_mark() -> str:
    """A short hash of the code that computes, to be recorded as version `project` of a run.

    Line ends do not count: git writes them otherwise on Windows.

    Raises:
        StorageError: the system does not let it be read.
    """
    package = Path(__file__).parents[1]
    paths = [p for part in ("data", "model", "training") for p in (package / part).rglob("*.py")]
    paths.append(package / "processor.py")
    try:
        content = [path.read_bytes().replace(b"\r\n", b"\n") for path in sorted(paths)]
    except OSError as error:
        raise StorageError.from_reading(error, package) from error
    return hashlib.sha256(b"\0".join(content)).hexdigest()[:12]


def _curve_hash(run: Run) -> str:
    numbers = [
        number
        for record in run.epochs
        for number in (record.train_loss, record.val_loss, record.val_accuracy)
    ]
    return hashlib.sha256(struct.pack(f"<{len(numbers)}d", *numbers)).hexdigest()[:16]


def machine_facts() -> dict[str, str]:
    """What of this machine decides how numbers round, to be recorded beside a run's versions."""
    return {
        "system": platform.system(),
        "cpu": microarchitecture(),
        "kernels": _COMMON if is_common() else "its own",
        "threads": str(os.cpu_count()),
    }


def _machine(run: Run) -> list[str]:
    """Everything that decides how this run's numbers round, as far as is known.

    By what the run recorded, for it may have been imported; older runs did not.
    """
    versions = dict(run.versions)
    system, cpu, _, threads = (versions.pop(name, "unknown") for name in machine_facts())
    packages = [f"{name} {versions[name]}" for name in sorted(versions)]
    if _rounds_alike_everywhere(run):
        return [_COMMON, run.engine, *packages]
    # PyTorch sums in as many parts as it has threads.
    threads = threads if run.engine == "torch" else ""
    cpu = cpu if run.device.startswith("CPU") else ""
    return [system, run.device, cpu, run.engine, threads, *packages]


def _repeaters(run: Run) -> str:
    if _rounds_alike_everywhere(run):
        return "every x86-64 computer with AVX2 and FMA"
    return "this kind of machine"


def _rounds_alike_everywhere(run: Run) -> bool:
    return run.engine == "fast" and run.versions.get("kernels") == _COMMON


def _short_hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:6]


def _told(digest: re.Match[str]) -> str:
    epochs = "1 epoch" if digest["epochs"] == "1" else f"{digest['epochs']} epochs"
    return f"{epochs}, best validation loss {digest['best_loss']} in epoch {digest['best_epoch']}"


def _apart(one: re.Match[str], other: re.Match[str], name: str) -> float:
    return abs(float(one[name]) - float(other[name]))
