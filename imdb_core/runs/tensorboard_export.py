"""A run's history as a TensorBoard event file."""

from __future__ import annotations

import io
import json
from datetime import datetime

from imdb_core.runs.event_log import Event, read_events
from imdb_core.runs.folder import EVENTS
from imdb_core.runs.run import Run
from imdb_core.runs.transitions import CHANGEABLE

_SCALARS = {
    "loss/train": "train_loss",
    "loss/validation": "val_loss",
    "accuracy/validation": "val_accuracy",
}


def as_tensorboard(run: Run) -> bytes:
    """The file: losses and accuracy by epoch at the times they came, and the settings as text.

    Raises:
        RunDamagedError: the run's events cannot be read.
    """
    # Imported where it is needed: it takes half a second.
    from tensorboard.compat.proto.event_pb2 import Event as Record  # type: ignore[import-untyped]
    from tensorboard.summary.writer.record_writer import RecordWriter  # type: ignore[import-untyped]

    buffer = io.BytesIO()
    writer = RecordWriter(buffer)
    start = run.created_at.timestamp()
    writer.write(Record(wall_time=start, file_version="brain.Event:2").SerializeToString())
    settings = Record(wall_time=start, step=0)
    _add_text(settings, "settings", _as_markdown_table(run))
    writer.write(settings.SerializeToString())
    for event in read_events(run.folder / EVENTS):
        if event["event"] == "epoch":
            record = Record(wall_time=_seconds(event), step=event["epoch"])
            for tag, name in _SCALARS.items():
                record.summary.value.add(tag=tag, simple_value=event[name])
            rate = run.config_of(event["epoch"]).learning_rate
            record.summary.value.add(tag="learning_rate", simple_value=rate)
            writer.write(record.SerializeToString())
    return buffer.getvalue()


def _add_text(record: object, tag: str, text: str) -> None:
    from tensorboard.compat.proto.tensor_pb2 import TensorProto  # type: ignore[import-untyped]
    from tensorboard.compat.proto.types_pb2 import DT_STRING  # type: ignore[import-untyped]

    value = record.summary.value.add(  # type: ignore[attr-defined]
        tag=tag, tensor=TensorProto(dtype=DT_STRING, string_val=[text.encode()])
    )
    value.metadata.plugin_data.plugin_name = "text"


def _as_markdown_table(run: Run) -> str:
    settings = run.config.model_dump() | {
        f"{name} from epoch {since} on": value
        for name in CHANGEABLE
        for since, value in run.course(name)[1:]
    }
    rows = "\n".join(f"|{name}|{json.dumps(value)}|" for name, value in settings.items())
    return f"|setting|value|\n|---|---|\n{rows}"


def _seconds(event: Event) -> float:
    return datetime.fromisoformat(event["time"]).timestamp()
