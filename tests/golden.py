"""Curves that must come out the same everywhere: `python -m tests.golden HOME` prints theirs."""

from __future__ import annotations

import hashlib
import json
import struct
import sys
from pathlib import Path

import numpy as np
import torch

from imdb_core.config import PRESETS, TrainConfig
from imdb_core.data import DataLibrary
from imdb_core.data.encoded import encode_split
from imdb_core.stop_flag import StopFlag
from imdb_core.training.loop import TrainingLoop
from imdb_core.training.records import EpochRecord
from tests.conftest import settings_in

CASES = {
    "notebook": PRESETS["notebook"].changed(source="sample", engine="fast", max_epochs=3),
    "quick": PRESETS["quick"].changed(source="sample", engine="fast", max_epochs=1),
    # Large enough to be shared by four threads.
    "gru": TrainConfig(
        source="sample", engine="fast", cell="gru", vocab_size=5_000, max_length=400,
        embedding_dim=10, hidden_size=32, weight_decay=0.01, gradient_clip=1.0, max_epochs=1,
    ),
}  # fmt: skip


class _Losses:
    def __init__(self) -> None:
        self.numbers: list[float] = []

    def epoch(self, record: EpochRecord, loop: TrainingLoop) -> None:
        self.numbers += [record.train_loss, record.val_loss, record.val_accuracy]


def curve(name: str, home: Path) -> str:
    """A digest of a case's losses and last weights; `home` has the sample prepared."""
    config = CASES[name]
    dataset = DataLibrary(settings_in(home)).load("sample")
    train, validation = (encode_split(dataset, split, config) for split in ("train", "validation"))
    # No word vectors of the sample's: those are computed elsewhere.
    vectors = np.random.default_rng(0).random((config.vocab_size, config.embedding_dim), np.float32)
    loop = TrainingLoop(config, train, validation, torch.device("cpu"), word_vectors=vectors - 0.5)
    losses = _Losses()
    loop.run(losses, StopFlag())
    digest = hashlib.sha256(struct.pack(f"<{len(losses.numbers)}d", *losses.numbers))
    for _, weights in sorted(loop.engine.weights().items()):
        digest.update(np.ascontiguousarray(weights).astype("<f4").tobytes())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    print(json.dumps({name: curve(name, Path(sys.argv[1])) for name in CASES}))
