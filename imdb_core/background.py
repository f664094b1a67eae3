"""Figures that a page wants and nobody waits for: worked out beside the pages, once each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from imdb_core.baselines import Baselines, compute
from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary, Dataset
from imdb_core.errors import PreparationCancelledError, StudioError
from imdb_core.jobs import Job, JobQueue
from imdb_core.runs.run import Run
from imdb_core.settings import Settings

if TYPE_CHECKING:
    from imdb_core.training.cost import Cost, CostEstimator


class BaselineFinder:
    """What simpler methods reach on a run's validation reviews.

    Args:
        settings: where prepared data lie.
        library: the data.
        is_busy: whether something trains; nothing is begun then.
    """

    def __init__(
        self, settings: Settings, library: DataLibrary, is_busy: Callable[[], bool]
    ) -> None:
        self._settings = settings
        self._library = library
        self._is_busy = is_busy
        self._queue = JobQueue("baselines")
        self._found: dict[tuple[str, float], Baselines | None] = {}

    def get(self, run: Run) -> Baselines | None:
        """The baselines once they are known; the first question has them found."""
        if run.dataset is None:
            return None
        key = run.dataset.fingerprint, run.config.validation_fraction
        if key not in self._found and not self._is_busy():
            self._found[key] = None
            self._queue.submit(str(key), lambda job: self._find(job, run))
        return self._found.get(key)

    def end(self) -> None:
        """End what is under way; the next question has it begun anew."""
        self._queue.end()

    def _find(self, job: Job, run: Run) -> None:
        assert run.dataset is not None
        dataset = self._library.load(run.dataset.source)
        if dataset.fingerprint != run.dataset.fingerprint:
            return
        key = dataset.fingerprint, run.config.validation_fraction
        try:
            self._found[key] = compute(
                dataset, run.config, self._settings.data_folder, is_cancelled=job.stop_flag.is_set
            )
        except PreparationCancelledError:
            del self._found[key]


class CostFinder:
    """What a training would cost, measured while nothing trains.

    Args:
        settings: where runs will be written.
        library: the data.
        is_busy: whether a measurement would be disturbed.
    """

    def __init__(
        self, settings: Settings, library: DataLibrary, is_busy: Callable[[], bool]
    ) -> None:
        self._settings = settings
        self._library = library
        self._is_busy = is_busy
        self._queue = JobQueue("cost")
        self._measuring: Job | None = None
        self._faults: dict[TrainConfig, StudioError] = {}
        self._estimator: CostEstimator | None = None

    def get(self, config: TrainConfig) -> Cost | None:
        """The cost once it is known, None until then.

        Raises:
            StudioError: there can be no such training on this machine.
        """
        if config in self._faults:
            raise self._faults[config]
        if self._estimator is not None:
            known = self._estimator.known(config, self._dataset(config))
            if known is not None:
                return known
        if not self._is_busy():
            self._measure(config)
        return None

    def cancel(self) -> None:
        """Give way to a training that is about to start."""
        if self._measuring is not None:
            self._measuring.stop()

    def end(self) -> None:
        """End what is under way; the next question has it begun anew."""
        self._queue.end()

    def _measure(self, config: TrainConfig) -> None:
        """Begin, unless it is under way; what was under way for other settings ends."""
        id = config.model_dump_json()
        if self._measuring is not None and not self._measuring.is_done:
            if self._measuring.id == id:
                return
            self._measuring.stop()
        self._measuring = self._queue.submit(id, lambda job: self._estimate(job, config))

    def _estimate(self, job: Job, config: TrainConfig) -> None:
        # Imported where it is needed: the first screen does not wait for PyTorch.
        from imdb_core.training.cost import CostEstimator

        if self._estimator is None:
            self._estimator = CostEstimator(scratch=self._settings.runs_folder)
        try:
            self._estimator.estimate(config, self._dataset(config), stop=job.stop_flag)
        except StudioError as error:
            self._faults[config] = error

    def _dataset(self, config: TrainConfig) -> Dataset | None:
        source = self._library.resolve(config.source)
        is_prepared = self._library.status(source).counts is not None
        return self._library.load(source) if is_prepared else None
