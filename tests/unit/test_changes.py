"""What has changed lately: told, shown, and waited for."""

import threading

import pytest

from imdb_core import changes as module
from imdb_core.changes import Changes
from tests.limits import LIMIT_S


@pytest.fixture
def changes() -> Changes:
    return Changes()


def numbers(changes: Changes, topic: str) -> tuple[int, int]:
    last = changes.last(topic)
    assert last is not None
    return last.version, last.stamp


def test_what_nobody_told_of_is_not_known(changes: Changes) -> None:
    changes.tell("runs")
    assert changes.last("cost") is None


def test_each_other_state_is_another_version(changes: Changes) -> None:
    changes.tell("runs")
    first = numbers(changes, "runs")
    changes.tell("cost")
    assert numbers(changes, "runs") == first
    changes.tell("runs")
    assert min(numbers(changes, "runs")) > max(first)


def test_of_two_who_tell_the_same_state_the_second_is_not_heard(changes: Changes) -> None:
    changes.tell("run/a", state=3)
    first = numbers(changes, "run/a")
    changes.tell("run/a", state=3)
    assert numbers(changes, "run/a") == first
    changes.tell("run/a", state=4)
    assert min(numbers(changes, "run/a")) > max(first)
    fourth = numbers(changes, "run/a")
    changes.tell("run/a")  # no state is told: always news
    assert min(numbers(changes, "run/a")) > max(fourth)


def test_new_values_are_a_new_stamp_in_the_same_version(changes: Changes) -> None:
    changes.tell("job")
    version, stamp = numbers(changes, "job")
    changes.show("job", {"share": 0.5})
    assert numbers(changes, "job")[0] == version
    shown = numbers(changes, "job")[1]
    assert shown > stamp
    changes.show("job", {"share": 0.5})  # the same again is nothing
    assert numbers(changes, "job")[1] == shown


def test_another_state_keeps_the_values_that_are_shown(changes: Changes) -> None:
    changes.show("job", 1)
    changes.tell("job", state="done")
    last = changes.last("job")
    assert last is not None
    assert (last.data, last.state) == (1, "done")
    assert last.version == last.stamp


def test_what_is_shown_before_anything_was_told_has_no_page_drawn_anew(changes: Changes) -> None:
    mark = changes.mark()
    changes.show("numbers/a", [1])
    version, stamp = numbers(changes, "numbers/a")
    assert version <= mark < stamp


def test_a_mark_lies_between_what_was_and_what_will_be(changes: Changes) -> None:
    changes.tell("before")
    mark = changes.mark()
    changes.tell("after")
    assert max(numbers(changes, "before")) <= mark < min(numbers(changes, "after"))
    assert changes.mark() == max(numbers(changes, "after"))


def test_whoever_waits_is_woken_by_the_next_change_of_any_topic(changes: Changes) -> None:
    mark, woken = changes.mark(), list[bool]()
    waiting = threading.Thread(target=lambda: woken.append(changes.wait(mark, LIMIT_S)))
    waiting.start()
    changes.show("queue", {"": "Now training: RNN-8."})
    waiting.join(LIMIT_S)
    assert woken == [True]


def test_what_changed_since_the_mark_is_not_waited_for_and_nothing_is_for_ever(
    changes: Changes,
) -> None:
    mark = changes.mark()
    assert not changes.wait(mark, 0)
    changes.tell("runs")
    assert changes.wait(mark, 0)


def test_a_server_that_was_started_again_counts_on_from_above(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module.time, "time_ns", lambda: 1_800_000_000_000_000_000)
    before = Changes()
    for _ in range(500):
        before.tell("runs")
    monkeypatch.setattr(module.time, "time_ns", lambda: 1_800_000_001_000_000_000)
    assert Changes().mark() > before.mark()


def test_topics_are_not_kept_without_end(changes: Changes) -> None:
    changes.tell("kept")
    for number in range(5000):
        changes.tell(f"job/{number}")
        if number % 1000 == 0:
            changes.show("kept", number)
    assert changes.last("job/0") is None
    assert changes.last("job/4999") is not None
    assert changes.last("kept") is not None
