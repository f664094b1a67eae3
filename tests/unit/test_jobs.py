import threading
import weakref

import pytest

from imdb_core.errors import StudioError
from imdb_core.jobs import Job, JobQueue
from tests.limits import LIMIT_S


def test_jobs_run_one_at_a_time_in_order_and_say_their_place() -> None:
    queue = JobQueue("test")
    may_end = threading.Event()
    has_started = threading.Event()
    order: list[str] = []

    def first(job: Job) -> None:
        has_started.set()
        assert may_end.wait(LIMIT_S)
        order.append(job.id)

    queue.submit("a", first)
    last = [queue.submit(id, lambda job: order.append(job.id)) for id in ("b", "c")][-1]
    assert has_started.wait(LIMIT_S)

    assert [queue.place(id) for id in ("a", "b", "c", "unknown")] == [0, 1, 2, None]
    may_end.set()
    assert last.wait(LIMIT_S)
    assert order == ["a", "b", "c"]


def test_a_job_submitted_twice_is_one_job() -> None:
    queue = JobQueue("test")
    may_end = threading.Event()
    first = queue.submit("a", lambda job: may_end.wait(LIMIT_S) and None)

    assert queue.submit("a", lambda job: pytest.fail("ran twice")) is first
    may_end.set()
    assert first.wait(LIMIT_S)


def test_an_error_stays_with_its_job_and_the_next_one_runs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    queue = JobQueue("test")

    def fail(job: Job) -> None:
        raise ValueError("broken")

    failed = queue.submit("a", fail)
    after = queue.submit("b", lambda job: None)

    assert after.wait(LIMIT_S)
    assert str(failed.error) == "broken"
    assert after.error is None


@pytest.mark.parametrize("error", [StudioError, RuntimeError])
def test_the_error_of_a_kept_job_holds_nothing_that_the_work_held(error: type[Exception]) -> None:
    held: list[weakref.ref[object]] = []

    def hold() -> threading.Event:
        thing = threading.Event()
        held.append(weakref.ref(thing))
        return thing

    def read() -> None:
        texts = hold()
        raise ValueError(texts.is_set())

    def fail(job: Job) -> None:
        rows = hold()
        try:
            read()
        except ValueError as cause:
            raise error("broken") from cause
        finally:
            rows.set()

    failed = JobQueue("test").submit("a", fail)
    assert failed.wait(LIMIT_S)

    assert str(failed.error) == "broken"
    assert [thing() for thing in held] == [None, None]


def test_a_job_that_is_stopped_while_it_waits_still_gets_to_say_so() -> None:
    queue = JobQueue("test")
    may_end = threading.Event()
    queue.submit("a", lambda job: may_end.wait(LIMIT_S) and None)
    seen: list[bool] = []
    waiting = queue.submit("b", lambda job: seen.append(job.is_stop_requested))

    waiting.stop()
    may_end.set()

    assert waiting.wait(LIMIT_S)
    assert seen == [True]


def test_a_job_that_is_withdrawn_while_it_waits_is_done_without_its_work() -> None:
    queue = JobQueue("test")
    may_end = threading.Event()
    has_started = threading.Event()

    def first(job: Job) -> None:
        has_started.set()
        assert may_end.wait(LIMIT_S)

    running = queue.submit("a", first)
    withdrawn = queue.submit("b", lambda job: pytest.fail("ran"))
    last = queue.submit("c", lambda job: None)
    assert has_started.wait(LIMIT_S)

    assert [queue.withdraw(id) for id in ("a", "b", "unknown")] == [False, True, False]
    assert withdrawn.is_done
    assert queue.active_ids() == ["a", "c"]
    may_end.set()
    assert last.wait(LIMIT_S)
    assert (running.error, withdrawn.error) == (None, None)


def test_a_queue_that_is_ended_stops_its_jobs_and_its_thread_and_can_begin_again() -> None:
    queue = JobQueue("ended")
    has_started = threading.Event()

    def until_stopped(job: Job) -> None:
        has_started.set()
        while not job.is_stop_requested:
            job.wait(0.01)

    jobs = [queue.submit(id, until_stopped) for id in ("a", "b")]
    assert has_started.wait(LIMIT_S)

    queue.end()
    assert [job.is_done for job in jobs] == [True, True]
    assert "ended" not in [thread.name for thread in threading.enumerate()]
    assert queue.submit("c", lambda job: None).wait(LIMIT_S)
    queue.end()
    queue.end()
