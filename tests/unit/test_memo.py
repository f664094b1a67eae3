import threading

import pytest

from imdb_core.errors import DataError, StudioError
from imdb_core.jobs import Memo


def test_an_answer_is_worked_out_once_beside_whoever_asks() -> None:
    answers, go_on, calls = Memo("test"), threading.Event(), []

    def work() -> str:
        calls.append(threading.current_thread().name)
        assert go_on.wait(30)
        return "found"

    assert answers.get("question", work) is None
    assert answers.get("question", work) is None
    go_on.set()
    assert answers.get("question", work, wait_s=30) == "found"
    assert answers.get("question", work) == "found"
    assert calls == ["test"]


def test_why_there_is_no_answer_is_told_each_time_until_it_is_forgotten() -> None:
    answers = Memo("test")

    def refuse() -> str:
        raise DataError("no reviews")

    for _ in range(2):
        with pytest.raises(DataError, match="no reviews"):
            answers.get(1, refuse, wait_s=30)
    answers.forget(1)
    assert answers.get(1, lambda: "there", wait_s=30) == "there"


def test_a_defect_is_not_shown_as_it_is() -> None:
    def fail() -> str:
        raise KeyError("inner workings")

    with pytest.raises(StudioError, match="log"):
        Memo("test").get(1, fail, wait_s=30)


def test_old_answers_make_room() -> None:
    answers, calls = Memo("test"), []
    for number in [*range(200), 199, 0]:
        answers.get(number, lambda number=number: calls.append(number) or number, wait_s=30)  # type: ignore[misc,func-returns-value]
    assert calls == [*range(200), 0]
