"""Weights are on disk a moment before the event that announces them."""

from __future__ import annotations

from imdb_core.runs.reading import read_run
from imdb_core.runs.run import Run


def run_with(run: Run, epoch: int) -> Run:
    """`run`, read again if it was read before it announced `epoch`.

    Where the event has not come yet, or never will because the process was killed, the run as
    it is.

    Raises:
        RunDamagedError: its folder cannot be read.
    """
    if epoch <= len(run.epochs):
        return run
    again = read_run(run.folder)
    return again if epoch <= len(again.epochs) else run
