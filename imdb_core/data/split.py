"""Which training reviews are kept aside to validate on."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_SEED = 42  # the notebook's; not a run's own seed, so that all runs validate on the same reviews


def validation_split(count: int, fraction: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to train on and rows to validate on, both int64, in the order they are read.

    Equal to scikit-learn's `train_test_split(arange(count), test_size=fraction,
    random_state=42)`, without the second that importing it costs.
    """
    validation_count = math.ceil(fraction * count)
    rows = np.random.RandomState(_SEED).permutation(count).astype(np.int64)
    return rows[validation_count:], rows[:validation_count]
