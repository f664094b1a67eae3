import json
import resource
import signal
from pathlib import Path

import pytest

from imdb_core.errors import RunDamagedError, StorageError
from imdb_core.runs.event_log import EventLog, read_events


def test_events_are_numbered_across_writers(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    EventLog(path).append("queued")
    EventLog(path).append("preparing")

    assert [(event["seq"], event["event"]) for event in read_events(path)] == [
        (1, "queued"),
        (2, "preparing"),
    ]


def test_a_torn_last_line_is_ignored_by_readers_and_dropped_by_the_next_writer(
    tmp_path: Path,
) -> None:
    path = tmp_path / "events.jsonl"
    EventLog(path).append("queued")
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"seq": 2, "event": "ep')

    assert len(read_events(path)) == 1
    EventLog(path).append("interrupted")
    assert [event["event"] for event in read_events(path)] == ["queued", "interrupted"]
    assert path.read_bytes().startswith(whole)


@pytest.mark.parametrize(
    "content", [b"garbage\n", b'{"seq": 2}\n', b'{"event": "queued"}\n', b"[1]\n"]
)
def test_a_damaged_whole_line_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(content)

    with pytest.raises(RunDamagedError, match=r"events\.jsonl is damaged"):
        read_events(path)


def test_a_listener_hears_only_of_what_is_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    heard = []

    def listen(event: dict[str, object]) -> None:
        heard.append(json.loads(path.read_bytes().splitlines()[-1]) == event)

    EventLog(path, on_event=listen).append("queued")

    assert heard == [True]


def test_an_event_that_does_not_fit_on_the_disk_is_one_sentence_and_leaves_the_log_whole(
    tmp_path: Path,
) -> None:
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    log.append("queued")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 20, limit[1]))
    try:
        with pytest.raises(StorageError, match=r"events\.jsonl could not be written"):
            log.append("failed", message="x" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)

    log.append("interrupted")
    assert [event["event"] for event in read_events(path)] == ["queued", "interrupted"]
