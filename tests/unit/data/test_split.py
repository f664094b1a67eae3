import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from imdb_core.data import validation_split


@pytest.mark.parametrize("count", [4, 7, 4000, 25_000])
@pytest.mark.parametrize("fraction", [0.05, 0.15, 0.2, 0.3, 0.5])
def test_the_split_is_scikit_learns(count: int, fraction: float) -> None:
    expected = train_test_split(np.arange(count), test_size=fraction, random_state=42)

    rows = validation_split(count, fraction)

    assert [part.tolist() for part in rows] == [part.tolist() for part in expected]
    assert all(part.dtype == np.int64 for part in rows)
