"""Evaluations for pages: worked out beside them, once each."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from imdb_core.changes import Changes
from imdb_core.data import DataLibrary, Progress
from imdb_core.errors import PreparationCancelledError, RunError, StorageError, StudioError
from imdb_core.evaluation import baseline_rows
from imdb_core.evaluation.baseline_rows import BaselineRows
from imdb_core.evaluation.evaluating import evaluate
from imdb_core.evaluation.evaluation import Basis, Evaluation, EvaluationSplit
from imdb_core.evaluation.kept import basis_of, cached, stored_basis
from imdb_core.jobs import Job, JobQueue
from imdb_core.runs.run import Run
from imdb_core.runs.trained_on import dataset_of

_POLL_S = 0.05
_MOST_UNWRITTEN = 4


class Evaluator:
    """The evaluations and baselines that one process works out; safe to share between threads.

    Results are in the folders, not here: this only knows what is under way, what failed, and
    the last results that could not be written, as where the home is read-only.

    Args:
        changes: told of each job.
    """

    def __init__(self, changes: Changes | None = None) -> None:
        self._evaluations = JobQueue("evaluation", changes)
        self._baselines = JobQueue("evaluation-baselines", changes)
        self._lock = threading.Lock()
        self._jobs: dict[tuple[Path, Basis | float], Job] = {}
        self._unwritten: OrderedDict[tuple[Path, Basis], Evaluation] = OrderedDict()

    def job(self, run: Run, split: EvaluationSplit) -> Job | None:
        """The last evaluation begun here of the run as it stands now.

        Raises:
            RunStateError, RunDamagedError: the run has no weights to evaluate.
        """
        return self._jobs.get((run.folder, basis_of(run, split)))

    def begin(
        self,
        run: Run,
        split: EvaluationSplit,
        library: DataLibrary,
        *,
        after: Callable[[], Job] | None = None,
    ) -> Job:
        """Have the run evaluated; its folder has the result once the job is done.

        Args:
            run: as it stands now.
            split: which reviews.
            library: holds its data.
            after: gives the job to wait for first: the kernels' compilation.

        Raises:
            RunStateError, RunDamagedError: the run has no weights to evaluate.
        """
        basis = basis_of(run, split)

        def work(job: Job) -> None:
            _wait(job, after)
            found = evaluate(
                run,
                library,
                split,
                on_progress=lambda progress: setattr(job, "progress", progress),
                is_cancelled=job.stop_flag.is_set,
            )
            if stored_basis(run, split) != found.basis:
                self._hold(run, found)

        with self._lock:
            job = self._evaluations.submit(f"{run.folder} {basis}", work)
            self._jobs[run.folder, basis] = job
        return job

    def get(self, run: Run, split: EvaluationSplit, library: DataLibrary) -> Evaluation | None:
        """The evaluation once it is there; the first question has it worked out.

        Raises:
            StudioError: it cannot be had; so it stays until one calls `forget`.
        """
        found = cached(run, split) or self._unwritten.get((run.folder, basis_of(run, split)))
        if found is not None:
            return found
        job = self.job(run, split)
        if job is None or (job.is_done and _is_no_failure(job.error)):
            self.begin(run, split, library)
        elif job.is_done:
            raise _as_sentence(job.error).with_traceback(None)  # it would grow with each question
        return None

    def _hold(self, run: Run, found: Evaluation) -> None:
        with self._lock:
            self._unwritten[run.folder, found.basis] = found
            while len(self._unwritten) > _MOST_UNWRITTEN:
                self._unwritten.popitem(last=False)

    def forget(self, run: Run, split: EvaluationSplit) -> None:
        """Have what failed worked out anew when it is asked for again.

        A defect of the program would show again, so that it stays.
        """
        with suppress(RunError, StorageError):  # then nothing was begun
            key = run.folder, basis_of(run, split)
            with self._lock:
                if key in self._jobs and _may_pass(self._jobs[key]):
                    del self._jobs[key]

    def baselines(
        self, run: Run, library: DataLibrary, data_folder: Path, *, may_begin: bool = True
    ) -> BaselineRows | Job | None:
        """Both baselines on the run's rows; the job that finds them; None if none may begin.

        The `error` of a job that failed says why; the next question begins it anew, unless
        that was a defect of the program.
        """
        if run.dataset is None:
            return None
        fraction = run.config.validation_fraction
        found = baseline_rows.stored(
            run.dataset.source, run.dataset.fingerprint, fraction, data_folder
        )
        if found is not None:
            return found

        def work(job: Job) -> None:
            baseline_rows.compute(
                dataset_of(run, library), fraction, data_folder, is_cancelled=job.stop_flag.is_set
            )

        with self._lock:
            key = data_folder / run.dataset.fingerprint, fraction
            if may_begin and (key not in self._jobs or _may_pass(self._jobs[key])):
                self._jobs[key] = self._baselines.submit(str(key), work)
            return self._jobs.get(key)

    def end(self) -> None:
        """End what is under way; the next question has it begun anew."""
        for queue in (self._evaluations, self._baselines):
            queue.end()
        with self._lock:
            self._jobs.clear()


def _may_pass(job: Job) -> bool:
    """Whether it has ended, and would perhaps end otherwise another time."""
    return job.is_done and (job.error is None or isinstance(job.error, StudioError))


def _is_no_failure(error: Exception | None) -> bool:
    """Whether a job that left no evaluation was cancelled, or its file is gone since."""
    return error is None or isinstance(error, PreparationCancelledError)


def _as_sentence(error: Exception | None) -> StudioError:
    if isinstance(error, StudioError):
        return error
    return StudioError("The reviews could not be judged; the program's log says why.")


def _wait(job: Job, after: Callable[[], Job] | None) -> None:
    if after is None:
        return
    awaited = after()
    job.progress = Progress(stage="Getting ready; the first time compiles what judges")
    while not awaited.wait(_POLL_S):
        if job.is_stop_requested:
            raise PreparationCancelledError("The evaluation was cancelled; nothing is kept.")
