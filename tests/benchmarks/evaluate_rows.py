"""A whole split judged and measured, from a click to the file in the run's folder."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Iterator
from pathlib import Path

from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary
from imdb_core.evaluation import cached, evaluate
from imdb_core.evaluation.judging import judge, rows_of
from imdb_core.runs.checkpoints import load_weights
from imdb_core.runs.execution import execute
from imdb_core.runs.store import RunStore
from imdb_core.stop_flag import StopFlag
from imdb_core.training.predicting import predictor_for
from tests.benchmarks.measuring import REPEATS, Row, median_seconds, seconds

GROUP = "Evaluation"


def evaluate_rows(library: DataLibrary, scratch: Path, source: str) -> Iterator[Row]:
    """The test split by the Notebook preset: all of it, the judging alone, and read again."""
    store = RunStore(scratch / "evaluating" / "runs")
    queued = store.create(TrainConfig.parse({"source": source, "max_epochs": 2}))
    run = execute(queued.id, store, library, stop=StopFlag())
    dataset = library.load(source)
    reviews, rows = rows_of(dataset, "test", run.config.validation_fraction)
    predictor = predictor_for(run.config, load_weights(run.best_weights)[0])

    def anew() -> None:
        shutil.rmtree(run.folder / "evaluation", ignore_errors=True)
        evaluate(run, library, "test")

    anew()
    whole = statistics.median(seconds(anew) for _ in range(REPEATS))
    judging = median_seconds(lambda: judge([predictor], reviews, rows, run.config, _ignore))
    reading = median_seconds(lambda: cached(run, "test"))
    count = f"{len(rows):,} reviews"
    yield Row(group=GROUP, what=f"Notebook preset, {count}, judged and measured",
              ours=whole, wanted="≤ 3 s")  # fmt: skip
    yield Row(group=GROUP, what=f"Notebook preset, {count}, judged alone",
              ours=judging * 1e3, unit="ms")  # fmt: skip
    yield Row(group=GROUP, what=f"Notebook preset, {count}, asked for again",
              ours=reading * 1e3, unit="ms")  # fmt: skip


def _ignore(done: int) -> None:
    pass
