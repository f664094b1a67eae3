"""A few batches through the very engine that would train, to learn how long they take."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np
import torch

from imdb_core.config import TrainConfig
from imdb_core.data.encoded import EncodedSplit
from imdb_core.data.encoding import encode
from imdb_core.data.reviews import Dataset, Reviews
from imdb_core.errors import StorageError
from imdb_core.files import write_atomically
from imdb_core.model import SentimentRNN, initialize
from imdb_core.stop_flag import StopFlag
from imdb_core.training.device import resolve_device
from imdb_core.training.engines import Engine, make_engine
from imdb_core.training.footprint import GATES

_TRAIN_S: Final = 0.15  # spent on batches of training; at least two are timed
_VALIDATION_S: Final = 0.05
_MOST_BATCHES: Final = 32
_MOST_TOKENS: Final = 2**20  # of the rows that are tried, 4 MB
_TRIAL_WORK: Final = 2e8  # multiplications that a trial of validation may take


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Measured seconds: of a batch, and of what an epoch draws for each review."""

    train_batch: float
    validation_batch: float
    draws: float

    def or_faster(self, other: Speed) -> Speed:
        """The faster of both, each part by itself: whatever disturbs a measurement adds to it."""
        return Speed(
            train_batch=min(self.train_batch, other.train_batch),
            validation_batch=min(self.validation_batch, other.validation_batch),
            draws=min(self.draws, other.draws),
        )


def measure(
    config: TrainConfig, dataset: Dataset | None, stop: StopFlag, clock: Callable[[], float]
) -> Speed | None:
    """Train and validate on a few batches of `dataset`, or of made-up reviews; None if stopped.

    Some 0.2 s, more where batches are slow. Torch's number of threads is left as it was.
    """
    threads = torch.get_num_threads()
    try:
        device = resolve_device(config)
        train, validation = _samples(config, dataset)
        generator = torch.Generator().manual_seed(0)
        network = initialize(SentimentRNN.empty(config), config.initialization, generator)
        engine = make_engine(network, config, train, validation, device)
        started = clock()
        masks = None
        torch.randperm(len(train), generator=generator)
        if config.dropout:
            shape = len(train), network.readout_size
            masks = torch.empty(shape).bernoulli_(0.5, generator=generator) / 0.5
        draws = (clock() - started) / len(train)
        train_batch = _train_batch_seconds(engine, config, len(train), masks, stop, clock)
        validation_batch = _validation_batch_seconds(engine, config, len(validation), stop, clock)
    finally:
        torch.set_num_threads(threads)
    if train_batch is None or validation_batch is None:
        return None
    return Speed(train_batch=train_batch, validation_batch=validation_batch, draws=draws)


def _samples(config: TrainConfig, dataset: Dataset | None) -> tuple[EncodedSplit, EncodedSplit]:
    """Whole batches of rows to try training and validation with."""
    reviews = dataset.train if dataset else _made_up_reviews()
    batch = min(config.batch_size, len(reviews))
    fitting = max(1, _MOST_TOKENS // (batch * config.max_length))
    work = batch * config.max_length * config.hidden_size * GATES[config.cell]
    work *= (config.hidden_size + config.embedding_dim) * config.num_layers
    work *= 2 if config.bidirectional else 1
    trials = int(max(1, min(fitting, _MOST_BATCHES, _TRIAL_WORK / work)))
    random = np.random.default_rng(0)

    def sample(batches: int) -> EncodedSplit:
        rows = random.choice(len(reviews), min(batches * batch, len(reviews)), replace=False)
        chosen = Reviews.from_rows([reviews.ranks_of(row) for row in rows], reviews.labels[rows])
        return EncodedSplit(
            ids=encode(chosen, config.vocab_size, config.max_length),
            labels=chosen.labels.astype(np.float32),
            rows=rows,
        )

    return sample(max(2, trials)), sample(trials)


def _train_batch_seconds(
    engine: Engine,
    config: TrainConfig,
    rows: int,
    masks: torch.Tensor | None,
    stop: StopFlag,
    clock: Callable[[], float],
) -> float | None:
    def seconds(batches: int) -> float | None:
        count = min(batches * config.batch_size, rows)
        order = torch.arange(count)
        started = clock()
        loss = engine.train_epoch(order, None if masks is None else masks[:count], stop)
        return None if loss is None else (clock() - started) / batches

    most = max(1, rows // config.batch_size)
    if seconds(1) is None:  # the first meets cold caches and makes the optimiser's state
        return None
    return _repeated(seconds, most, _TRAIN_S, clock)


def _validation_batch_seconds(
    engine: Engine, config: TrainConfig, rows: int, stop: StopFlag, clock: Callable[[], float]
) -> float | None:
    batches = math.ceil(rows / config.batch_size)

    def seconds(_: int) -> float | None:
        started = clock()
        result = engine.validate(stop)
        return None if result is None else (clock() - started) / batches

    if seconds(batches) is None:
        return None
    return _repeated(seconds, batches, _VALIDATION_S, clock)


def _repeated(
    seconds: Callable[[int], float | None],
    most: int,
    budget_s: float,
    clock: Callable[[], float],
) -> float | None:
    """Median of what `seconds` says of some batches, at most `most` at once.

    Many at once where they are short, so that what a call takes beside them is spread as
    thinly as in an epoch.
    """
    one = seconds(1)
    if one is None:
        return None
    at_once = max(1, min(most, int(budget_s / 3 / one)))
    ends = clock() + budget_s
    found = [] if at_once > 1 else [one]
    while len(found) < 2 or clock() < ends:
        again = seconds(at_once)
        if again is None:
            return None
        found.append(again)
    return median(found)


def _made_up_reviews() -> Reviews:
    """As many different words and as long as IMDB's, so that padding weighs as it does there."""
    random = np.random.default_rng(0)
    lengths = random.lognormal(5.26, 0.62, 2048).astype(int).clip(10)
    ranks = np.minimum(random.zipf(1.2, int(lengths.sum())), 88_584)
    rows = np.split(ranks, np.cumsum(lengths)[:-1])
    return Reviews.from_rows(rows, random.integers(0, 2, len(lengths)))


def time_files(folder: Path, clock: Callable[[], float]) -> tuple[float, float]:
    """Seconds that a small file takes, and each byte of a large one."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError.from_os_error(error, folder) from error
    path = folder / ".cost"

    def seconds(size_bytes: int) -> float:
        started = clock()
        write_atomically(path, bytes(size_bytes))
        return clock() - started

    try:
        small = median(seconds(1000) for _ in range(5))
        large = seconds(2**20)
    finally:
        with suppress(OSError):
            path.unlink()
    return small, max(0.0, large - small) / 2**20
