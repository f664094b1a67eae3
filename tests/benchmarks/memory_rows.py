"""How much memory a training takes, and how well the cost line foretells it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from imdb_core.config import PRESETS, TrainConfig
from imdb_core.data import Dataset, prepared
from imdb_core.data.reviews import Reviews, Texts
from imdb_core.settings import kernels_folder
from imdb_core.training.device import resolve_device
from imdb_core.training.engines import engine_name
from imdb_core.training.footprint import footprint_bytes
from tests.benchmarks.data import splits
from tests.benchmarks.measuring import Row, peak_megabytes_of

GROWTH = "Peak memory of a training process, one process each"
TOLD = (
    "Memory told before Train, how much more than for the Notebook preset on the same engine; "
    "one process each"
)
LIMIT = "≤ 700 MB"
TOLD_OF = {
    "Quick preset": PRESETS["quick"],
    "Accurate preset": PRESETS["accurate"],
    "fast, gru, 128 units, 400 words": TrainConfig(cell="gru", hidden_size=128, max_length=400),
    "fast, rnn, 64 units, 1,000 words": TrainConfig(hidden_size=64, max_length=1000),
    "torch, lstm, 64 units, 400 words": TrainConfig(
        cell="lstm", hidden_size=64, max_length=400, engine="torch"
    ),
    "torch, gru both ways, 32 units, 400 words": TrainConfig(
        cell="gru", hidden_size=32, max_length=400, bidirectional=True, engine="torch"
    ),
}


def memory_rows(dataset: Dataset) -> Iterator[Row]:
    """Peaks of training processes, the programs that they start not counted."""
    with tempfile.TemporaryDirectory() as folder:
        once, twice = Path(folder, "once"), Path(folder, "twice")
        _prepare(once, dataset)
        _prepare(twice, replace(dataset, train=_doubled(dataset.train)))
        base = _peak(once, dataset, TrainConfig())
        yield Row(group=GROWTH, what=f"Notebook preset, {len(dataset.train):,} reviews",
                  ours=base, unit="MB", wanted=LIMIT)  # fmt: skip
        for what, home, config in (
            ("Notebook preset, twice the reviews", twice, TrainConfig()),
            ("Notebook preset, twice the words read", once, TrainConfig(max_length=200)),
            ("Notebook preset, twice the batch", once, TrainConfig(batch_size=128)),
        ):
            yield Row(group=GROWTH, what=what, ours=_peak(home, dataset, config), unit="MB",
                      peer="the Notebook preset", theirs=base, wanted=LIMIT)  # fmt: skip
        peaks = {
            what: _peak(once, dataset, config.changed(max_epochs=1))
            for what, config in TOLD_OF.items()
        }
        on_torch = TrainConfig(engine="torch", max_epochs=1)
        bases = {"fast": (TrainConfig(), base), "torch": (on_torch, _peak(once, dataset, on_torch))}
    for what in ("Quick preset", "Accurate preset"):
        yield Row(group=GROWTH, what=what, ours=peaks[what], unit="MB",
                  peer="the Notebook preset", theirs=base, wanted=LIMIT)  # fmt: skip
    for what, config in TOLD_OF.items():
        least, taken = bases[_engine(config)]
        yield Row(group=TOLD, what=what, ours=_told(dataset, config) - _told(dataset, least),
                  unit="MB", peer="how much more the process took", theirs=peaks[what] - taken,
                  wanted="0.7 to 1.3 ×")  # fmt: skip


def _engine(config: TrainConfig) -> str:
    return engine_name(config, resolve_device(config))


def _told(dataset: Dataset, config: TrainConfig) -> float:
    train, validation = splits(dataset, config)
    return footprint_bytes(config, _engine(config), len(train), len(validation)) / 1e6


def _peak(home: Path, dataset: Dataset, config: TrainConfig) -> float:
    chosen = config.changed(source=dataset.source, device="cpu")
    command = [sys.executable, "-m", "imdb_core", "train"]
    for field, (_, value) in TrainConfig().differences(chosen).items():
        command += ["--set", f"{field}={str(value).lower()}"]
    compiled = str(kernels_folder())
    return peak_megabytes_of(command, {"IMDB_STUDIO_HOME": str(home), "NUMBA_CACHE_DIR": compiled})


def _prepare(home: Path, dataset: Dataset) -> None:
    folder = home / "data" / dataset.source
    folder.mkdir(parents=True)
    prepared.write(folder, dataset, created_at=datetime.now(UTC))


def _doubled(reviews: Reviews) -> Reviews:
    return Reviews(
        ranks=np.tile(reviews.ranks, 2),
        offsets=np.append(reviews.offsets, reviews.offsets[1:] + reviews.offsets[-1]),
        labels=np.tile(reviews.labels, 2),
        stars=None if reviews.stars is None else np.tile(reviews.stars, 2),
        texts=None if reviews.texts is None else Texts.from_strings([*reviews.texts] * 2),
    )
