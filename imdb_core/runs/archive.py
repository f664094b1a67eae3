"""A whole run as one zip: its folder under its id, without whose it was on this computer.

::

    2026-11-22_101530_k3f9/run.json
    2026-11-22_101530_k3f9/events.jsonl …
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Final

from imdb_core.errors import RunDamagedError, RunStateError
from imdb_core.runs.checkpoints import BEST, EPOCHS, LAST, LAST_JSON
from imdb_core.runs.event_log import Event, read_events
from imdb_core.runs.run import Run

RUN_JSON: Final = "run.json"
EVENTS: Final = "events.jsonl"
VOCABULARY: Final = "vocabulary.json"
FILES: Final = (RUN_JSON, EVENTS, VOCABULARY, BEST, LAST, LAST_JSON)
_OF_THIS_COMPUTER: Final = ("owner", "visitor", "by")
EPOCH_FILE: Final = re.compile(rf"{EPOCHS}/(\d{{4}})\.safetensors", re.ASCII)


def as_zip(run: Run) -> bytes:
    """The run's files; the same run gives the same bytes.

    Raises:
        RunStateError: it is at work, so that its files change under the reader.
        RunDamagedError: a file cannot be read.
    """
    if run.is_live:
        raise RunStateError(f"Run {run.id} is {run.state}. Stop or pause it to export it whole.")
    epochs = sorted(run.folder.glob(f"{EPOCHS}/*"))
    names = [*FILES, *(f"{EPOCHS}/{path.name}" for path in epochs)]
    buffer = io.BytesIO()
    try:
        with zipfile.ZipFile(buffer, "w") as archive:
            for name in names:
                path = run.folder / name
                if path.exists() and (name in FILES or EPOCH_FILE.fullmatch(name)):
                    content = (
                        without_owner(read_events(path)) if name == EVENTS else path.read_bytes()
                    )
                    archive.writestr(_entry(run, name), content)
    except OSError as error:
        raise RunDamagedError(f"{run.folder} cannot be read: {error.strerror}.") from error
    return buffer.getvalue()


def without_owner(events: list[Event]) -> bytes:
    """The events as lines, as the log writes them, but for the process they belonged to and
    for who asked.
    """
    lines = (
        json.dumps(
            {key: value for key, value in event.items() if key not in _OF_THIS_COMPUTER},
            ensure_ascii=False,
            allow_nan=False,
        )
        for event in events
    )
    return "".join(f"{line}\n" for line in lines).encode()


def _entry(run: Run, name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(f"{run.id}/{name}", run.created_at.timetuple()[:6])
    # Weights are noise to a compressor.
    is_text = not name.endswith(".safetensors")
    entry.compress_type = zipfile.ZIP_DEFLATED if is_text else zipfile.ZIP_STORED
    entry.external_attr = 0o644 << 16
    return entry
