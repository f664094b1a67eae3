"""Networks at hand."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

from imdb_core.runs.run import Run
from imdb_core.runs.weights import weights_file
from imdb_core.scoring.scorer import Scorer, TrainedNetwork

_KEPT = 8


class ScorerCache:
    """The networks used last, loaded again only when their weights change.

    Runs are not kept: they are renamed, and go on.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._networks: OrderedDict[tuple[Path, int], TrainedNetwork] = OrderedDict()

    def get(self, run: Run, epoch: int | None = None) -> Scorer:
        """`Scorer.load(run, epoch)`, with the network at hand if it is still true."""
        path = weights_file(run, epoch)
        try:
            key = path, path.stat().st_mtime_ns
        except OSError:
            return Scorer.load(run, epoch)  # says what is missing
        with self._lock:
            if key not in self._networks:
                self._networks[key] = TrainedNetwork.load(run, epoch)
                while len(self._networks) > _KEPT:
                    self._networks.popitem(last=False)
            self._networks.move_to_end(key)
            trained = self._networks[key]
        return Scorer(run, trained)
