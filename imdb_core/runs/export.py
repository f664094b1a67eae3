"""A run in the formats that other programs read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Final, Literal, get_args

from imdb_core.runs.archive import as_zip
from imdb_core.runs.checkpoints import parse_weights, read
from imdb_core.runs.onnx_export import as_onnx
from imdb_core.runs.run import Run
from imdb_core.runs.tensorboard_export import as_tensorboard
from imdb_core.runs.weights import check_is_best, load_epoch
from imdb_core.training.records import EpochRecord

ExportFormat = Literal["pt", "safetensors", "onnx", "csv", "json", "zip", "tensorboard"]
FORMATS: Final[tuple[ExportFormat, ...]] = get_args(ExportFormat)


def export(run: Run, format: ExportFormat) -> bytes:
    """The bytes of a file in `format`.

    Raises:
        RunStateError: the run has no weights yet, or was to be a zip and changes too quickly.
        RunDamagedError: a file of it is missing or damaged.
        RunNotFoundError: it was deleted.
        StorageError: the system does not let its files be read.
    """
    return _EXPORTERS[format](run)


def file_name(run: Run, format: ExportFormat) -> str:
    """What to call the file."""
    names: dict[ExportFormat, str] = {
        "pt": "best_rnn_model.pt",
        "safetensors": "best.safetensors",
        "onnx": "best_rnn_model.onnx",
        "csv": "history.csv",
        "json": "settings.json",
        "zip": f"{run.id}.zip",
        # TensorBoard finds its files by the beginning of their names.
        "tensorboard": f"events.out.tfevents.{int(run.created_at.timestamp())}.{run.id}",
    }
    return names[format]


def is_exportable(run: Run, format: ExportFormat) -> bool:
    """Whether the run, as it stands now, has what goes into such a file."""
    return format in ("json", "zip") or run.can_score


def _as_pt(run: Run) -> bytes:
    """The state dict as the notebook saves it; `torch.load(..., weights_only=True)` reads it."""
    import torch

    weights, _ = load_epoch(run, None)
    buffer = io.BytesIO()
    torch.save({name: torch.tensor(array) for name, array in weights.items()}, buffer)
    return buffer.getvalue()


def _as_safetensors(run: Run) -> bytes:
    content = read(run.best_weights)
    # No damaged file is handed out.
    _, epoch, _ = parse_weights(content, run.best_weights, run.weights_sha256)
    check_is_best(run, epoch)
    return content


def _as_csv(run: Run) -> bytes:
    columns = (*EpochRecord._fields, "learning_rate")
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        record._asdict() | {"learning_rate": run.config_of(record.epoch).learning_rate}
        for record in run.epochs
    )
    return buffer.getvalue().encode()


def _as_json(run: Run) -> bytes:
    """The settings that it began with, as `TrainConfig.parse` takes them; `changes` if any."""
    settings = run.config.model_dump()
    if run.changes:
        settings["changes"] = [{"after_epoch": c.epoch, **c.settings} for c in run.changes]
    return (json.dumps(settings, indent=2) + "\n").encode()


_EXPORTERS: Final[dict[ExportFormat, Callable[[Run], bytes]]] = {
    "pt": _as_pt,
    "safetensors": _as_safetensors,
    "onnx": as_onnx,
    "csv": _as_csv,
    "json": _as_json,
    "zip": as_zip,
    "tensorboard": as_tensorboard,
}
