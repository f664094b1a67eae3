"""A typed review, and ten thousand of a file, from its bytes to their scores."""

from __future__ import annotations

import csv
import statistics
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from imdb_core.config import PRESETS
from imdb_core.data import DataLibrary, Dataset, TableChoices
from imdb_core.jobs import JobQueue
from imdb_core.runs.execution import execute
from imdb_core.runs.store import RunStore
from imdb_core.scoring import Scorer
from imdb_core.scoring.batch import FileScoring
from imdb_core.stop_flag import StopFlag
from tests.benchmarks.measuring import Row, median_seconds, seconds

GROUP = "Scoring"
_TYPED = 300
_IN_FILE = 10_000


def scoring_rows(library: DataLibrary, scratch: Path, source: str) -> Iterator[Row]:
    """By the networks of two presets; what their weights are does not matter."""
    store = RunStore(scratch / "scoring" / "runs")
    dataset = library.load(source)
    texts = [dataset.text(dataset.test, row) for row in range(min(_IN_FILE, len(dataset.test)))]
    file = _csv_file(scratch / "reviews.csv", texts, dataset)
    queue = JobQueue("files")
    for name in ("notebook", "accurate"):
        preset = f"{name.capitalize()} preset"
        queued = store.create(PRESETS[name].changed(source=source, max_epochs=1))
        scorer = Scorer.load(execute(queued.id, store, library, stop=StopFlag()))
        times = [seconds(partial(scorer.score, text)) for text in texts[:_TYPED]]
        yield Row(group=GROUP, what=f"{preset}, a typed review, median of {_TYPED}",
                  ours=statistics.median(times) * 1e3, unit="ms", wanted="≤ 5 ms")  # fmt: skip
        yield Row(group=GROUP, what=f"{preset}, a CSV file of {len(texts):,} reviews",
                  ours=median_seconds(partial(_score_file, queue, file, scorer)),
                  wanted="≤ 5 s")  # fmt: skip
    queue.end()


def _csv_file(path: Path, texts: list[str], dataset: Dataset) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows(zip(texts, dataset.test.labels, strict=False))
    return path


def _score_file(queue: JobQueue, path: Path, scorer: Scorer) -> None:
    """All that the Score page does between the file's choice and the scores of its rows."""
    content = path.read_bytes()
    scoring = FileScoring(
        queue,
        id=path.name,
        name=path.name,
        content=content,
        choices=TableChoices(),
        scorer=scorer,
    )
    job = queue.find(path.name)
    if job is not None:
        job.wait()
    assert scoring.result is not None, scoring.error
