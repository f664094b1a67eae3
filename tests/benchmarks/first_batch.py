"""Seconds until the Notebook preset has trained and validated on one batch: nearly all are the
compiler's where the kernels' cache is empty. Printed by `python -m tests.benchmarks.first_batch`.
"""

import numpy as np

from imdb_core.config import TrainConfig
from imdb_core.data.encoded import EncodedSplit
from tests.benchmarks.engine_rows import Epochs
from tests.benchmarks.measuring import seconds


def main() -> None:
    """Print the seconds."""
    config = TrainConfig()
    reviews = EncodedSplit(
        ids=np.ones((config.batch_size, config.max_length), np.int32),
        labels=np.zeros(config.batch_size, np.float32),
        rows=np.arange(config.batch_size),
    )
    print(seconds(lambda: Epochs(config, reviews, reviews)()))


if __name__ == "__main__":
    main()
