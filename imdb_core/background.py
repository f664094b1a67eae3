"""Figures that a page wants and nobody waits for: worked out beside the pages, once each."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from statistics import median
from typing import TYPE_CHECKING, Final

from imdb_core.baselines import Baselines, compute
from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary, Dataset
from imdb_core.errors import (
    DeviceUnavailableError,
    EngineUnavailableError,
    PreparationCancelledError,
    StudioError,
)
from imdb_core.jobs import Job, JobQueue
from imdb_core.runs.run import Run
from imdb_core.runs.trained_on import dataset_of
from imdb_core.settings import Settings

if TYPE_CHECKING:
    from imdb_core.stop_flag import StopFlag
    from imdb_core.training.cost import Cost, CostEstimator

_RETRY_S: Final = 30.0
_MOST_FAULTS: Final = 64
_LASTING: Final = (DeviceUnavailableError, EngineUnavailableError)
_RUNS_REMEMBERED: Final = 5
_VISITORS_REMEMBERED: Final = 100
_FEWEST_EPOCHS: Final = 3

Clock = Callable[[], float]
"""Seconds from any origin, never going back."""


class Faults:
    """What went wrong lately, so that a page that asks all the time is not tried for each time.

    What this machine cannot do stays; all else is forgotten after `_RETRY_S`. Any number of
    threads note and ask.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        # Sentences: an error would hold the frames it came through, and the data in them.
        self._faults: dict[Hashable, tuple[str, float]] = {}

    def of(self, key: Hashable) -> str | None:
        """What keeps `key` from being tried just now, for people."""
        sentence, until = self._faults.get(key, (None, 0.0))
        return sentence if self._clock() < until else None

    def note(self, key: Hashable, error: Exception) -> None:
        """`key` was tried and ended with `error`."""
        sentence = str(error)
        if not isinstance(error, StudioError):
            sentence = f"Unexpected {type(error).__name__}: {error}. The log has the rest."
        until = math.inf if isinstance(error, _LASTING) else self._clock() + _RETRY_S
        with self._lock:
            self._faults.pop(key, None)
            self._faults[key] = sentence, until
            while len(self._faults) > _MOST_FAULTS:
                del self._faults[next(iter(self._faults))]


class BaselineFinder:
    """What simpler methods reach on a run's validation reviews.

    Args:
        settings: where prepared data lie.
        library: the data.
        is_busy: whether something trains; nothing is begun then.
        on_found: called when they are known, or cannot be had.
        clock: tells how long ago a fault was.
    """

    def __init__(
        self,
        settings: Settings,
        library: DataLibrary,
        is_busy: Callable[[], bool],
        *,
        on_found: Callable[[], None] = lambda: None,
        clock: Clock = time.monotonic,
    ) -> None:
        self._settings = settings
        self._library = library
        self._is_busy = is_busy
        self._on_found = on_found
        self._queue = JobQueue("baselines")
        self._faults = Faults(clock)
        self._found: dict[tuple[str, float], Baselines] = {}

    def get(self, run: Run) -> Baselines | None:
        """The baselines once they are known; the first question has them found, and again one
        that comes a while after that failed.
        """
        if run.dataset is None:
            return None
        key = run.dataset.fingerprint, run.config.validation_fraction
        if key not in self._found and self._faults.of(key) is None and not self._is_busy():
            self._queue.submit(str(key), lambda job: self._find(job, key, run))
        return self._found.get(key)

    def end(self) -> None:
        """End what is under way; the next question has it begun anew."""
        self._queue.end()

    def _find(self, job: Job, key: tuple[str, float], run: Run) -> None:
        try:
            dataset = dataset_of(run, self._library)
            folder = self._settings.data_folder
            with suppress(PreparationCancelledError):
                self._found[key] = compute(
                    dataset, run.config, folder, is_cancelled=job.stop_flag.is_set
                )
        except Exception as error:
            self._faults.note(key, error)
            raise
        finally:
            self._on_found()


class CostFinder:
    """What a training would cost, measured while nothing trains.

    One measurement after another, each to its end; one whose visitor has asked for another in the
    meantime is left out when its turn comes. The first often meets a browser that still loads
    the page, so a second one confirms it some seconds later. A measurement then has the
    machine for itself, a run has not: the browser that draws it may be on the same machine. So
    the last runs tell by how much to multiply.

    Args:
        settings: where runs will be written.
        library: the data.
        is_busy: whether a measurement would be disturbed.
        on_found: called when a cost is known, confirmed, or cannot be had.
        confirm_after_s: from a first measurement to the one that confirms it.
        clock: tells how long ago a fault was.
    """

    def __init__(
        self,
        settings: Settings,
        library: DataLibrary,
        is_busy: Callable[[], bool],
        *,
        on_found: Callable[[], None] = lambda: None,
        confirm_after_s: float = 3.0,
        clock: Clock = time.monotonic,
    ) -> None:
        self._settings = settings
        self._library = library
        self._is_busy = is_busy
        self._on_found = on_found
        self._confirm_after_s = confirm_after_s
        self._queue = JobQueue("cost")
        self._faults = Faults(clock)
        self._estimator: CostEstimator | None = None
        self._timer: threading.Timer | None = None
        # Pages, the trainer and the timer note and read these at once.
        self._lock = threading.Lock()
        self._asked: OrderedDict[str, TrainConfig] = OrderedDict()  # the last of each visitor
        # Seconds of an epoch's computing in the last runs, by their settings.
        self._took: OrderedDict[TrainConfig, float] = OrderedDict()

    def get(self, config: TrainConfig, visitor: str = "") -> Cost | None:
        """The cost once it is known, None until then.

        Args:
            config: the settings.
            visitor: who asks.

        Raises:
            StudioError: there can be no such training on this machine, or measuring it has
                failed just now.
        """
        fault = self._faults.of(config)
        if fault is not None:
            raise StudioError(fault)
        self._note_asked(visitor, config)
        known = None
        if self._estimator is not None:
            known = self._estimator.known(config, self._dataset(config))
        if known is None:
            self._request(config)
        elif not known.is_confirmed:
            self._confirm_soon()
        return known.at_pace(self._pace(config)) if known else None

    def learn(self, run: Run) -> None:
        """Take the run's epochs for what others will take, too."""
        if len(run.epochs) < _FEWEST_EPOCHS:
            return
        took = median(epoch.train_seconds + epoch.val_seconds for epoch in run.epochs)
        with self._lock:
            self._took.pop(run.config, None)
            self._took[run.config] = took
            while len(self._took) > _RUNS_REMEMBERED:
                self._took.popitem(last=False)

    def cancel(self) -> None:
        """Give way to a training that is about to start."""
        self._queue.stop()

    def end(self) -> None:
        """End what is under way; the next question has it begun anew."""
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            self._asked.clear()
        self._queue.end()

    def _pace(self, config: TrainConfig) -> float:
        """By how much a run takes longer than is measured: these settings' own, else the middle
        of the last runs'. Of others' settings a run that was faster says nothing but that their
        measurement was disturbed.
        """
        with self._lock:
            took_of = dict(self._took)
        paces = {each: self._pace_of(each, took) for each, took in took_of.items()}
        own = paces.get(config)
        return own or median([max(pace, 1.0) for pace in paces.values() if pace] or [1.0])

    def _pace_of(self, config: TrainConfig, took: float) -> float | None:
        measured = None
        if self._estimator is not None:
            with suppress(StudioError):  # the reviews are gone by now
                measured = self._estimator.known(config, self._dataset(config))
        if measured is None:
            return None
        return took / (measured.train_seconds + measured.validation_seconds)

    def _note_asked(self, visitor: str, config: TrainConfig) -> None:
        with self._lock:
            self._asked[visitor] = config
            self._asked.move_to_end(visitor)
            while len(self._asked) > _VISITORS_REMEMBERED:
                self._asked.popitem(last=False)

    def _wanted(self) -> list[TrainConfig]:
        with self._lock:
            return list(self._asked.values())

    def _request(self, config: TrainConfig) -> None:
        """Have it measured when its turn comes, unless something trains: then ask again after."""
        if not self._is_busy():
            self._queue.submit(config.model_dump_json(), lambda job: self._measure(job, config))

    def _measure(self, job: Job, config: TrainConfig) -> None:
        is_wanted = config in self._wanted()
        if not is_wanted or job.is_stop_requested or self._is_busy():
            return
        try:
            self._estimate(config, job.stop_flag)
        except Exception as error:
            self._faults.note(config, error)
            raise
        finally:
            self._on_found()

    def _confirm_soon(self) -> None:
        """Measure what somebody still asks for once more, when the page has loaded."""
        if self._timer is None or not self._timer.is_alive():
            self._timer = threading.Timer(self._confirm_after_s, self._confirm)
            self._timer.daemon = True
            self._timer.start()

    def _confirm(self) -> None:
        assert self._estimator is not None
        for config in set(self._wanted()):
            with suppress(StudioError):  # the reviews are gone by now
                known = self._estimator.known(config, self._dataset(config))
                if known is not None and not known.is_confirmed:
                    self._request(config)

    def _estimate(self, config: TrainConfig, stop: StopFlag) -> None:
        # Imported where it is needed: the first screen does not wait for PyTorch.
        from imdb_core.training.cost import CostEstimator

        if self._estimator is None:
            self._estimator = CostEstimator(scratch=self._settings.runs_folder)
        dataset = self._dataset(config)
        is_known = self._estimator.known(config, dataset) is not None
        self._estimator.estimate(config, dataset, confirm=is_known, stop=stop)

    def _dataset(self, config: TrainConfig) -> Dataset | None:
        source = self._library.resolve(config.source)
        is_prepared = self._library.status(source).counts is not None
        return self._library.load(source) if is_prepared else None
