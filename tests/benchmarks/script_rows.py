"""How long the pages' scripts take, and the list of runs, without a browser."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from imdb_core.config import TrainConfig
from imdb_core.data import prepared
from imdb_core.evaluation import Evaluation, evaluate
from imdb_core.evaluation.listing import flips, mistakes
from imdb_core.runs.store import RunStore
from imdb_core.settings import Settings
from imdb_core.studio import Studio
from tests.benchmarks.data import PROJECT
from tests.benchmarks.measuring import Row, median_seconds

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

GROUP = "One call of a page's script, 95th percentile of 20 or more"
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
_AT_THE_COMPUTER = {"host": "localhost:8501", "origin": "http://localhost:8501"}


def script_rows(home: Path) -> Iterator[Row]:
    """How long the pages' scripts take: Train beside a training, the others after it."""
    from streamlit.runtime.context import ContextProxy
    from streamlit.testing.v1 import AppTest

    import imdb_core.studio

    # Without a server, Streamlit's stand-in for one says anything.
    ContextProxy.cookies, ContextProxy.headers = {}, _AT_THE_COMPUTER  # type: ignore[assignment]
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
    yield Row(group=GROUP, what="the Train page while a network trains",
              ours=while_training_ms, unit="ms", wanted="≤ 150 ms")  # fmt: skip
    job.stop()
    job.wait()
    further = _FURTHER | {
        "Evaluate": _FURTHER["Evaluate"] | _unfolded(_trained_by_patience(studio))
    }
    for page in sorted((PROJECT / "pages").glob("*.py")):
        app.switch_page(f"pages/{page.name}")
        _run_to_rest(app, studio)
        name = page.stem.partition("_")[2]
        yield Row(group=GROUP, what=f"the {name} page",
                  ours=_script_ms(app, 20), unit="ms", wanted="≤ 300 ms")  # fmt: skip
        for what, values in further[name].items():
            for key, value in values.items():
                app.session_state[key] = value
            _run_to_rest(app, studio)
            yield Row(group=GROUP, what=f"the {name} page, {what}",
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


def _run_to_rest(app: AppTest, studio: Studio) -> None:
    """Run until nothing is worked out beside the page any more."""
    app.run()
    while _is_at_work(studio):
        time.sleep(0.05)
        app.run()
    app.run()  # what is kept from then on is kept by now


def _is_at_work(studio: Studio) -> bool:
    memos = studio.answers, studio.curves, studio.calibrations
    queues = [studio.files, studio.imports, studio.evaluator._evaluations,
              studio.evaluator._baselines, studio._baselines._queue,
              *(memo._queue for memo in memos)]  # fmt: skip
    return any(queue.active_ids() for queue in queues)


def _script_ms(app: AppTest, times: int) -> float:
    measured = []
    for _ in range(times):
        started = time.perf_counter()
        app.run()
        measured.append(time.perf_counter() - started)
        assert not app.exception, app.exception
    return sorted(measured)[int(times * 0.95)] * 1e3


def listing_rows(scratch: Path, reviews: Path) -> Iterator[Row]:
    """Reading a thousand runs of 43 epochs for the first time, and prepared reviews."""
    files = prepared.read_meta(reviews).files
    assert files is not None
    checked = median_seconds(lambda: prepared._check_content(reviews, files))
    yield Row(group="On the disk", what="checksums of all prepared reviews, once a process",
              ours=checked, wanted="≤ 0.05 s")  # fmt: skip
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
    yield Row(group="On the disk", what="listing 1,000 runs of 43 epochs for the first time",
              ours=statistics.median(times), wanted="≤ 0.5 s")  # fmt: skip
