"""One process's hold on a home folder: its runs, its data, and the one thread that trains."""

from __future__ import annotations

import threading
from pathlib import Path

from imdb_core.config import Source, TrainConfig
from imdb_core.data import DataLibrary
from imdb_core.errors import RunStateError
from imdb_core.jobs import Job, JobQueue
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from imdb_core.settings import Settings


class Studio:
    """What the pages act on.

    Runs left behind by a process that died are marked interrupted when a studio opens.

    Attributes:
        settings: the folders.
        store: the runs.
        library: the data.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._training = JobQueue("trainer")
        self._preparing = JobQueue("data")
        self._warm_up: Job | None = None
        self._preparations: dict[Source, Job] = {}
        # Held while a run's folder and its job come to be, so that no other thread sees
        # the one without the other and takes the run for abandoned.
        self._starting = threading.RLock()
        self.store = RunStore(settings.runs_folder, is_own_job=self._is_own_job)
        self.library = DataLibrary(settings)
        self.store.mark_interrupted()

    def start(self, config: TrainConfig, *, label: str = "") -> Run:
        """Create a run and queue it behind those already there.

        Raises:
            StorageError: the run's folder cannot be written.
        """
        with self._starting:
            run_id = self.store.create(config, label=label).id
            self._submit(run_id)
        return self.store.get(run_id)

    def resume(self, run_id: str) -> Run:
        """Queue a stopped, interrupted or failed run; it goes on from its last epoch.

        Raises:
            RunNotFoundError: there is no such run.
            RunStateError: it is at work, or came to its end by a rule.
        """
        with self._starting:
            self.store.claim(run_id)
            self._submit(run_id)
        return self.store.get(run_id)

    def stop(self, run_id: str) -> None:
        """Ask a run of this process to end; it keeps its best epoch.

        Raises:
            RunStateError: another process trains it.
        """
        job = self._training.find(run_id)
        if job is not None:
            job.stop()
        elif self.store.get(run_id).is_live:
            raise RunStateError(
                f"Run {run_id} is trained by another process. Stop it where it was started."
            )

    def job(self, run_id: str) -> Job | None:
        """The run's job, while it waits or works in this process."""
        return self._training.find(run_id)

    def place(self, run_id: str) -> int | None:
        """How many runs end before this one starts; None if it is not queued here."""
        return self._training.place(run_id)

    def current(self) -> Run | None:
        """The run to look at: the one at work here, or else the newest."""
        active = self._training.active_ids()
        if active:
            return self.store.get(active[0])
        return self.store.newest()

    def queue(self) -> list[Run]:
        """The runs at work or waiting in this process, in order."""
        return [self.store.get(run_id) for run_id in self._training.active_ids()]

    def prepare(self, source: Source, path: Path | None = None) -> Job:
        """Prepare a source in the background; its `progress` and `error` tell how it goes."""
        job = self._preparing.submit(
            source,
            lambda job: self._prepare(job, source, path),
        )
        self._preparations[source] = job
        return job

    def preparation(self, source: Source) -> Job | None:
        """The last preparation of a source that was started here."""
        return self._preparations.get(source)

    def warm_up(self) -> Job:
        """Import PyTorch and compile the kernels in the background, once."""
        with self._starting:
            if self._warm_up is None:
                self._warm_up = JobQueue("warm-up").submit("warm-up", _warm_up)
            return self._warm_up

    def _submit(self, run_id: str) -> None:
        self._training.submit(run_id, lambda job: self._train(job, run_id))

    def _train(self, job: Job, run_id: str) -> None:
        # Imported where it is needed: the first screen does not wait for PyTorch.
        from imdb_core.runs.execution import execute

        execute(
            run_id,
            self.store,
            self.library,
            stop=job.stop_flag,
            on_progress=lambda progress: setattr(job, "progress", progress),
        )

    def _prepare(self, job: Job, source: Source, path: Path | None) -> None:
        self.library.prepare(
            source,
            path=path,
            on_progress=lambda progress: setattr(job, "progress", progress),
            is_cancelled=job.stop_flag.is_set,
        )

    def _is_own_job(self, run_id: str) -> bool:
        with self._starting:
            return self._training.find(run_id) is not None


def _warm_up(job: Job) -> None:
    from imdb_core.training.warm_up import warm_up

    warm_up()


_studio: Studio | None = None
_studio_lock = threading.Lock()


def the_studio() -> Studio:
    """The process's one studio, opened with the environment's settings at the first call.

    A module global, because any visitor can clear Streamlit's caches.
    """
    global _studio
    with _studio_lock:
        if _studio is None:
            _studio = Studio(Settings.from_environment())
        return _studio
