"""A program folder that nobody may write, and a user without a home."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from imdb_core.runs.store import RunStore
from imdb_core.settings import kernels_folder
from tests.conftest import PROJECT

READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'


def run_read_only(*command: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command that sees the program's folder on a read-only mount."""
    line = ["unshare", "-m", "sh", "-c", READ_ONLY, str(PROJECT)]
    if shutil.which("unshare") is None or subprocess.run([*line, "true"]).returncode != 0:
        pytest.skip("this system lets the test mount nothing")
    return subprocess.run([*line, *command], env=env, capture_output=True, text=True)


def test_a_read_only_program_trains_scores_and_keeps_its_kernels_in_the_home(
    tmp_path: Path, sample_home: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "data").symlink_to(sample_home / "data")
    if kernels_folder().is_dir():  # nothing to compile
        shutil.copytree(kernels_folder(), home / "kernels")
    env = os.environ | {"IMDB_STUDIO_HOME": str(home), "HOME": "/dev/null", "NUMBA_CACHE_DIR": ""}
    imdb_core = [sys.executable, "-m", "imdb_core"]

    refused = run_read_only("touch", str(PROJECT / "written"), env=env)
    trained = run_read_only(
        *imdb_core, "train", "--source", "sample", "--set", "max_epochs=1", env=env
    )
    scored = run_read_only(*imdb_core, "score", "a good film", env=env)

    assert refused.returncode != 0
    assert (trained.returncode, trained.stderr) == (0, "")
    assert (scored.returncode, scored.stderr) == (0, "")
    (run,) = RunStore(home / "runs").all()
    assert (run.state, run.engine) == ("finished", "fast")
    assert list((home / "kernels").glob("*.nbc"))


def test_a_user_without_a_home_is_told_to_set_one() -> None:
    if shutil.which("setpriv") is None or os.getuid() != 0:
        pytest.skip("only root can be somebody else")
    stranger = ["setpriv", "--reuid=54321", "--clear-groups", sys.executable, "-m", "imdb_core"]
    env = {name: value for name, value in os.environ.items()
           if name not in ("HOME", "IMDB_STUDIO_HOME", "XDG_DATA_HOME")}  # fmt: skip

    done = subprocess.run([*stranger, "runs", "list"], env=env, capture_output=True, text=True)

    assert done.returncode == 1
    assert "Set IMDB_STUDIO_HOME to a folder" in done.stderr
    assert done.stderr.count("\n") == 1
