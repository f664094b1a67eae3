"""Kernels that several processes compiled must work together in one."""

import os
import subprocess
import sys
from pathlib import Path

CODE = """
import sys
import numpy as np, torch
from tests.kernels import kernels_of, network_of, reviews
for cell in sys.argv[1:]:
    torch.manual_seed(0)
    ids, labels = reviews(np.random.default_rng(0), 40, 12, 100)
    kernels = kernels_of(network_of(cell, "mean_max", 100, 5, 6), cell, 16, 12)
    print(kernels.train(ids, labels, np.arange(40), learning_rate=1e-2).tolist())
"""
PROJECT = Path(__file__).parents[4]


def losses_of(cells: list[str], cache: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", CODE, *cells],
        env=os.environ | {"NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_kernels_loaded_from_the_cache_give_what_compiled_ones_gave(tmp_path: Path) -> None:
    compiled = losses_of(["gru"], tmp_path)
    cells = ["rnn", "gru", "lstm"]
    loaded = [losses_of([cell], tmp_path)[0] for cell in cells]

    assert loaded[1:2] == compiled
    assert losses_of(cells, tmp_path) == loaded
    assert losses_of(cells[::-1], tmp_path) == loaded[::-1]
    assert len(list(tmp_path.rglob("*.nbc"))) == 1  # one type of record, one compiled `train`
