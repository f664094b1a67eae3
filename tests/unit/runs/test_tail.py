"""Following the events of a run that somebody else writes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from imdb_core.runs.event_log import EventLog
from imdb_core.runs.tail import EventTail
from tests.conftest import PROJECT

APPEND = """
import sys
from pathlib import Path
from imdb_core.runs.event_log import EventLog
EventLog(Path(sys.argv[1])).append("epoch", epoch=1)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    EventLog(tmp_path / "events.jsonl").append("queued")
    return tmp_path / "events.jsonl"


@pytest.fixture
def tail(path: Path) -> EventTail:
    tail = EventTail(path)
    assert tail.look()
    return tail


def told(tail: EventTail) -> list[tuple[int, str]]:
    events = [json.loads(line) for line in tail.lines]
    return [(event["seq"], event["event"]) for event in events]


def test_what_another_process_appends_is_read(tail: EventTail, path: Path) -> None:
    assert not tail.look()
    subprocess.run([sys.executable, "-c", APPEND, path], cwd=PROJECT, check=True)
    assert tail.look()
    assert told(tail) == [(1, "queued"), (2, "epoch")]
    assert tail.life == 0


def test_a_line_is_read_once_it_is_whole(tail: EventTail, path: Path) -> None:
    line = b'{"seq": 2, "event": "preparing"}\n'
    for end in range(1, len(line)):
        with path.open("ab") as file:
            file.write(line[end - 1 : end])
        assert not tail.look()
    assert told(tail) == [(1, "queued")]
    with path.open("ab") as file:
        file.write(line[-1:] + b'{"seq": 3')
    assert tail.look()
    assert told(tail) == [(1, "queued"), (2, "preparing")]


def test_a_half_line_that_the_next_writer_drops_is_no_new_file(tail: EventTail, path: Path) -> None:
    with path.open("ab") as file:
        file.write(b'{"seq": 2, "event": "ep')
    assert not tail.look()
    EventLog(path).append("interrupted")
    assert tail.look()
    assert (told(tail), tail.life) == ([(1, "queued"), (2, "interrupted")], 0)


def test_a_file_in_the_place_of_the_old_one_is_read_from_its_start(
    tail: EventTail, path: Path
) -> None:
    EventLog(path).append("preparing")
    tail.look()
    new = EventLog(path.with_name("new"))
    for kind in ("queued", "preparing", "started"):
        new.append(kind)  # type: ignore[arg-type]
    path.with_name("new").replace(path)
    assert tail.look()
    assert told(tail) == [(1, "queued"), (2, "preparing"), (3, "started")]
    assert tail.life == 1


def test_a_file_that_became_shorter_is_read_from_its_start(tail: EventTail, path: Path) -> None:
    EventLog(path).append("preparing")
    tail.look()
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    assert tail.look()
    assert (told(tail), tail.life) == ([(1, "queued")], 1)


def test_whoever_holds_the_lines_is_not_disturbed_by_the_next_look(
    tail: EventTail, path: Path
) -> None:
    held = tail.lines
    EventLog(path).append("preparing")
    tail.look()
    assert (len(held), len(tail.lines)) == (1, 2)


@pytest.mark.parametrize("damage", [b"\x00garbage\n", b"[]\n", b'{"seq": 7}\n', b"\xff\xfe\n"])
def test_nothing_is_read_from_a_damaged_line_on(tail: EventTail, path: Path, damage: bytes) -> None:
    with path.open("ab") as file:
        file.write(damage + b'{"seq": 3, "event": "epoch"}\n')
    assert not tail.look()
    with path.open("ab") as file:
        file.write(b'{"seq": 4, "event": "epoch"}\n')
    assert not tail.look()
    assert told(tail) == [(1, "queued")]


def test_a_file_that_is_gone_or_not_there_yet_is_an_error_and_may_come(tmp_path: Path) -> None:
    path = tmp_path / "later" / "events.jsonl"
    tail = EventTail(path)
    with pytest.raises(FileNotFoundError):
        tail.look()
    path.parent.mkdir()
    EventLog(path).append("queued")
    assert tail.look()
    assert tail.life == 0
