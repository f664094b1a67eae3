"""`python -m imdb_core.evaluation.metrics_worker FILE`: measure what the file holds, then end.

FILE is an `.npz` of `labels` and `probabilities`. Only `process.output_of` starts this. On
standard output stands one JSON object, a `Metrics`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from imdb_core.evaluation.metrics import Metrics, measure
from imdb_core.process import work


def main(file: Path) -> int:
    """Print the metrics; returns the exit code."""
    return work(lambda: measure_file(file).model_dump_json())


def measure_file(file: Path) -> Metrics:
    """`measure` of the arrays in `file`."""
    with np.load(file, allow_pickle=False) as arrays:
        return measure(arrays["labels"], arrays["probabilities"])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
