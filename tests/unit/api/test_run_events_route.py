"""One run's events over HTTP, for programs."""

import json

import pytest

from imdb_core.api import feed
from imdb_core.runs.event_log import Event, for_others
from imdb_core.studio import Studio
from tests.other_program import OtherProgram, OtherRun
from tests.sse import Stream


def address(url: str, run_id: str, query: str = "") -> str:
    return f"{url}/api/runs/{run_id}/events{query}"


def without_crc(event: Event) -> Event:
    return {name: value for name, value in event.items() if name != "crc"}


def test_a_runs_events_come_as_they_are_written_and_end_with_its_last_one(
    url: str, studio: Studio, other_run: OtherRun
) -> None:
    other_run.train_to(1)
    with Stream(address(url, other_run.id)) as stream:
        messages = stream.messages()
        found = [next(messages) for _ in range(4)]
        other_run.train_to(2)
        found.append(next(messages))
        other_run.stop()
        found += messages
    lines = (studio.store.get(other_run.id).folder / "events.jsonl").read_bytes().splitlines()
    told = [for_others(json.loads(line)) for line in lines]
    assert [without_crc(message.data) for message in found] == [*map(without_crc, told)]
    assert "owner" not in found[0].data
    assert [message.id for message in found] == [message.data["seq"] for message in found]
    assert found[-1].data["event"] == "stopped"


@pytest.mark.parametrize(("query", "headers"), [("?after=4", {}), ("", {"Last-Event-ID": "4"})])
def test_one_goes_on_after_the_last_event_that_one_has(
    url: str, other_run: OtherRun, query: str, headers: dict[str, str]
) -> None:
    other_run.train_to(3)
    other_run.stop()
    with Stream(address(url, other_run.id, query), headers) as stream:
        assert [message.id for message in stream.messages()] == [5, 6, 7]


def test_who_has_all_of_an_ended_run_is_told_to_ask_no_more(url: str, other_run: OtherRun) -> None:
    other_run.train_to(1)
    other_run.stop()
    with Stream(address(url, other_run.id, "?after=5")) as stream:
        assert (stream.status, stream.body()) == (204, None)


def test_who_has_all_of_a_run_at_work_waits_for_what_is_next(url: str, other_run: OtherRun) -> None:
    other_run.train_to(1)
    with Stream(address(url, other_run.id, "?after=4")) as stream:
        other_run.train_to(2)
        assert next(stream.messages()).id == 5


def test_the_events_of_a_run_whose_process_was_killed_end(
    url: str, studio: Studio, mortal_program: OtherProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "COMMENT_EVERY_S", 0.1)
    other_run = mortal_program.begin(studio.settings.home)
    other_run.train_to(1)
    with Stream(address(url, other_run.id)) as stream:
        messages = stream.messages()
        assert next(messages).id == 1
        mortal_program.kill()
        assert [message.id for message in messages] == [2, 3, 4]


def test_a_run_that_is_not_there_is_said_in_a_sentence(url: str, studio: Studio) -> None:
    with Stream(address(url, "2026-11-22_101530_none")) as stream:
        assert stream.status == 404
        assert "2026-11-22_101530_none" in stream.body()["error"]


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "9" * 5000, "%D9%A3"])
def test_what_is_no_number_of_an_event_is_said_in_a_sentence(
    url: str, other_run: OtherRun, after: str
) -> None:
    with Stream(address(url, other_run.id, f"?after={after}")) as stream:
        assert stream.status == 400
        assert stream.body()["error"] == "'after' must be the number of an event, such as 12."
