"""The cost told before Train, against the epochs that follow."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import torch

from imdb_core.config import PRESETS, TrainConfig
from imdb_core.data import Dataset
from imdb_core.data.reviews import Reviews
from imdb_core.stop_flag import StopFlag
from imdb_core.training.cost import CostEstimator
from imdb_core.training.loop import TrainingLoop
from imdb_core.training.word_vectors import find_word_vectors, typical_seconds
from tests.benchmarks.data import splits
from tests.benchmarks.measuring import Row, median_seconds, seconds

CELLS = ("rnn", "gru", "lstm")
HIDDEN = (8, 32, 128)
LENGTHS = (100, 400)
REPEATS = 5
REVIEWS = 1_000  # of the grid; the presets are measured on all
BOUNDS = "0.7 to 1.3 ×"


def cost_rows(dataset: Dataset) -> Iterator[Row]:
    """Estimated and measured seconds of an epoch; the ratio is measured to estimated."""
    group = "An epoch's seconds, told before Train"
    ratios = []
    for what, config, reviews in _cases(dataset):
        told, was = _told_and_measured(config, reviews)
        ratios.append(was / told)
        yield Row(group=group, what=what, ours=told,
                  peer="the epoch itself", theirs=was, wanted=BOUNDS)  # fmt: skip
    off = sorted(max(ratio, 1 / ratio) for ratio in ratios)
    yield Row(group=group, what="what is told is off by, median of these rows",
              ours=(statistics.median(off) - 1) * 100, unit="%", wanted="≤ 30 %")  # fmt: skip
    for name in ("quick", "accurate"):
        preset = PRESETS[name]
        ids = splits(dataset, preset)[0].ids
        find = partial(find_word_vectors, ids, preset.vocab_size, preset.embedding_dim)
        yield Row(group="Word vectors' seconds, told before Train",
                  what=f"{name.capitalize()} preset",
                  ours=typical_seconds(preset.embedding_dim, preset.max_length),
                  peer="finding them", theirs=median_seconds(find), wanted=BOUNDS)  # fmt: skip
    taken = median_seconds(lambda: CostEstimator().estimate(TrainConfig(), dataset))
    yield Row(group=group, what="measuring what to tell, Notebook preset",
              ours=taken, wanted="≤ 0.3 s")  # fmt: skip


def _cases(dataset: Dataset) -> Iterator[tuple[str, TrainConfig, Dataset]]:
    for name, preset in PRESETS.items():
        yield f"{name.capitalize()} preset", preset, dataset
    few = _first(dataset, REVIEWS)
    for engine in ("fast", "torch"):
        for length in LENGTHS:
            for cell in CELLS:
                for hidden in HIDDEN:
                    config = TrainConfig.parse(
                        {"cell": cell, "hidden_size": hidden, "max_length": length,
                         "embedding_dim": 32, "vocab_size": 5000, "engine": engine}
                    )  # fmt: skip
                    yield f"{engine}, {cell}, {hidden} units, {length} words", config, few


def _told_and_measured(config: TrainConfig, dataset: Dataset) -> tuple[float, float]:
    """Medians, taking turns so that a slow minute strikes both."""
    train, validation = splits(dataset, config)
    loop = TrainingLoop(config, train, validation, torch.device("cpu"))
    stop = StopFlag()

    def epoch() -> None:
        order = loop.draws.epoch_order(len(train))
        masks = loop.draws.dropout_masks(len(order), 2 * config.hidden_size, config.dropout)
        loop.engine.train_epoch(order, masks, stop)
        loop.engine.validate(stop)

    epoch()
    told, was = [], []
    for _ in range(REPEATS):
        cost = CostEstimator().estimate(config, dataset)
        assert cost is not None  # nobody stopped it
        told.append(cost.epoch_seconds)
        was.append(seconds(epoch))
    return statistics.median(told), statistics.median(was)


def _first(dataset: Dataset, count: int) -> Dataset:
    """The same data set with fewer training reviews, those of both classes."""
    rows = range(0, len(dataset.train), max(1, len(dataset.train) // count))
    train = Reviews.from_rows(
        [dataset.train.ranks_of(row) for row in rows], dataset.train.labels[list(rows)]
    )
    return replace(dataset, train=train, fingerprint=f"{dataset.fingerprint}, {count}")
