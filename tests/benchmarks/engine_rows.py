"""Training, against the notebook's loop, PyTorch's layers, JAX and Keras."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from imdb_core.config import PRESETS, TrainConfig
from imdb_core.data import DataLibrary, Dataset
from imdb_core.data.encoded import EncodedSplit
from imdb_core.runs.execution import execute
from imdb_core.runs.store import RunStore
from imdb_core.stop_flag import StopFlag
from imdb_core.training.fast_engine import FastEngine
from imdb_core.training.loop import TrainingLoop
from tests import notebook
from tests.benchmarks.data import save_for_peers, splits
from tests.benchmarks.measuring import (
    REPEATS,
    Row,
    alternating_medians,
    median_seconds,
    peer_seconds,
)

GRID_CELLS = ("rnn", "gru", "lstm")
GRID_HIDDEN = (8, 16, 32, 64, 128, 256)
GRID_LENGTHS = (100, 400)
GRID_BATCHES = 12
GRID_REVIEWS = 64 * GRID_BATCHES
CPU = torch.device("cpu")
DEFAULT_THREADS = torch.get_num_threads()  # before an engine sets its own


class Epochs:
    """One training, an epoch a call."""

    def __init__(
        self,
        config: TrainConfig,
        train: EncodedSplit,
        validation: EncodedSplit,
        device: torch.device = CPU,
    ) -> None:
        self.loop = TrainingLoop(config, train, validation, device)
        self._count = len(train)

    def __call__(self) -> None:
        stop = StopFlag()
        order = self.loop.draws.epoch_order(self._count)
        self.loop.engine.train_epoch(order, None, stop)
        self.loop.engine.validate(stop)


def notebook_rows(dataset: Dataset, scratch: Path) -> Iterator[Row]:
    """One epoch of the Notebook preset against its peers."""
    config = TrainConfig()
    train, validation = splits(dataset, config)
    ours = Epochs(config, train, validation)
    layers = Epochs(config.changed(engine="torch"), train, validation)

    def loop() -> None:
        threads = torch.get_num_threads()
        torch.set_num_threads(DEFAULT_THREADS)
        notebook.run(train.ids, train.labels, validation.ids, validation.labels, epochs=1)
        torch.set_num_threads(threads)

    group = "Notebook preset, one epoch of training and validation"
    mine, theirs = alternating_medians(ours, loop)
    yield Row(group=group, what="fast engine", ours=mine, peer="the notebook's loop",
              theirs=theirs, wanted="40 ×")  # fmt: skip
    mine, theirs = alternating_medians(ours, layers)
    yield Row(group=group, what="fast engine", ours=mine, theirs=theirs,
              peer="PyTorch's layers, batches resident")  # fmt: skip
    data = scratch / "notebook.npz"
    save_for_peers(data, train, validation)
    for module, name, wanted in (
        ("jax_peer", "JAX, the epoch under one jit", "3.5 ×"),
        ("keras_peer", "Keras fit on JAX", "4 ×"),
    ):
        theirs_or_none = peer_seconds(module, data)
        if theirs_or_none is not None:
            mine = median_seconds(ours)
            yield Row(group=group, what="fast engine", ours=mine, peer=name,
                      theirs=theirs_or_none, wanted=wanted)  # fmt: skip


def gpu_rows(dataset: Dataset) -> Iterator[Row]:
    """The same network on a GPU, against the notebook's loop there; nothing without one."""
    if not torch.cuda.is_available():
        return
    config = TrainConfig(device="cuda")
    train, validation = splits(dataset, config)
    ours = Epochs(config, train, validation, torch.device("cuda"))

    def loop() -> None:
        notebook.run(
            train.ids, train.labels, validation.ids, validation.labels, epochs=1, device="cuda"
        )

    mine, theirs = alternating_medians(ours, loop)
    yield Row(group=f"Notebook preset on {torch.cuda.get_device_name()}, one epoch",
              what="PyTorch's layers, batches resident", ours=mine,
              peer="the notebook's loop on it", theirs=theirs)  # fmt: skip


def whole_run_rows(library: DataLibrary, scratch: Path, source: str) -> Iterator[Row]:
    """A run from its creation to its last event, all its files written."""
    store = RunStore(scratch / "whole" / "runs")
    config = TrainConfig.parse({"source": source})

    def whole_run() -> None:
        execute(store.create(config).id, store, library, stop=StopFlag())

    ours = median_seconds(whole_run)
    curves = [run.epochs for run in store.all()]
    yield Row(group="Whole runs", ours=ours, wanted="≤ 2 s",
              what=f"Notebook preset, from creation to stop, {len(curves[0])} epochs")  # fmt: skip
    first, last = (
        statistics.median(curve[at].train_seconds + curve[at].val_seconds for curve in curves)
        for at in (0, -1)
    )
    yield Row(group="Whole runs", what="Notebook preset, the first epoch", ours=first,
              peer="the last one", theirs=last, wanted="0.83 to 1.2 ×")  # fmt: skip


def compiling_rows() -> Iterator[Row]:
    """What the first training on a fresh installation waits for, in a process of its own."""
    compiled = []
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory() as empty:
            said = subprocess.run(
                [sys.executable, "-m", "tests.benchmarks.first_batch"],
                env=os.environ | {"NUMBA_CACHE_DIR": empty},
                capture_output=True, text=True, check=True,
            ).stdout  # fmt: skip
        compiled.append(float(said))
    yield Row(group="A fresh installation", what="compiling what the Notebook preset needs",
              ours=statistics.median(compiled), wanted="≤ 5 s")  # fmt: skip


def grid_rows() -> Iterator[Row]:
    """`auto` against PyTorch's layers, a few batches each, on random reviews."""
    random = np.random.default_rng(0)
    for length in GRID_LENGTHS:
        group = f"An epoch of {GRID_BATCHES} batches, {length} words, by the engine that auto takes"
        reviews = _random_reviews(random, length)
        for cell in GRID_CELLS:
            for hidden in GRID_HIDDEN:
                config = TrainConfig.parse(
                    {"cell": cell, "hidden_size": hidden, "max_length": length,
                     "embedding_dim": 32, "vocab_size": 10_000}
                )  # fmt: skip
                ours = Epochs(config, reviews, reviews)
                layers = Epochs(config.changed(engine="torch"), reviews, reviews)
                mine, theirs = alternating_medians(ours, layers)
                taken = ours.loop.engine.name
                wanted = {"rnn": "5 ×", "gru": "4 ×"}.get(cell, "1 ×") if hidden <= 32 else "1 ×"
                if cell == "lstm" and hidden >= 64:
                    wanted = "1.3 ×"
                yield Row(
                    group=group, what=f"{cell}, {hidden} hidden units: {taken}",
                    ours=mine * 1e3, theirs=theirs * 1e3, unit="ms",
                    peer="PyTorch's layers" if taken == "fast" else "the same, measured again",
                    wanted=wanted if taken == "fast" else "",
                )  # fmt: skip


def thread_rows(dataset: Dataset) -> Iterator[Row]:
    """The Accurate preset by as many threads as there are cores, against one."""
    config = PRESETS["accurate"].changed(initialization="keras")
    train, validation = splits(dataset, config)
    shared, alone = Epochs(config, train, validation), Epochs(config, train, validation)
    assert isinstance(alone.loop.engine, FastEngine)
    alone.loop.engine.kernels.threads = 1
    mine, theirs = alternating_medians(shared, alone)
    yield Row(group="Accurate preset, one epoch", what="all cores", ours=mine, peer="one",
              theirs=theirs, wanted="1.5 ×")  # fmt: skip


def growth_rows(dataset: Dataset) -> Iterator[Row]:
    """How an epoch's time grows; the ratio is to twice the smaller one's time."""
    config = TrainConfig()
    train, validation = splits(dataset, config)
    half = EncodedSplit(
        ids=train.ids[: len(train) // 2],
        labels=train.labels[: len(train) // 2],
        rows=train.rows[: len(train) // 2],
    )
    long_train, long_validation = splits(dataset, config.changed(max_length=200))
    cases = {
        "twice the reviews": (Epochs(config, half, validation), Epochs(config, train, validation)),
        "twice the words read": (
            Epochs(config, train, validation),
            Epochs(config.changed(max_length=200), long_train, long_validation),
        ),
        "twice the batch": (
            Epochs(config, train, validation),
            Epochs(config.changed(batch_size=128), train, validation),
        ),
    }
    group = "How an epoch of the Notebook preset grows"
    for name, (small, large) in cases.items():
        small_s, large_s = alternating_medians(small, large)
        yield Row(group=group, what=name, ours=large_s, theirs=2 * small_s,
                  peer="twice the time with half as much", wanted="1 ×")  # fmt: skip


def _random_reviews(random: np.random.Generator, length: int) -> EncodedSplit:
    # Zipf's law and lengths as in IMDB, so that frequent words and padding weigh as they do there.
    ids = np.minimum(random.zipf(1.3, (GRID_REVIEWS, length)) + 3, 9_999).astype(np.int32)
    words = random.lognormal(5.2, 0.6, GRID_REVIEWS).astype(int).clip(10)
    ids[np.arange(length) < (length - words)[:, None]] = 0
    return EncodedSplit(
        ids=ids,
        labels=random.integers(0, 2, GRID_REVIEWS).astype(np.float32),
        rows=np.arange(GRID_REVIEWS),
    )
