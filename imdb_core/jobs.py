"""Work beside the pages: the only owner of threads."""

from __future__ import annotations

import logging
import secrets
import threading
import traceback
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar

from imdb_core.changes import Changes
from imdb_core.errors import StudioError
from imdb_core.stop_flag import StopFlag

logger = logging.getLogger(__name__)

_ANSWERS_KEPT: Final = 64
_NO_ANSWER: Final = "This could not be worked out; the program's log says why."

T = TypeVar("T")


class Job:
    """One piece of work, as its worker and its watchers share it.

    Attributes:
        id: unique among the jobs that are waiting or running.
        topic: what `Changes` calls it. Nobody can guess it: of a job, only those learn
            who are shown its page.
        error: what ended the work, if anything did.
        stop_flag: set once the work is asked to end; it looks there often.
    """

    def __init__(self, id: str, changes: Changes | None = None) -> None:
        self.id = id
        self.topic = f"job/{secrets.token_urlsafe(9)}"
        self.error: Exception | None = None
        self.stop_flag = StopFlag()
        self._changes = changes
        self._progress: Any = None
        self._done = threading.Event()

    @property
    def progress(self) -> Any:  # noqa: ANN401 - each kind of work has its own
        """Whatever the work last reported, for a page to show."""
        return self._progress

    @progress.setter
    def progress(self, progress: Any) -> None:  # noqa: ANN401 - see above
        self._progress = progress
        if self._changes is not None:
            self._changes.show(self.topic, progress)

    def stop(self, by: str = "") -> None:
        """Ask the work to end soon; it decides what to keep."""
        self.stop_flag.set(by)
        self.tell()

    def pause(self, by: str = "") -> None:
        """Ask the work to end soon, so that it can go on later."""
        self.stop_flag.pause(by)
        self.tell()

    @property
    def is_stop_requested(self) -> bool:
        """Whether `stop` or `pause` was called."""
        return self.stop_flag.is_set()

    @property
    def is_done(self) -> bool:
        """Whether the work has ended, however it did."""
        return self._done.is_set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Block until the work has ended; False if it had not in time."""
        return self._done.wait(timeout_s)

    def end(self) -> None:
        """Note that the work has ended; the queue's to call."""
        self._done.set()
        self.tell()

    def tell(self) -> None:
        """Have whoever shows it look again."""
        if self._changes is not None:
            self._changes.tell(self.topic)


class JobQueue:
    """Runs jobs one after another in one daemon thread, started with the first job.

    A stopped job that is still waiting is run all the same, so that its work can
    record that it was stopped; `withdraw` takes it out instead.

    Args:
        name: the thread's name.
        changes: told of each job by its topic, when it begins to work, reports or ends.
    """

    def __init__(self, name: str, changes: Changes | None = None) -> None:
        self._name = name
        self._changes = changes
        self._lock = threading.Condition(threading.RLock())
        self._waiting: deque[tuple[Job, Callable[[Job], None]]] = deque()
        self._running: Job | None = None
        self._thread: threading.Thread | None = None
        self._is_ending = False

    def submit(self, id: str, work: Callable[[Job], None]) -> Job:
        """Queue `work`; a job of the same id that is not done is returned instead."""
        with self._lock:
            existing = self._find(id)
            if existing is not None:
                return existing
            job = Job(id, self._changes)
            self._waiting.append((job, work))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()
            self._lock.notify()
            return job

    def withdraw(self, id: str) -> bool:
        """Take out a job that still waits: it is done, without its work; False if none waits."""
        with self._lock:
            waiting = next((entry for entry in self._waiting if entry[0].id == id), None)
            if waiting is None:
                return False
            self._waiting.remove(waiting)
        job, _ = waiting
        job.stop()
        job.end()
        return True

    def find(self, id: str) -> Job | None:
        """The job of this id that is running or waiting."""
        with self._lock:
            return self._find(id)

    def place(self, id: str) -> int | None:
        """How many jobs end before this one starts; 0 for the running one."""
        with self._lock:
            ids = [job.id for job in self._active()]
            return ids.index(id) if id in ids else None

    def active_ids(self) -> list[str]:
        """Running and waiting jobs, in order."""
        with self._lock:
            return [job.id for job in self._active()]

    def stop(self) -> None:
        """Ask all jobs to end, those that wait as well."""
        with self._lock:
            for job in self._active():
                job.stop()

    def end(self) -> None:
        """Ask all jobs to end; returns once they have, and the thread. The next job starts one."""
        with self._lock:
            self.stop()
            thread = self._thread
            self._is_ending = thread is not None
            self._lock.notify()
        if thread is not None:
            thread.join()

    def _find(self, id: str) -> Job | None:
        return next((job for job in self._active() if job.id == id), None)

    def _active(self) -> list[Job]:
        running = [self._running] if self._running else []
        return running + [job for job, _ in self._waiting]

    def _work(self) -> None:
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._waiting or self._is_ending)
                if not self._waiting:
                    self._thread, self._is_ending = None, False
                    return
                job, work = self._waiting.popleft()
                self._running = job
            job.tell()
            try:
                work(job)
            except StudioError as error:
                logger.warning("Job %s: %s", job.id, error)
                job.error = _let_go(error)
            except Exception as error:
                # The top of the thread: whoever waits for the job shows the error.
                logger.exception("Job %s failed by a defect", job.id)
                job.error = _let_go(error)
            del work  # what it holds may be large, and the next job far
            with self._lock:
                self._running = None
            job.end()


class Memo:
    """Each question is answered once, one after another in a thread of their own.

    Args:
        name: the thread's name.
        changes: told of each question's job.
    """

    def __init__(self, name: str, changes: Changes | None = None) -> None:
        self._queue = JobQueue(name, changes)
        self._lock = threading.Lock()
        self._jobs: OrderedDict[Hashable, tuple[Job, list[Any]]] = OrderedDict()
        self._asked = 0

    def get(self, question: Hashable, work: Callable[[], T], *, wait_s: float = 0.0) -> T | None:
        """The answer of `work` to `question`, or None while it is worked out.

        Args:
            question: tells answers apart.
            work: gives the answer; run in another thread, unless it is known already.
            wait_s: how long to wait for it at most.

        Raises:
            StudioError: there is no answer, for the reason that it says.
        """
        job, answer = self._job(question, work)
        if not job.wait(wait_s):
            return None
        if job.error is not None:
            if isinstance(job.error, StudioError):
                raise job.error.with_traceback(None)  # it would grow with each question
            raise StudioError(_NO_ANSWER) from job.error
        found: T = answer[0]
        return found

    def topic(self, question: Hashable) -> str | None:
        """What `Changes` calls the work on `question`, once that was asked."""
        with self._lock:
            known = self._jobs.get(question)
            return known[0].topic if known else None

    def end(self) -> None:
        """End what is under way and forget all answers."""
        self._queue.end()
        with self._lock:
            self._jobs.clear()

    def forget(self, question: Hashable) -> None:
        """Work it out anew when it is asked for again."""
        with self._lock:
            self._jobs.pop(question, None)

    def _job(self, question: Hashable, work: Callable[[], Any]) -> tuple[Job, list[Any]]:
        with self._lock:
            if question not in self._jobs:
                answer: list[Any] = []
                self._asked += 1
                job = self._queue.submit(str(self._asked), lambda job: answer.append(work()))
                self._jobs[question] = job, answer
                self._drop_old()
            self._jobs.move_to_end(question)
            return self._jobs[question]

    def _drop_old(self) -> None:
        """Keep the newest answers, and whatever is not answered yet."""
        for question in list(self._jobs)[:-_ANSWERS_KEPT]:
            if self._jobs[question][0].is_done:
                del self._jobs[question]


def _let_go(error: Exception) -> Exception:
    """`error` without what the work held: a job may be kept as long as the process lives.

    Its traceback keeps the lines. What caused it goes: a cause has a traceback too, and one such
    as UnicodeDecodeError all that was read.
    """
    traceback.clear_frames(error.__traceback__)  # but for those that still run, this thread's own
    error.__cause__ = error.__context__ = None
    return error
