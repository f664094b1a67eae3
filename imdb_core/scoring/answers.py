"""Explanations worked out beside the pages, so that no page waits for them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from imdb_core.errors import StudioError
from imdb_core.jobs import Job, JobQueue

_KEPT = 64
_ERROR = "This could not be worked out; the program's log says why."

T = TypeVar("T")


class Answers:
    """Each question is answered once, one after another in a thread of their own.

    Args:
        name: the thread's name.
    """

    def __init__(self, name: str) -> None:
        self._queue = JobQueue(name)
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
            raise StudioError(_ERROR) from job.error
        found: T = answer[0]
        return found

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
        for question in list(self._jobs)[:-_KEPT]:
            if self._jobs[question][0].is_done:
                del self._jobs[question]
