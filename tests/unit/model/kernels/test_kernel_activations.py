from collections.abc import Callable

import numpy as np
import pytest
from numba import njit

from imdb_core.model.kernels.activations import logistic, tanh
from imdb_core.model.kernels.vectors import floats, load, store
from tests.kernels import Floats


@njit
def _apply_tanh(source: int, target: int, count: int) -> None:
    for i in range(0, count, 8):
        store(floats(target), i, tanh(load(floats(source), i)))


@njit
def _apply_logistic(source: int, target: int, count: int) -> None:
    for i in range(0, count, 8):
        store(floats(target), i, logistic(load(floats(source), i)))


@pytest.mark.parametrize(
    ("kernel", "true"),
    [(_apply_tanh, np.tanh), (_apply_logistic, lambda x: 1 / (1 + np.exp(-x)))],
)
def test_error_is_below_3e_7(kernel: Callable[..., None], true: Callable[[Floats], Floats]) -> None:
    x = np.linspace(-30, 30, 2**20).astype(np.float32)
    y = np.zeros_like(x)
    kernel(x.ctypes.data, y.ctypes.data, x.size)
    assert np.abs(y - true(x.astype(np.float64))).max() < 3e-7


def test_infinities_saturate_and_nan_stays() -> None:
    x = np.array([np.inf, -np.inf, np.nan, 0, 1e-30, -1e-30, 100, -100], np.float32)
    y = np.zeros_like(x)
    _apply_tanh(x.ctypes.data, y.ctypes.data, 8)
    assert np.isnan(y[2])
    assert y[0] == pytest.approx(1, abs=3e-7)
    assert y[1] == pytest.approx(-1, abs=3e-7)
    assert y[3] == 0
    assert np.abs(y).max(where=~np.isnan(y), initial=0) <= 1 + 2e-7
