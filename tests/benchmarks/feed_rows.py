"""What fifty readers of a training run get by the feed, and what they take from it.

`python -m tests.benchmarks.feed_rows` measures these rows alone.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import Error, sync_playwright

from imdb_core.runs.store import RunStore
from tests.benchmarks.data import PROJECT, prepared_library
from tests.benchmarks.measuring import Row
from tests.benchmarks.page_rows import ARGUMENTS, free_port, open_train_page, server_at

GROUP = "Fifty readers of a training run, by the feed"
READERS = 50
SECONDS = 8  # three rounds must fit into the 2,000 epochs that a run may have
ROUNDS = 3
_ENDLESS = "learning_rate=0.00001&patience=20&max_epochs=2000"


@dataclass(frozen=True)
class _Span:
    """What the server did for a while."""

    seconds: float
    cpu_s: float
    epochs: int

    @property
    def epoch_s(self) -> float:
        return self.seconds / self.epochs


def feed_rows(home: Path) -> Iterator[Row]:
    """Delay of an epoch, the training's slowdown, the server's work; needs a Chromium."""
    port = free_port()
    with sync_playwright() as playwright, server_at(home, port) as (address, process):
        executable = shutil.which("chromium")
        try:
            browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        except Error:
            return
        page = browser.new_page()
        open_train_page(page, f"{address}/?{_ENDLESS}")
        page.locator(".st-key-train button").click()
        page.locator(".st-key-stop button:enabled").wait_for()
        browser.close()  # what draws is not what is measured
        yield from _measure(RunStore(home / "runs"), address, psutil.Process(process))


def _measure(store: RunStore, address: str, server: psutil.Process) -> Iterator[Row]:
    run_id = store.all()[0].id
    while len(store.get(run_id).epochs) < 10:
        time.sleep(0.2)
    delays: list[float] = []
    missed, slowdowns, works = 0, [], []
    for _ in range(ROUNDS):
        alone, _ = _span(store, run_id, server, address, readers=0)
        read, found = _span(store, run_id, server, address, readers=READERS)
        delays += found["delays"]
        missed += found["missed"]
        slowdowns.append(read.epoch_s / alone.epoch_s)
        for_training = alone.cpu_s / alone.epochs * read.epochs
        works.append(100 * (read.cpu_s - for_training) / read.seconds)
    at_99 = sorted(delays)[int(0.99 * len(delays))]
    yield Row(group=GROUP, what="from an epoch's end to its arrival, 99th percentile",
              ours=at_99, wanted="≤ 1 s")  # fmt: skip
    yield Row(group=GROUP, what="epochs that a reader did not get", ours=missed, unit="",
              wanted="≤ 0")  # fmt: skip
    yield Row(group=GROUP, what="an epoch's time, as a multiple of the time without readers",
              ours=statistics.median(slowdowns), unit="", wanted="≤ 1.15")  # fmt: skip
    yield Row(group=GROUP, what="the server's work for the readers, in percent of a core",
              ours=max(0.0, statistics.median(works)), unit="%", wanted="≤ 10 %")  # fmt: skip


def _span(
    store: RunStore, run_id: str, server: psutil.Process, address: str, *, readers: int
) -> tuple[_Span, dict[str, list[float]]]:
    """Let it train for a while beside so many readers."""
    before, epochs, started = _cpu_s(server), len(store.get(run_id).epochs), time.perf_counter()
    found: dict[str, list[float]] = {}
    if readers:
        command = [sys.executable, "-m", "tests.benchmarks.feed_readers",
                   address, run_id, str(readers), str(SECONDS)]  # fmt: skip
        done = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
        found = json.loads(done.stdout)
    else:
        time.sleep(SECONDS)
    run, seconds = store.get(run_id), time.perf_counter() - started
    assert run.is_live, "the training ended before its readers were measured"
    return _Span(seconds, _cpu_s(server) - before, len(run.epochs) - epochs), found


def _cpu_s(server: psutil.Process) -> float:
    times = server.cpu_times()
    return float(times.user + times.system)


def main() -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        prepared_library(home)
        for row in feed_rows(home):
            print(f"{row.what}: {row.ours:.3g} {row.unit} (asked for {row.wanted})", flush=True)


if __name__ == "__main__":
    main()
