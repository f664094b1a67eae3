"""A run in the formats that other programs read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Literal

from imdb_core.runs.checkpoints import load_weights
from imdb_core.runs.run import Run
from imdb_core.training.records import EpochRecord

ExportFormat = Literal["pt", "safetensors", "csv"]

FILE_NAMES: dict[ExportFormat, str] = {
    "pt": "best_rnn_model.pt",
    "safetensors": "best.safetensors",
    "csv": "history.csv",
}
"""What to call an exported file."""


def export(run: Run, format: ExportFormat) -> bytes:
    """The bytes of a file in `format`.

    Raises:
        RunStateError: the run has no weights yet.
        RunDamagedError: its weights cannot be read.
    """
    return _EXPORTERS[format](run)


def _as_pt(run: Run) -> bytes:
    """The state dict as the notebook saves it; `torch.load(..., weights_only=True)` reads it."""
    import torch

    weights, _ = load_weights(run.best_weights)
    buffer = io.BytesIO()
    torch.save({name: torch.tensor(array) for name, array in weights.items()}, buffer)
    return buffer.getvalue()


def _as_safetensors(run: Run) -> bytes:
    load_weights(run.best_weights)  # a damaged file is not handed out
    return run.best_weights.read_bytes()


def _as_csv(run: Run) -> bytes:
    columns = EpochRecord._fields
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(record._asdict() for record in run.epochs)
    return buffer.getvalue().encode()


_EXPORTERS: dict[ExportFormat, Callable[[Run], bytes]] = {
    "pt": _as_pt,
    "safetensors": _as_safetensors,
    "csv": _as_csv,
}
