"""Runs that another process trains, as the command line does: it writes what it is asked to.

`python -m tests.other_program` reads JSON lines from standard input and answers each with one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_PROJECT = Path(__file__).parents[1]


class OtherProgram:
    """The process, seen from a test."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.other_program"],
            cwd=_PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self, home: Path, curve: str = "notebook") -> OtherRun:
        """A run that waits for its first epoch; its curve is a recorded one."""
        return OtherRun(self, self.ask("begin", str(home), curve))

    def kill(self) -> None:
        """At any moment, as a power cut."""
        self._process.kill()
        self._process.communicate()

    def ask(self, *words: str | int) -> str:
        """Returns once it is done."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        answer: str = json.loads(self._process.stdout.readline())
        return answer


class OtherRun:
    """One of its runs."""

    def __init__(self, program: OtherProgram, id: str) -> None:
        self._program = program
        self.id = id

    def train_to(self, epoch: int) -> None:
        """Returns once the epoch is written."""
        self._program.ask("train_to", self.id, epoch)

    def stop(self) -> None:
        """By the rule that ended the recorded run."""
        self._program.ask("stop", self.id)


def main() -> None:
    """Write runs as standard input says."""
    from tests.browser.written_run import WrittenRun
    from tests.unit.training.recorded_curves import recorded_curve

    runs: dict[str, WrittenRun] = {}
    for line in sys.stdin:
        match json.loads(line):
            case ["begin", home, curve]:
                run = WrittenRun(Path(home), recorded_curve(curve))
                runs[run.id] = run
                print(json.dumps(run.id), flush=True)
            case [act, run_id, *numbers]:
                getattr(runs[run_id], act)(*numbers)
                print(json.dumps("done"), flush=True)


if __name__ == "__main__":
    main()
