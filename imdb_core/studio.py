"""One process's hold on a home folder: its runs, its data, and the one thread that trains."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from imdb_core.background import BaselineFinder, CostFinder
from imdb_core.baselines import Baselines
from imdb_core.changes import Changes
from imdb_core.config import Source, TrainConfig
from imdb_core.data import DataLibrary
from imdb_core.data.uploads import Uploads
from imdb_core.errors import RunDamagedError, RunError, RunStateError, StorageError
from imdb_core.jobs import Job, JobQueue, Memo
from imdb_core.mlflow_mirror import MlflowMirror
from imdb_core.runs.event_log import Event
from imdb_core.runs.guess import check_guess
from imdb_core.runs.pinned_texts import checked_texts
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from imdb_core.runs.trained_on import check_can_go_on
from imdb_core.settings import Settings
from imdb_core.visitors import NOBODY, Visitor

if TYPE_CHECKING:
    from imdb_core.evaluation.background import Evaluator
    from imdb_core.training.cost import Cost

logger = logging.getLogger(__name__)

_JOB_END_S = 10.0
_START_S = 2.0


class Studio:
    """What the pages act on.

    Runs left behind by a process that died are marked interrupted when a studio opens.

    Args:
        settings: the folders.
        mirror: told of each run that has ended.

    Attributes:
        settings: the folders.
        store: the runs.
        library: the data.
        changes: what pages wait for: `run/<id>` (its state), `runs` (which there are and their
            states), `visitor/<mark>` (the same of a visitor's own), `busy`, `cost`, `baselines`,
            `preparation`, and each job's own topic.
        uploads: files that visitors add to the data.
        imports, files: work on files that visitors brought, one after another.
        answers, curves, calibrations: what the Score page asks of a network.
    """

    def __init__(self, settings: Settings, *, mirror: MlflowMirror | None = None) -> None:
        self.settings = settings
        self._mirror = mirror
        self.changes = Changes()
        self._training = JobQueue("trainer", self.changes)
        self._preparing = JobQueue("data", self.changes)
        self.library = DataLibrary(settings)
        self.uploads = Uploads(self.library, self.changes)
        self.imports = JobQueue("imports", self.changes)
        self.files = JobQueue("files", self.changes)
        self.answers = Memo("answers", self.changes)
        # Not behind the explanations that take long: a page draws it first.
        self.curves = Memo("curves", self.changes)
        self.calibrations = Memo("calibration", self.changes)
        self._warm_up: Job | None = None
        self._preparations: dict[Source, Job] = {}
        # The marks of whoever started or resumed a run last; the last run comes last.
        self._visitors: dict[str, str] = {}
        self._superseded: set[str] = set()
        # Held while a run's folder and its job come to be, so that no other thread sees
        # the one without the other and takes the run for abandoned.
        self._starting = threading.RLock()
        self.store = RunStore(settings.runs_folder, is_own_job=self._is_own_job)
        self._baselines = BaselineFinder(
            settings,
            self.library,
            lambda: self.is_busy,
            on_found=lambda: self.changes.tell("baselines"),
        )
        self._costs = CostFinder(
            settings,
            self.library,
            lambda: self.is_busy,
            on_found=lambda: self.changes.tell("cost"),
        )
        self._making = threading.Lock()
        self._evaluator: Evaluator | None = None
        self.library.sweep()
        try:
            self.store.mark_interrupted()
        except StorageError as error:  # what is there can be looked at all the same
            logger.warning("%s", error)
        for run in sorted(self.store.all(), key=lambda run: run.changed_at):
            self._visitors[run.id] = run.visitor

    def start(
        self,
        config: TrainConfig,
        *,
        label: str = "",
        visitor: Visitor = NOBODY,
        pinned_texts: Sequence[str] = (),
        guess: int | None = None,
        supersedes: bool = False,
        once: bool = False,
    ) -> Run:
        """Create a run and queue it behind those already there.

        Args:
            config: its settings.
            label: the user's name for it.
            visitor: who starts it; the run is theirs.
            pinned_texts: up to three reviews to judge after every epoch.
            guess: the epoch at which the user thinks it will stop.
            supersedes: stop what the visitor has at work or waiting, once this one can start;
                of that, a run without an epoch goes for good.
            once: where the visitor has a run with the same settings and reviews at work or
                waiting, give that one: a second one would come out the same.

        Raises:
            ConfigError: the guess lies beyond the last epoch.
            StorageError: the run's folder cannot be written.
            TextError: a pinned text cannot be judged.
        """
        texts = checked_texts(pinned_texts)
        check_guess(guess, config)
        with self._starting:
            equal = self._equal_at_work(visitor, config, texts) if once else None
            if equal is not None:
                return equal
            run_id = self.store.create(
                config, label=label, pinned_texts=texts, guess=guess, visitor=visitor.mark
            ).id
            if supersedes:
                self._supersede(visitor)
            self._visitors[run_id] = visitor.mark
            self._submit(run_id)
        return self.store.get(run_id)

    def resume(self, run_id: str, *, visitor: Visitor = NOBODY) -> Run:
        """Queue a stopped, interrupted or failed run; it goes on from its last epoch.

        It is the visitor's from then on, whoever started it; only a paused run stays with
        whoever paused over it. The same holds for `step` and `keep_going`.

        Raises:
            RunNotFoundError: there is no such run.
            RunForbiddenError: it is paused, and somebody else's.
            RunStateError: it is at work, or came to its end by a rule.
            DataChangedError: other reviews are here than it was trained on.
        """
        return self._continue(run_id, visitor, lambda: self.store.claim(run_id, visitor.mark))

    def step(self, run_id: str, *, visitor: Visitor = NOBODY) -> Run:
        """Queue a paused run for one epoch more, then pause it again.

        Raises:
            RunNotFoundError: there is no such run.
            RunForbiddenError: it is somebody else's.
            RunStateError: it is at work, or came to its end by a rule.
        """
        pause_after = len(self.store.get(run_id).epochs) + 1
        return self._continue(
            run_id, visitor, lambda: self.store.claim(run_id, visitor.mark), pause_after
        )

    def keep_going(self, run_id: str, more_epochs: int, *, visitor: Visitor = NOBODY) -> Run:
        """Queue a run that a rule ended for so many epochs more; its best epoch stays the best.

        Raises:
            RunNotFoundError: there is no such run.
            RunStateError: no rule ended it.
            DataChangedError: other reviews are here than it was trained on.
        """
        return self._continue(
            run_id, visitor, lambda: self.store.keep_going(run_id, more_epochs, visitor.mark)
        )

    def change(self, run_id: str, *, visitor: Visitor = NOBODY, **settings: float) -> Run:
        """Change the learning rate or the patience of a paused run, from its next epoch on.

        Raises:
            RunNotFoundError: there is no such run.
            RunForbiddenError: it is somebody else's.
            RunStateError: it is not paused.
            ConfigError: a value is out of its bounds, or cannot be changed on the way.
        """
        self._check_may_act(run_id, visitor)
        changed = self.store.change(run_id, **settings)
        self._tell(run_id)
        return changed

    def delete(self, run_id: str, *, visitor: Visitor = NOBODY) -> None:
        """Move a run to the bin. Anybody may do that once it has ended.

        Raises:
            RunNotFoundError: there is no such run.
            RunForbiddenError: it is paused, and somebody else's.
            RunStateError: it is at work.
        """
        with suppress(RunDamagedError):  # which nobody can resume
            if self.store.get(run_id).state == "paused":
                self._check_may_act(run_id, visitor)
        self.store.delete(run_id)
        self._tell(run_id)

    def pause(self, run_id: str, *, visitor: Visitor = NOBODY) -> None:
        """Ask a run of this process to pause, to be resumed bit for bit.

        Raises:
            RunForbiddenError: it is somebody else's.
            RunStateError: another process trains it, or nothing is at work on it.
        """
        self._check_may_act(run_id, visitor)
        job = self._training.find(run_id)
        if job is None:
            raise RunStateError(f"Run {run_id} is not at work here, so it cannot be paused.")
        job.pause(visitor.mark)
        self._tell(run_id)

    def stop(self, run_id: str, *, visitor: Visitor = NOBODY) -> None:
        """Ask a run of this process, or a paused one, to end; it keeps its best epoch.

        One that only waits in the queue is at once what it was before: a new one is gone.

        Raises:
            RunForbiddenError: it is somebody else's.
            RunStateError: another process trains it.
        """
        self._check_may_act(run_id, visitor)
        with self._starting:
            if self._training.withdraw(run_id):
                run = self.store.withdraw(run_id)
                if run is None:
                    self._visitors.pop(run_id, None)
                    self._superseded.discard(run_id)
                else:
                    self._visitors[run_id] = run.visitor
                    self._settle(run_id)
                self._tell(run_id)
                return
        job = self._training.find(run_id)
        if job is not None:
            job.stop(visitor.mark)
        elif self.store.get(run_id).is_live:
            raise RunStateError(
                f"Run {run_id} is trained by another process. Stop it where it was started."
            )
        else:
            self.store.end_paused(run_id, visitor.mark)
        self._tell(run_id)

    def visitor_of(self, run_id: str) -> str:
        """The mark of whoever started or resumed the run last; empty where nobody knows."""
        return self._visitors.get(run_id, "")

    def job(self, run_id: str) -> Job | None:
        """The run's job, while it waits or works in this process."""
        return self._training.find(run_id)

    def place(self, run_id: str) -> int | None:
        """How many runs end before this one starts; None if it is not queued here."""
        return self._training.place(run_id)

    def current(self, visitor: Visitor) -> Run | None:
        """The run to look at: the visitor's own at work or last one.

        Whoever sits at the computer and has none sees the one at work, else the newest.
        """
        active = self._training.active_ids()
        mark = visitor.mark
        own = [run_id for run_id, by in list(self._visitors.items()) if mark and by == mark]
        others = active if visitor.is_at_computer else []
        for run_id in [*(run_id for run_id in active if run_id in own), *reversed(own), *others]:
            with suppress(RunError, StorageError):  # deleted, damaged, or not to be read
                return self.store.get(run_id)
        return self.store.newest() if visitor.is_at_computer else None

    @property
    def is_training(self) -> bool:
        """Whether any run is at work or waits in this process."""
        return bool(self._training.active_ids())

    @property
    def is_busy(self) -> bool:
        """Whether something trains, or is about to, or the kernels still compile."""
        is_warm = self._warm_up is not None and self._warm_up.is_done
        return not is_warm or self.is_training

    def queue(self) -> list[Run]:
        """The runs at work or waiting in this process, in order."""
        runs = []
        for run_id in self._training.active_ids():
            # Superseded without an epoch, and so gone before its job; or not to be read.
            with suppress(RunError, StorageError):
                runs.append(self.store.get(run_id))
        return runs

    def prepare(self, source: Source, path: Path | None = None) -> Job:
        """Prepare a source in the background; its `progress` and `error` tell how it goes."""
        job = self._preparing.submit(
            source,
            lambda job: self._prepare(job, source, path),
        )
        self._preparations[source] = job
        self.changes.tell("preparation")
        return job

    def preparation(self, source: Source) -> Job | None:
        """The last preparation of a source that was started here."""
        return self._preparations.get(source)

    def baselines(self, run: Run) -> Baselines | None:
        """What simpler methods reach on the run's validation reviews, once that is known."""
        return self._baselines.get(run)

    def cost(self, config: TrainConfig, *, visitor: str = "") -> Cost | None:
        """What training `config` would take on this machine, once that is measured.

        Args:
            config: the settings.
            visitor: who asks; what they asked for before is no longer measured.

        Raises:
            StudioError: there can be no such training on this machine.
        """
        return self._costs.get(config, visitor)

    @property
    def evaluator(self) -> Evaluator:
        """The evaluations that this process works out."""
        # Imported where it is needed: the first screen does without.
        from imdb_core.evaluation.background import Evaluator

        with self._making:
            if self._evaluator is None:
                self._evaluator = Evaluator(self.changes)
            return self._evaluator

    def end_background_work(self) -> None:
        """End baselines, costs, evaluations and answers under way, their processes and threads.

        Returns once they have ended; what is asked for again is begun anew.
        """
        for work in (
            self._baselines,
            self._costs,
            self._evaluator,
            self.answers,
            self.curves,
            self.calibrations,
        ):
            if work is not None:
                work.end()

    def warm_up(self) -> Job:
        """Import PyTorch and compile the kernels in the background, once."""
        with self._starting:
            if self._warm_up is None:
                self._warm_up = JobQueue("warm-up", self.changes).submit("warm-up", _warm_up)
            return self._warm_up

    def _continue(
        self,
        run_id: str,
        visitor: Visitor,
        claim: Callable[[], Run],
        pause_after: int | None = None,
    ) -> Run:
        # The folder says that the run has ended a moment before its job is done.
        ending = self._training.find(run_id)
        if ending is not None and not self.store.get(run_id).is_live:
            ending.wait(_JOB_END_S)
        with self._starting:
            run = self.store.get(run_id)
            if run.state == "paused":
                self._check_may_act(run_id, visitor)
            check_can_go_on(run, self.library)
            claimed = claim()
            # Taken out and put in again: the last of a visitor's runs is the one to look at.
            self._visitors.pop(run_id, None)
            self._visitors[run_id] = claimed.visitor
            self._submit(run_id, pause_after)
        return self.store.get(run_id)

    def _equal_at_work(
        self, visitor: Visitor, config: TrainConfig, texts: tuple[str, ...]
    ) -> Run | None:
        for run in self.queue():
            job = self._training.find(run.id)
            goes_on = job is not None and not job.is_stop_requested
            is_equal = (run.config, run.pinned_texts, run.changes) == (config, texts, ())
            if goes_on and is_equal and visitor.owns(run):
                return run
        return None

    def _check_may_act(self, run_id: str, visitor: Visitor) -> None:
        owner = self._visitors.get(run_id)
        if owner is None:  # another process started it
            owner = self.store.get(run_id).visitor
        visitor.check_may_act(run_id, owner)

    def _supersede(self, visitor: Visitor) -> None:
        for run_id in self._training.active_ids():
            if self._visitors.get(run_id) == visitor.mark:
                self._superseded.add(run_id)
                self.stop(run_id, visitor=visitor)

    def _submit(self, run_id: str, pause_after: int | None = None) -> None:
        self._costs.cancel()
        self._training.submit(run_id, lambda job: self._train(job, run_id, pause_after))
        self._tell(run_id)

    def _tell(self, run_id: str, event: Event | None = None) -> None:
        """The run, or what one may do with it, is not what it was."""
        self.changes.tell(f"run/{run_id}", state=event and event["seq"])
        self.changes.tell("runs")
        if mark := self.visitor_of(run_id):
            self.changes.tell(f"visitor/{mark}")

    def _note_event(self, run_id: str, event: Event) -> None:
        if event["event"] != "epoch":
            self._tell(run_id, event)

    def _train(self, job: Job, run_id: str, pause_after: int | None) -> None:
        # Imported where it is needed: the first screen does not wait for PyTorch.
        from imdb_core.runs.execution import execute

        execute(
            run_id,
            self.store,
            self.library,
            stop=job.stop_flag,
            pause_after=pause_after,
            on_progress=lambda progress: setattr(job, "progress", progress),
            on_event=lambda event: self._note_event(run_id, event),
        )
        self._settle(run_id)

    def _settle(self, run_id: str) -> None:
        """What is left to do once a run's folder says that it has ended or pauses."""
        run = self.store.get(run_id)
        self._costs.learn(run)
        is_superseded = run_id in self._superseded
        self._superseded.discard(run_id)
        if is_superseded and not run.can_score:
            self._visitors.pop(run_id, None)
            self.store.discard(run_id)
        elif self._mirror is not None and run.state != "paused":
            self._mirror.submit(run)

    def _prepare(self, job: Job, source: Source, path: Path | None) -> None:
        try:
            self.library.prepare(
                source,
                path=path,
                on_progress=lambda progress: setattr(job, "progress", progress),
                is_cancelled=job.stop_flag.is_set,
            )
        finally:
            self.changes.tell("preparation")

    def _is_own_job(self, run_id: str) -> bool:
        # A run that is just being started has no job yet. Whoever starts it may in turn wait for
        # a lock on the runs that the asker holds: so this waits, but not for ever.
        is_held = self._starting.acquire(timeout=_START_S)
        try:
            return self._training.find(run_id) is not None
        finally:
            if is_held:
                self._starting.release()


def _warm_up(job: Job) -> None:
    from imdb_core.training.warm_up import warm_up

    warm_up()
    # What is loaded by now stays. A full collection that looks at all of it again keeps a page
    # waiting for 0.2 s, now and then.
    gc.collect()
    gc.freeze()


_studio: Studio | None = None
_studio_lock = threading.Lock()


def the_studio() -> Studio:
    """The process's one studio, opened with the environment's settings at the first call.

    A module global, because any visitor can clear Streamlit's caches.
    """
    global _studio
    with _studio_lock:
        if _studio is None:
            _studio = Studio(Settings.from_environment(), mirror=MlflowMirror.from_environment())
        return _studio
