"""Scorers at hand."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

from imdb_core.runs.run import Run
from imdb_core.scoring.epochs import weights_file
from imdb_core.scoring.scorer import Scorer

_KEPT = 8


class ScorerCache:
    """The scorers used last, loaded again only when their weights change."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._scorers: OrderedDict[tuple[Path, int], Scorer] = OrderedDict()

    def get(self, run: Run, epoch: int | None = None) -> Scorer:
        """`Scorer.load(run, epoch)`, or the one at hand if it is still true."""
        path = weights_file(run, epoch)
        try:
            key = path, path.stat().st_mtime_ns
        except OSError:
            return Scorer.load(run, epoch)  # says what is missing
        with self._lock:
            if key not in self._scorers:
                self._scorers[key] = Scorer.load(run, epoch)
                while len(self._scorers) > _KEPT:
                    self._scorers.popitem(last=False)
            self._scorers.move_to_end(key)
            return self._scorers[key]
