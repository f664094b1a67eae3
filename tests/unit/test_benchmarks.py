"""`make bench` as a shell sees it; what it measures takes too long for a test."""

import subprocess
import sys

from tests.conftest import PROJECT


def test_a_part_that_there_is_not_is_told_with_those_that_there_are() -> None:
    command = [sys.executable, "-m", "tests.benchmarks", "--only", "nonsense"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (2, "")
    assert "no part has 'nonsense' in its name; there are: notebook, gpu, whole" in done.stderr
    assert "Traceback" not in done.stderr
