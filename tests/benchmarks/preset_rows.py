"""What the presets reach on IMDB, and what one change does to Accurate."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from imdb_core.config import PRESETS, TrainConfig
from imdb_core.data import DataLibrary
from imdb_core.evaluation import judged_right
from imdb_core.evaluation.judging import judge, rows_of
from imdb_core.runs.checkpoints import load_weights
from imdb_core.runs.execution import execute
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from imdb_core.stop_flag import StopFlag
from imdb_core.training.predicting import predictor_for
from imdb_core.training.warm_up import warm_up
from tests.benchmarks.measuring import Row

SEEDS = (42, 1, 2)
MEANS = "means of three seeds"
VALIDATION, TEST = "validation accuracy", "test accuracy"
EPOCHS_S, WHOLE_S, EPOCHS = "training", "with word vectors and files", "epochs"
DIGITS = {VALIDATION: 4, TEST: 4}
UNITS = {EPOCHS_S: "s", WHOLE_S: "s"}

Figures = Mapping[str, float]
"""What one run came to, by the names above."""

_WANTED = {
    "quick": {WHOLE_S: "≤ 12 s"},  # about ten
    "accurate": {VALIDATION: "≥ 0.89", TEST: "≥ 0.88", WHOLE_S: "≤ 180 s"},
}
_CHANGED = PRESETS["accurate"].changed(batch_size=64)
_CHANGES: dict[str, dict[str, object]] = {
    "none": {},
    "GRU": {"cell": "gru"},
    "plain RNN": {"cell": "rnn"},
    "readout: last state": {"readout": "last"},
    "400 words read": {"max_length": 400},
    "600 words read": {"max_length": 600},
    "embedding 96": {"embedding_dim": 96},
    "embedding 128": {"embedding_dim": 128},
    "64 units": {"hidden_size": 64},
    "10,000 words known": {"vocab_size": 10_000},
    "learning rate 0.003": {"learning_rate": 0.003},
    "learning rate 0.012": {"learning_rate": 0.012},
    "dropout 0.2": {"dropout": 0.2},
    "no averages": {"weight_average": 0.0},
    "Adam's epsilon for words 1e-8": {"embedding_epsilon": 1e-8},
    "Keras's initial weights, epsilon 1e-8": {
        "initialization": "keras", "embedding_epsilon": 1e-8,
    },
    "PyTorch's initial weights, epsilon 1e-8": {
        "initialization": "torch", "embedding_epsilon": 1e-8,
    },
}  # fmt: skip


def preset_rows(library: DataLibrary, scratch: Path, source: str) -> Iterator[Row]:
    """Quick and Accurate; nothing on made-up reviews."""
    if _is_pointless(source):
        return
    warm_up()
    for name, wanted in _WANTED.items():
        figures = _mean_figures(PRESETS[name].changed(source=source), library, scratch)
        yield from _rows(f"The presets, {MEANS}", f"{name.capitalize()} preset", figures, wanted)


def change_rows(library: DataLibrary, scratch: Path, source: str) -> Iterator[Row]:
    """Accurate with one setting changed at a time; nothing on made-up reviews."""
    if _is_pointless(source):
        return
    warm_up()
    group = f"What one change does to Accurate with batches of 64, {MEANS}"
    for what, change in _CHANGES.items():
        figures = _mean_figures(_CHANGED.changed(source=source, **change), library, scratch)
        yield from _rows(group, what, figures, {})


def _is_pointless(source: str) -> bool:
    if source == "sample":
        print("left out: accuracy on made-up reviews says nothing", flush=True)
    return source == "sample"


def _rows(group: str, what: str, figures: Figures, wanted: Mapping[str, str]) -> Iterator[Row]:
    for figure, value in figures.items():
        yield Row(group=group, what=what, figure=figure, ours=value, unit=UNITS.get(figure, ""),
                  digits=DIGITS.get(figure, 3), wanted=wanted.get(figure, ""))  # fmt: skip


def _mean_figures(config: TrainConfig, library: DataLibrary, scratch: Path) -> Figures:
    store = RunStore(scratch / "presets" / "runs")
    runs = [_figures(config.changed(seed=seed, device="cpu"), library, store) for seed in SEEDS]
    return {figure: statistics.mean(run[figure] for run in runs) for figure in runs[0]}


def _figures(config: TrainConfig, library: DataLibrary, store: RunStore) -> Figures:
    """Train, and judge the test reviews by the weights that were kept."""
    started = time.perf_counter()
    queued = store.create(config)
    run = execute(queued.id, store, library, stop=StopFlag())
    whole_s = time.perf_counter() - started
    assert run.reason in ("patience", "max_epochs"), run.error
    assert run.best is not None
    figures = {
        VALIDATION: run.best.val_accuracy,
        TEST: _test_accuracy(run, library),
        EPOCHS_S: run.training_seconds,
        WHOLE_S: whole_s,
        EPOCHS: len(run.epochs),
    }
    shutil.rmtree(run.folder)  # up to 50 MB each, and there are many
    return figures


def _test_accuracy(run: Run, library: DataLibrary) -> float:
    dataset = library.load(run.config.source)
    reviews, rows = rows_of(dataset, "test", run.config.validation_fraction)
    predictor = predictor_for(run.config, load_weights(run.best_weights)[0])
    (probabilities,) = judge([predictor], reviews, rows, run.config, lambda done: None)
    return float(np.mean(judged_right(reviews.labels[rows], probabilities)))
