"""What the files of a run's folder are called."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

RUN_JSON: Final = "run.json"
EVENTS: Final = "events.jsonl"
VOCABULARY: Final = "vocabulary.json"
BEST: Final = "best.safetensors"
LAST: Final = "last.safetensors"
EPOCHS: Final = "epochs"
EVALUATION: Final = "evaluation"

EPOCH_FILE: Final = re.compile(rf"{EPOCHS}/(\d{{4}})\.safetensors", re.ASCII)


def epoch_file(folder: Path, epoch: int) -> Path:
    """Where an epoch's weights stand, if they were kept."""
    return folder / EPOCHS / f"{epoch:04d}.safetensors"
