"""What a training will cost, told before it starts."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from imdb_core.config import TrainConfig
from imdb_core.data.reviews import Dataset
from imdb_core.stop_flag import StopFlag
from imdb_core.training.device import resolve_device
from imdb_core.training.engines import engine_name
from imdb_core.training.footprint import IMDB_REVIEW_WORDS, footprint_bytes, parameter_count
from imdb_core.training.trial import Speed, measure, time_files
from imdb_core.training.word_vectors import typical_seconds

_FILES: Final = 5  # written after an epoch: its weights, the best, the state twice, the event
_KEPT: Final = 128
_IMDB_REVIEWS: Final = 25_000


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What the settings will take on this machine.

    Attributes:
        engine: what would compute, `torch` or `fast`.
        parameters: numbers that are learnt, exactly.
        vectors_seconds: before the first epoch, for word vectors to start from; not measured,
            but typical for two cores.
        train_seconds: of one epoch; so the next two.
        validation_seconds: of one epoch.
        writing_seconds: of one epoch, for the files that keep it.
        seconds_at_least: of the whole run if no epoch after the first is better.
        seconds_at_most: of the whole run if its patience never runs out.
        memory_bytes: what training adds to the process at its height.
        is_confirmed: whether it was measured more than once, the fastest counting.
    """

    engine: str
    parameters: int
    vectors_seconds: float
    train_seconds: float
    validation_seconds: float
    writing_seconds: float
    seconds_at_least: float
    seconds_at_most: float
    memory_bytes: int
    is_confirmed: bool

    @property
    def epoch_seconds(self) -> float:
        """One epoch from start to start."""
        return self.train_seconds + self.validation_seconds + self.writing_seconds

    def at_pace(self, pace: float) -> Cost:
        """The same where computing takes `pace` times as long; word vectors and files do not."""
        slower = self.train_seconds + self.validation_seconds
        grown = (self.epoch_seconds + (pace - 1) * slower) / self.epoch_seconds
        return replace(
            self,
            train_seconds=pace * self.train_seconds,
            validation_seconds=pace * self.validation_seconds,
            seconds_at_least=self._of_epochs(self.seconds_at_least, grown),
            seconds_at_most=self._of_epochs(self.seconds_at_most, grown),
        )

    def _of_epochs(self, seconds: float, grown: float) -> float:
        return self.vectors_seconds + (seconds - self.vectors_seconds) * grown


class CostEstimator:
    """Measures each network once; other settings and other counts of reviews cost nothing.

    Any number of threads may ask; one measures at a time. What it says while something else
    trains in this process is too slow, and torch's number of threads would change under it:
    ask between runs.

    Args:
        scratch: a folder on the disk that will hold the runs, to time writing in; without
            one, writing counts as nothing.
        clock: seconds from any origin, never going back.
    """

    def __init__(
        self, *, scratch: Path | None = None, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._scratch = scratch
        self._clock = clock
        self._speeds: OrderedDict[tuple[object, ...], Speed] = OrderedDict()
        self._confirmed: set[tuple[object, ...]] = set()
        self._file_seconds: tuple[float, float] | None = None
        self._measuring = threading.Lock()

    def known(self, config: TrainConfig, dataset: Dataset | None) -> Cost | None:
        """What `estimate` would say, if it need not measure."""
        # Once: whoever measures may drop it the next moment.
        speed = self._speeds.get(_key(config, dataset))
        return self._cost(config, dataset, speed) if speed is not None else None

    def estimate(
        self,
        config: TrainConfig,
        dataset: Dataset | None,
        *,
        confirm: bool = False,
        stop: StopFlag | None = None,
    ) -> Cost | None:
        """The cost of `config`; takes some 0.3 s where it is new, more where batches are slow.

        Kernels that were never compiled are compiled first; that is waited for (some seconds),
        but not counted. `warm_up` does it ahead.

        Args:
            config: the run to be.
            dataset: its reviews; without them, made-up ones as many and as long as IMDB's.
            confirm: measure once more what was measured before; the faster counts.
            stop: once set, give up within a batch.

        Returns:
            The cost, or None if `stop` was set.

        Raises:
            EngineUnavailableError, DeviceUnavailableError: there would be no such training.
        """
        stop = stop or StopFlag()
        key = _key(config, dataset)
        with self._measuring:
            known = self._speeds.get(key)
            if known is None or confirm:
                speed = measure(config, dataset, stop, self._clock)
                if speed is None:
                    return None
                if known is not None:
                    speed = speed.or_faster(known)
                    self._confirmed.add(key)
                self._speeds[key] = known = speed
                while len(self._speeds) > _KEPT:
                    self._confirmed.discard(self._speeds.popitem(last=False)[0])
            if self._file_seconds is None and self._scratch is not None:
                self._file_seconds = time_files(self._scratch, self._clock)
            return self._cost(config, dataset, known)

    def _cost(self, config: TrainConfig, dataset: Dataset | None, speed: Speed) -> Cost:
        train_rows, validation_rows = _rows(config, dataset)
        parameters = parameter_count(config)
        device = resolve_device(config)
        train = math.ceil(train_rows / config.batch_size) * speed.train_batch
        train += train_rows * speed.draws
        validation = math.ceil(validation_rows / config.batch_size) * speed.validation_batch
        a_file, a_byte = self._file_seconds or (0.0, 0.0)
        writing = _FILES * a_file + 4 * parameters * _FILES * a_byte
        epoch = train + validation + writing
        engine = engine_name(config, device)
        vectors = 0.0
        if config.initialization == "word_vectors":
            vectors = typical_seconds(config.embedding_dim, config.max_length)
        return Cost(
            engine=engine,
            parameters=parameters,
            vectors_seconds=vectors,
            train_seconds=train,
            validation_seconds=validation,
            writing_seconds=writing,
            seconds_at_least=vectors + epoch * min(config.patience + 1, config.max_epochs),
            seconds_at_most=vectors + epoch * config.max_epochs,
            memory_bytes=footprint_bytes(
                config, engine, train_rows, validation_rows, review_words=_review_words(dataset)
            ),
            is_confirmed=_key(config, dataset) in self._confirmed,
        )


def _key(config: TrainConfig, dataset: Dataset | None) -> tuple[object, ...]:
    """All that decides how long a batch takes."""
    return (
        dataset.fingerprint if dataset else "",
        config.cell,
        config.vocab_size,
        config.max_length,
        config.embedding_dim,
        config.weight_average > 0,
        config.hidden_size,
        config.num_layers,
        config.bidirectional,
        config.readout,
        config.batch_size,
        config.device,
        config.engine,
        config.dropout > 0,
        config.weight_decay > 0,
        config.gradient_clip > 0,
    )


def _rows(config: TrainConfig, dataset: Dataset | None) -> tuple[int, int]:
    count = len(dataset.train) if dataset else _IMDB_REVIEWS
    validation = math.ceil(config.validation_fraction * count)
    return count - validation, validation


def _review_words(dataset: Dataset | None) -> float:
    return float(dataset.train.lengths.mean()) if dataset else IMDB_REVIEW_WORDS
