"""What a visitor waits for, in a real browser on a real server."""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Error, Page, sync_playwright

from imdb_core.config import PRESETS, TrainConfig
from imdb_core.evaluation import Evaluation, evaluate
from imdb_core.evaluation.listing import flips, mistakes
from imdb_core.runs.store import RunStore
from imdb_core.settings import Settings
from imdb_core.studio import Studio
from imdb_core.training.footprint import parameter_count
from tests.benchmarks.data import PROJECT
from tests.benchmarks.measuring import Row, peak_megabytes

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

GROUP = "Waiting in the browser"
_ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
              "--disable-background-networking"]  # fmt: skip
_REVIEW = "I watched this film again, and it was not half as good as I remember it. " * 10
# What a visitor can open on a page beyond its first sight: a name for it, and the widgets' values.
_FURTHER: dict[str, dict[str, dict[str, object]]] = {
    "Score": {
        "all folds open": {
            "review": _REVIEW, "why": True, "try": True, "others": True, "many": True,
        },
    },
    "Evaluate": {"weak spots": {"parts": "Weak spots"}},
    "Runs": {"all folds open": {"replay": True, "scatter": True}},
    "Data": {
        "reading what a search found, longest first": {
            "data_view": "Read them", "data_order": "longest", "data_query": "good film",
        },
    },
}  # fmt: skip
_AT_WORK = ("hourglass", "Getting ready", "Waiting")
# Both moments by the page's own clock: Playwright comes back from a click only after it.
_NOTE_CLICKS = """document.addEventListener('click', event => {
    if (event.target.closest('.st-key-train')) window.clickedAt = event.timeStamp;
}, {capture: true})"""
_TO_FIRST_POINT_MS = """() => {
    const chart = document.querySelector('.js-plotly-plot');
    const hasPoint = chart && chart.data && chart.data[0] && chart.data[0].x
        && chart.data[0].x.length > 0 && document.querySelector('.st-key-stop');
    return hasPoint && performance.now() - window.clickedAt;
}"""


def page_rows(home: Path) -> Iterator[Row]:
    """Start of the program, a click's first point, memory; needs a Chromium."""
    executable = shutil.which("chromium")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS)
        except Error:
            return
        page = browser.new_page()
        page.add_init_script(_NOTE_CLICKS)
        port = _free_port()  # one address, as for a user: the browser keeps what it loaded
        starts, clicks, memories = [], [], []
        for _ in range(5):
            shutil.rmtree(home / "runs", ignore_errors=True)
            started = time.perf_counter()
            with _server(home, port) as (address, process):
                _open(page, address)
                starts.append(time.perf_counter() - started)
                clicks += _clicks(page, home, times=3)[1:]  # the first finds it still cold
                epochs, reviews = _train_to_the_end(page, home)
                memories.append(peak_megabytes(process))
        shutil.rmtree(home / "runs")
        with _server(home, port) as (address, process):
            _open(page, address)
            page.get_by_role("radio", name="Accurate").click()
            parameters = parameter_count(PRESETS["accurate"])
            page.get_by_text(f"{parameters:,} parameters").wait_for()
            _train_to_the_end(page, home)
            of_accurate = peak_megabytes(process)
        browser.close()
    yield Row(group=GROUP, what="streamlit run to the first screen",
              ours=statistics.median(starts), wanted="≤ 2.5 s")  # fmt: skip
    yield Row(group=GROUP, what="click on Train to the first point, warm server",
              ours=statistics.median(clicks), wanted="≤ 1.0 s")  # fmt: skip
    what = f"a server's peak memory, {epochs} epochs on {reviews}, highest of 5"
    yield Row(group=GROUP, what=what, ours=max(memories), unit="MB", wanted="≤ 700 MB")
    yield Row(group=GROUP, what="a server's peak memory, a run of the Accurate preset",
              ours=of_accurate, unit="MB", wanted="≤ 700 MB")  # fmt: skip


def script_rows(home: Path) -> Iterator[Row]:
    """How long the pages' scripts take: Train beside a training, the others after it."""
    from streamlit.runtime.context import ContextProxy
    from streamlit.testing.v1 import AppTest

    import imdb_core.studio

    # Without a server, Streamlit's stand-in for one says anything.
    ContextProxy.cookies, ContextProxy.ip_address = {}, None  # type: ignore[assignment]
    studio = Studio(Settings(home=home, aclimdb=None, keras_home=home / "keras"))
    imdb_core.studio._studio = studio
    run = studio.start(TrainConfig(max_epochs=2000, learning_rate=1e-5, patience=20))
    job = studio.job(run.id)
    while not studio.store.get(run.id).epochs and job is not None and not job.wait(0.05):
        pass
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=30).run()
    while_training_ms = _script_ms(app, 60)
    assert job is not None
    assert not job.is_done, "the training ended before its page was measured"
    yield Row(group=GROUP, what="a Train page's script while it trains, 95th percentile",
              ours=while_training_ms, unit="ms", wanted="≤ 150 ms")  # fmt: skip
    job.stop()
    job.wait()
    further = _FURTHER | {
        "Evaluate": _FURTHER["Evaluate"] | _unfolded(_trained_by_patience(studio))
    }
    for page in sorted((PROJECT / "pages").glob("*.py")):
        app.switch_page(f"pages/{page.name}")
        _run_to_rest(app)
        name = page.stem.partition("_")[2]
        yield Row(group=GROUP, what=f"the {name} page's script, 95th percentile",
                  ours=_script_ms(app, 20), unit="ms", wanted="≤ 300 ms")  # fmt: skip
        for what, values in further[name].items():
            for key, value in values.items():
                app.session_state[key] = value
            _run_to_rest(app)
            yield Row(group=GROUP, what=f"the {name} page's script, {what}",
                      ours=_script_ms(app, 20), unit="ms", wanted="≤ 300 ms")  # fmt: skip


def _trained_by_patience(studio: Studio) -> Evaluation:
    """The best run there is, past its best epoch, so that its last epoch judges otherwise."""
    run = studio.start(TrainConfig(learning_rate=0.003))
    job = studio.job(run.id)
    assert job is not None
    job.wait()
    return evaluate(studio.store.get(run.id), studio.library, "validation")


def _unfolded(evaluation: Evaluation) -> dict[str, dict[str, object]]:
    """The lists of the Evaluate page with their first review open."""
    firsts = {"mistakes": mistakes(evaluation, "all")[0], "flips": flips(evaluation)[0]}
    return {
        f"{name}, a review unfolded": {
            "parts": name.capitalize(), f"{name}_validation_{evaluation.rows[place]}": True,
        }
        for name, place in firsts.items()
    }  # fmt: skip


def _run_to_rest(app: AppTest) -> None:
    """Run until nothing is worked out beside the page any more."""
    app.run()
    while any(word in said for word in _AT_WORK for said in _said(app)):
        app.run()
    app.run()  # what is kept from then on is kept by now


def _said(app: AppTest) -> list[str]:
    return [caption.value for caption in app.caption] + [
        str(bar.proto) for bar in app.get("progress")
    ]


def _script_ms(app: AppTest, times: int) -> float:
    measured = []
    for _ in range(times):
        started = time.perf_counter()
        app.run()
        measured.append(time.perf_counter() - started)
        assert not app.exception, app.exception
    return sorted(measured)[int(times * 0.95)] * 1e3


def listing_rows(scratch: Path) -> Iterator[Row]:
    """Reading a thousand runs of 43 epochs for the first time."""
    store = RunStore(scratch / "many" / "runs")
    run = store.create(TrainConfig())
    log = store.log(run.id)
    for epoch in range(1, 44):
        log.append("epoch", epoch=epoch, train_loss=0.7, val_loss=0.7 - epoch / 1000,
                   val_accuracy=0.5, improved=True, bad_epochs=0, best_epoch=epoch,
                   train_seconds=0.1, val_seconds=0.1)  # fmt: skip
    log.append("stopped", reason="patience")
    for number in range(999):
        shutil.copytree(run.folder, store.folder / f"2026-11-22_101530_{number:04d}")
    times = []
    for _ in range(5):
        fresh = RunStore(store.folder)
        started = time.perf_counter()
        fresh.all()
        times.append(time.perf_counter() - started)
    yield Row(group=GROUP, what="listing 1,000 runs for the first time",
              ours=statistics.median(times), wanted="≤ 0.5 s")  # fmt: skip


def _clicks(page: Page, home: Path, times: int) -> list[float]:
    """Seconds from a click to the first point, on runs of one's own."""
    measured = []
    store = RunStore(home / "runs")
    for _ in range(times):
        before = {run.id for run in store.all()}
        page.locator(".st-key-train button").click()
        waited_ms = page.wait_for_function(_TO_FIRST_POINT_MS, polling=20).json_value()
        measured.append(waited_ms / 1e3)
        page.locator(".st-key-stop button").click()
        page.get_by_text("Stopped by hand").first.wait_for()
        assert len(store.all()) == len(before) + 1
        shutil.rmtree(home / "runs")  # the next first point is again the first
        page.get_by_text("No run yet").wait_for()
    return measured


def _train_to_the_end(page: Page, home: Path) -> tuple[int, str]:
    """Click Train and look on until the run ends by a rule; its epochs, and whose reviews."""
    store = RunStore(home / "runs")
    page.locator(".st-key-train button").click()
    while not (runs := store.all()) or runs[0].is_live:
        page.wait_for_timeout(50)
    (run,) = runs
    assert run.reason in ("patience", "max_epochs"), run.error
    assert run.dataset is not None
    return len(run.epochs), run.dataset.origin


@contextmanager
def _server(home: Path, port: int) -> Iterator[tuple[str, int]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port),
         "--server.headless", "true"],
        cwd=PROJECT,
        env=os.environ | {"IMDB_STUDIO_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _open(page: Page, address: str) -> None:
    """Load the page as soon as somebody answers, until Train can be clicked."""
    host, port = address.removeprefix("http://").split(":")
    deadline = time.perf_counter() + 60
    while True:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
            break
        except OSError:
            if time.perf_counter() > deadline:
                raise
    page.goto(address)
    page.locator(".st-key-train button").wait_for()
