"""Kernels that several processes compiled must work together in one."""

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

import numpy as np

from imdb_core.model.kernels.epochs import LEARNING, SCORING, predict

CODE = """
import sys
import numpy as np, torch
from tests.kernels import kernels_of, network_of, reviews
for cell in sys.argv[1:]:
    losses = []
    for readout in ("mean_max", "last"):
        torch.manual_seed(0)
        ids, labels = reviews(np.random.default_rng(0), 40, 12, 100)
        kernels = kernels_of(network_of(cell, readout, 100, 8, 8), cell, 16, 12)
        losses.append(kernels.train(ids, labels, np.arange(40), learning_rate=1e-2).tolist())
    print(losses)
"""
STEPS = """
import sys
import numpy as np, torch
from tests.kernels import kernels_of, network_of, reviews
ids, labels = reviews(np.random.default_rng(0), 48, 12, 100)
for step in sys.argv[1:]:
    cell, verb = step.split()
    torch.manual_seed(0)
    kernels = kernels_of(network_of(cell, "last", 100, 16, 8), cell, 16, 12)
    if verb == "train":
        print(kernels.train(ids, labels, np.arange(48), learning_rate=1e-2).tolist())
    else:
        print(kernels.predict(ids).tolist())
"""
PROJECT = Path(__file__).parents[4]


def losses_of(cells: list[str], cache: Path) -> list[str]:
    return said(cache, CODE, *cells)


def said(cache: Path, code: str, *arguments: str, project: Path = PROJECT) -> list[str]:
    """The lines that a process prints which keeps its kernels in `cache`."""
    search = os.pathsep.join(map(str, (project, PROJECT)))
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | {"NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": search},
        cwd=project,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_kernels_loaded_from_the_cache_give_what_compiled_ones_gave(tmp_path: Path) -> None:
    """Also what two processes compiled: a name for two functions would be linked to either."""
    steps = ["rnn predict", "rnn train"]
    compiled = [said(tmp_path, STEPS, step)[0] for step in steps]
    assert said(tmp_path, STEPS, *steps) == compiled
    assert said(tmp_path, STEPS, *steps[::-1]) == compiled[::-1]

    (gru,) = losses_of(["gru"], tmp_path)
    cells = ["rnn", "gru", "lstm"]
    loaded = losses_of(cells, tmp_path)
    assert loaded[1] == gru
    assert losses_of(cells[::-1], tmp_path) == loaded[::-1]
    # One type of record: everything is compiled once, and of each cell two functions.
    units = len((*SCORING, predict, *LEARNING)) + 2 * len(cells)
    assert len(list(tmp_path.rglob("*.nbc"))) == units


def test_a_change_in_any_kernel_is_compiled_anew(tmp_path: Path) -> None:
    # Nothing that another process may write meanwhile.
    ignored = ignore_patterns("__pycache__", "*.tmp")
    copytree(PROJECT / "imdb_core", tmp_path / "imdb_core", ignore=ignored)
    cache = tmp_path / "cache"
    (before,) = said(cache, STEPS, "rnn predict", project=tmp_path)

    called = tmp_path / "imdb_core" / "model" / "kernels" / "head.py"
    bias = "get(floats(plan.flat), plan.at_dense_bias)"
    text = called.read_text()
    assert text.count(bias) == 1
    called.write_text(text.replace(bias, f"({bias} + np.float32(1))"))

    (after,) = said(cache, STEPS, "rnn predict", project=tmp_path)
    assert np.allclose(np.array(json.loads(after)) - np.array(json.loads(before)), 1)
