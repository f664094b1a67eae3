"""What pages wait for, over HTTP."""

import threading
from collections.abc import Callable

import pytest

import imdb_core.studio
from imdb_core.api import routes
from imdb_core.data import Progress
from imdb_core.errors import StorageError
from imdb_core.runs.run import Run
from imdb_core.studio import Studio
from imdb_core.ui.live import plotly_script
from tests.limits import LIMIT_S
from tests.other_program import OtherProgram, OtherRun
from tests.sse import Message, Stream

FOREIGN = [
    {"Origin": "https://elsewhere.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


def first(stream: Stream, is_wanted: Callable[[Message], bool] = lambda message: True) -> Message:
    """The first message that is wanted."""
    return next(filter(is_wanted, stream.messages()))


def stamp_of(studio: Studio, topic: str) -> int:
    last = studio.changes.last(topic)
    assert last is not None
    return last.stamp


def test_what_is_told_arrives_with_its_version_and_stamp(url: str, studio: Studio) -> None:
    with Stream(f"{url}/api/changes?topic=cost") as stream:
        studio.changes.tell("runs")
        studio.changes.tell("cost")
        message = first(stream)
    assert message.data == {"topic": "cost", "version": stamp_of(studio, "cost")}
    assert message.id == stamp_of(studio, "cost")


def test_values_arrive_as_they_are_shown_last(url: str, studio: Studio) -> None:
    with Stream(f"{url}/api/changes?topic=job/secret") as stream:
        studio.changes.show("job/secret", Progress(stage="Counting words", done=1, total=4))
        message = first(stream)
    assert message.data["data"] == {"text": "Counting words (1 of 4 reviews)", "share": 0.25}
    assert message.data["version"] == 0


def test_who_comes_back_hears_what_they_missed_and_nothing_twice(url: str, studio: Studio) -> None:
    for topic in ("cost", "baselines"):
        studio.changes.tell(topic)
    known = stamp_of(studio, "cost"), stamp_of(studio, "baselines")
    studio.changes.tell("baselines")
    query = f"topic=cost@{known[0]}&topic=baselines@{known[1]}"
    with Stream(f"{url}/api/changes?{query}&once=1") as stream:
        told = [message.data["topic"] for message in stream.messages()]
    assert told == ["baselines"]


def test_the_browsers_own_last_event_id_counts_for_all_topics(url: str, studio: Studio) -> None:
    studio.changes.tell("cost")
    last = {"Last-Event-ID": str(studio.changes.mark())}
    studio.changes.tell("baselines")
    with Stream(f"{url}/api/changes?topic=cost&topic=baselines&once=1", last) as stream:
        assert [message.data["topic"] for message in stream.messages()] == ["baselines"]


def test_asked_for_once_an_answer_ends_with_the_first_news(url: str, studio: Studio) -> None:
    with Stream(f"{url}/api/changes?topic=cost&once=1") as stream:
        studio.changes.tell("cost")
        assert [message.data["topic"] for message in stream.messages()] == ["cost"]


def test_asked_for_once_an_answer_without_news_ends_by_itself(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "_ONCE_WITHIN_S", 0.01)
    with Stream(f"{url}/api/changes?topic=cost&once=1") as stream:
        assert list(stream.messages()) == []


def test_without_topics_one_hears_what_is_open_to_everybody_and_no_more(
    url: str, studio: Studio
) -> None:
    with Stream(f"{url}/api/changes") as stream:
        messages = stream.messages()
        studio.changes.show("job/secret", Progress(stage="Reading a visitor's file"))
        studio.changes.tell("cost")
        told = [next(messages).data["topic"]]
        while told[-1] != "cost":
            told.append(next(messages).data["topic"])
    assert set(told) <= set(routes.PUBLIC_TOPICS)


def test_runs_and_topics_share_a_connection(url: str, other_run: OtherRun) -> None:
    other_run.train_to(3)
    with Stream(f"{url}/api/changes?topic=queue&run={other_run.id}@4") as stream:
        found = first(stream, lambda message: "run" in message.data)
        assert [event["epoch"] for event in found.data["events"]] == [2, 3]
        other_run.train_to(4)
        found = first(stream, lambda message: "run" in message.data)
        assert found.data["run"] == other_run.id
        assert [event["epoch"] for event in found.data["events"]] == [4]


def test_the_numbers_of_another_runs_run_come_as_the_page_words_them(
    url: str, other_run: OtherRun
) -> None:
    other_run.train_to(2)
    with Stream(f"{url}/api/changes?topic=numbers/{other_run.id}") as stream:
        numbers = first(stream, lambda message: message.data["data"][0][1] == "2").data["data"]
        assert [label for label, _, _ in numbers] == [
            "Epoch", "Time", "Patience left", "Best epoch",
        ]  # fmt: skip
        other_run.train_to(3)
        first(stream, lambda message: message.data["data"][0][1] == "3")


def test_when_the_coach_has_something_else_to_say_it_is_told(
    url: str, studio: Studio, other_program: OtherProgram
) -> None:
    run = other_program.begin(studio.settings.home, "notebook_lr1e-1")
    run.train_to(1)
    with Stream(f"{url}/api/changes?topic=coach/{run.id}&topic=numbers/{run.id}") as stream:
        first(stream, lambda message: message.data["topic"] == f"numbers/{run.id}")
        run.train_to(13)
        first(stream, lambda message: message.data["topic"] == f"coach/{run.id}")


def test_once_the_kernels_are_there_whoever_waits_for_an_idle_machine_is_told(
    url: str, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = threading.Event()
    monkeypatch.setattr(imdb_core.studio, "_warm_up", lambda job: may_end.wait(LIMIT_S) and None)
    with Stream(f"{url}/api/changes?topic=busy") as stream:
        studio.warm_up()
        before = first(stream).data["version"]
        assert studio.is_busy
        may_end.set()
        first(stream, lambda message: message.data["version"] > before)
    assert not studio.is_busy


def test_a_run_whose_process_was_killed_comes_to_another_state(
    url: str, studio: Studio, mortal_program: OtherProgram
) -> None:
    other_run = mortal_program.begin(studio.settings.home)
    other_run.train_to(2)
    with Stream(f"{url}/api/changes?topic=run/{other_run.id}") as stream:
        before = first(stream).data["version"]
        mortal_program.kill()
        first(stream, lambda message: message.data["version"] > before)
    assert studio.store.get(other_run.id).state == "interrupted"


def test_a_run_that_was_deleted_is_told_of(url: str, studio: Studio, other_run: OtherRun) -> None:
    other_run.train_to(1)
    other_run.stop()
    with Stream(f"{url}/api/changes?topic=run/{other_run.id}") as stream:
        before = first(stream).data["version"]
        studio.store.delete(other_run.id)
        first(stream, lambda message: message.data["version"] > before)


def test_a_run_that_another_process_has_begun_is_told_of(
    url: str, studio: Studio, other_program: OtherProgram
) -> None:
    studio.settings.runs_folder.mkdir(parents=True, exist_ok=True)
    with Stream(f"{url}/api/changes?topic=queue&topic=runs") as stream:
        messages = stream.messages()
        assert next(messages).data["topic"] == "queue"  # the folder was looked at
        other_program.begin(studio.settings.home)
        assert next(messages).data["topic"] == "runs"


def test_after_a_file_was_replaced_its_events_come_from_the_start(
    url: str, studio: Studio, other_run: OtherRun
) -> None:
    other_run.train_to(3)
    events = studio.store.get(other_run.id).folder / "events.jsonl"
    with Stream(f"{url}/api/changes?run={other_run.id}@6") as stream:
        messages = stream.messages()
        other_run.train_to(4)
        assert [event["seq"] for event in next(messages).data["events"]] == [7]
        new = events.with_name("new")
        new.write_bytes(b"".join(events.read_bytes().splitlines(keepends=True)[:4]))
        new.replace(events)
        assert next(messages).data == {"run": other_run.id, "restart": True}
        assert [event["seq"] for event in next(messages).data["events"]] == [1, 2, 3, 4]


def test_a_damaged_file_ends_nobodys_feed(url: str, studio: Studio, other_run: OtherRun) -> None:
    other_run.train_to(1)
    events = studio.store.get(other_run.id).folder / "events.jsonl"
    with events.open("ab") as file:
        file.write(b"\x00garbage\n")
    with Stream(f"{url}/api/changes?topic=cost&run={other_run.id}") as stream:
        found = first(stream, lambda message: "run" in message.data)
        assert [event["seq"] for event in found.data["events"]] == [1, 2, 3, 4]
        studio.changes.tell("cost")
        first(stream, lambda message: message.data.get("topic") == "cost")


def test_a_run_that_cannot_be_read_delays_nobodys_feed(
    url: str,
    studio: Studio,
    other_run: OtherRun,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def get(run_id: str) -> Run:
        raise StorageError(f"{run_id} cannot be read: too many open files.")

    other_run.train_to(1)
    monkeypatch.setattr(studio.store, "get", get)
    with Stream(f"{url}/api/changes?topic=cost&run={other_run.id}") as stream:
        first(stream, lambda message: "run" in message.data)
        studio.changes.tell("cost")
        first(stream, lambda message: message.data.get("topic") == "cost")
    with Stream(f"{url}/api/runs/{other_run.id}/events") as stream:
        assert stream.status == 503
    assert "Traceback" not in caplog.text


def test_who_has_left_is_watched_for_no_more(url: str, studio: Studio, other_run: OtherRun) -> None:
    feed = routes._feed()
    with Stream(f"{url}/api/changes?run={other_run.id}&topic=queue") as stream:
        first(stream)
        thread = feed._thread
    assert thread is not None
    thread.join(LIMIT_S)
    assert not thread.is_alive()
    assert (feed._readers, feed._runs, dict(feed._watched)) == ({}, {}, {})


def test_no_proxy_is_to_keep_it_or_hold_it_back(url: str) -> None:
    with Stream(f"{url}/api/changes") as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert stream.headers["Cache-Control"] == "no-store, no-transform"
        assert stream.headers["X-Accel-Buffering"] == "no"


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("path", ["changes", "runs/any/events"])
def test_a_page_of_another_site_is_refused(url: str, path: str, headers: dict[str, str]) -> None:
    with Stream(f"{url}/api/{path}", headers) as stream:
        assert stream.status == 403
        assert stream.body() == {"error": "Only this server's own pages may read this."}


def test_ones_own_pages_and_programs_are_answered(url: str) -> None:
    for headers in ({"Origin": url}, {"Sec-Fetch-Site": "same-origin"}, {}):
        with Stream(f"{url}/api/changes", headers) as stream:
            assert stream.status == 200


@pytest.mark.parametrize(
    "query",
    ["topic=a b", "topic=../../etc", "topic=queue@x", "topic=queue@-1", "topic=queue@" + "9" * 5000,
     "run=../x", "run=a/b", "run=" + "r" * 81, "&".join(f"topic=t{n}" for n in range(501))],
)  # fmt: skip
def test_what_cannot_be_asked_is_said_in_a_sentence(url: str, query: str) -> None:
    with Stream(f"{url}/api/changes?{query}".replace(" ", "%20")) as stream:
        assert stream.status == 400
        said = stream.body()["error"]
    assert said.endswith(".")
    assert "Traceback" not in said
    assert len(said) < 150


def test_the_routes_stand_below_the_address_of_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes.config, "get_option", lambda name: "/class/rnn/")
    assert [route.path for route in routes.routes()] == [
        "/class/rnn/api/changes",
        "/class/rnn/api/runs/{run_id}/events",
        f"/class/rnn/api/{plotly_script.NAME}",
    ]
