"""Timing, and rows of a table."""

from __future__ import annotations

import json
import math
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

REPEATS = 5


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measurement beside its peer or its limit.

    Attributes:
        group: which part of the table.
        what: what was measured.
        figure: which figure of it, where the group has several of each; a column of its own.
        ours: in `unit`, a median where neither `group` nor `what` says otherwise.
        unit: `s`, `ms`, `MB`, `%`, or nothing.
        digits: how many of `ours` a reader needs.
        peer: what it is compared with; empty where there is a limit instead.
        theirs: the peer's, in `unit`.
        wanted: what is asked for: a least ratio `20 ×`, a range of it `0.7 to 1.3 ×`, or a
            limit of `ours` in its unit, `≤ 5 s` or `≥ 0.89`.
    """

    group: str
    what: str
    figure: str = ""
    ours: float
    unit: str = "s"
    digits: int = 3
    peer: str = ""
    theirs: float | None = None
    wanted: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times the peer takes what ours takes."""
        return None if self.theirs is None else self.theirs / self.ours

    @property
    def is_met(self) -> bool | None:
        """Whether it is as `wanted` says, nothing rounded; None where nothing is asked for."""
        bounds = [float(number) for number in re.findall(r"[\d.]+", self.wanted)]
        measured = self.ratio if self.wanted.endswith("×") else self.ours
        if not bounds or measured is None:
            return None
        least = -math.inf if self.wanted.startswith("≤") else bounds[0]
        most = math.inf if least == bounds[-1] else bounds[-1]
        return least <= measured <= most


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def median_seconds(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median of `repeats` calls after one to warm up."""
    work()
    return statistics.median(seconds(work) for _ in range(repeats))


def alternating_medians(
    first: Callable[[], object], second: Callable[[], object], repeats: int = REPEATS
) -> tuple[float, float]:
    """Medians of two works that take turns, so that a slow minute strikes both."""
    first()
    second()
    pairs = [(seconds(first), seconds(second)) for _ in range(repeats)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def peer_seconds(module: str, data: Path, repeats: int = REPEATS) -> float | None:
    """Median of a peer program's seconds; None where its packages are not installed."""
    try:
        version("jax")
    except PackageNotFoundError:
        return None
    output = subprocess.run(
        [sys.executable, "-m", f"tests.benchmarks.{module}", str(data), str(repeats)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return statistics.median(json.loads(output.splitlines()[-1]))


def peak_megabytes(process: int) -> float:
    """The most memory that a process has had resident so far, 10^6 bytes; 0 once it has ended.

    Linux keeps it (VmHWM), so that no moment is missed. Elsewhere it is what the process has now.
    """
    status = Path(f"/proc/{process}/status")
    with suppress(OSError, psutil.NoSuchProcess):
        if not status.exists():
            return psutil.Process(process).memory_info().rss / 1e6
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def peak_megabytes_of(command: list[str], environment: Mapping[str, str]) -> float:
    """`peak_megabytes` of a program from its start to its end, its children not counted.

    Raises:
        CalledProcessError: the program failed.
    """
    peak = 0.0
    with tempfile.TemporaryFile("w+") as said:
        program = subprocess.Popen(
            command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=said
        )
        try:
            while program.poll() is None:
                peak = max(peak, peak_megabytes(program.pid))
                time.sleep(0.005)
        finally:
            program.kill()
            program.wait()
        said.seek(0)
        if program.returncode != 0:
            raise subprocess.CalledProcessError(program.returncode, command, stderr=said.read())
    return peak


def machine() -> str:
    """What was measured on, in a line."""
    packages = ["torch", "numba", "numpy", "streamlit", "keras", "jax"]
    versions = []
    for package in packages:
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return (
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}, {', '.join(versions)}"
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
