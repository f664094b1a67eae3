"""What a killed process leaves in the folder of runs goes the next time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from imdb_core.config import TrainConfig
from imdb_core.files import temporary_beside
from imdb_core.runs.store import RunStore


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


def of_a_killed_process(path: Path) -> Path:
    """What a process leaves that is killed while it writes `path`."""
    code = (
        "import os, sys; from pathlib import Path; from imdb_core.files import temporary_beside;"
        "path = temporary_beside(Path(sys.argv[1])); path.write_bytes(b'half'); print(path.name);"
        "sys.stdout.flush(); os.kill(os.getpid(), 9)"
    )
    said = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True).stdout
    return path.with_name(said.strip())


def test_what_killed_processes_left_is_swept_and_what_is_being_written_stays(
    store: RunStore,
) -> None:
    folder = store.create(TrainConfig()).folder
    (folder / "epochs").mkdir()
    killed = [
        of_a_killed_process(path)
        for path in (folder / "best.safetensors", folder / "epochs" / "0001.safetensors",
                     store.folder / "2026-11-22_101530_k3f9")
    ]  # fmt: skip
    old = folder / ".last.safetensors.4711-140.tmp"  # as older versions called them
    old.touch()
    os.utime(old, (0, 0))
    young = folder / ".last.safetensors.4712-140.tmp"
    young.touch()
    own = temporary_beside(folder / "last.safetensors")
    own.touch()

    store.mark_interrupted()

    assert [path.exists() for path in (*killed, old, young, own)] == [
        False, False, False, False, True, True,
    ]  # fmt: skip


def test_a_draft_that_is_not_added_takes_only_itself_away(store: RunStore) -> None:
    with store.shelf.draft() as other:
        with store.shelf.draft() as draft:
            assert draft != other
        assert not draft.exists()
        assert other.exists()
