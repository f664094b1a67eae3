"""A whole run as one zip: its folder under its id, without whose it was on this computer.

::

    2026-11-22_101530_k3f9/run.json
    2026-11-22_101530_k3f9/events.jsonl …

The files are of one moment, the end of an epoch, even while the run trains or after a kill.
"""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from imdb_core.errors import RunDamagedError, RunStateError
from imdb_core.files import is_there, parse_checked_json
from imdb_core.runs.checkpoints import Announced, parse_state, parse_weights, read
from imdb_core.runs.event_log import Event, as_line, for_others, parse_events, without_repeats
from imdb_core.runs.folder import BEST, EVENTS, LAST, RUN_JSON, VOCABULARY, epoch_file
from imdb_core.runs.run import Run

FILES: Final = (RUN_JSON, EVENTS, VOCABULARY, BEST, LAST)
_TRIES: Final = 20
_PAUSE_S: Final = 0.05


def as_zip(run: Run) -> bytes:
    """The run's files; the same run gives the same bytes.

    Raises:
        RunStateError: it is at work and writes faster than one can read.
        RunDamagedError: a file is missing or damaged.
        RunNotFoundError: it was deleted.
        StorageError: the system does not let a file be read.
    """
    for _ in range(_TRIES if run.is_live else 1):
        files = _moment(run.folder)
        if files is not None:
            return _zipped(run, files)
        time.sleep(_PAUSE_S)
    if run.is_live:
        raise RunStateError(
            f"Run {run.id} trains faster than its files can be read. Pause it to export it whole."
        )
    raise RunDamagedError(
        f"{run.folder / BEST} is not from the best epoch of the run, whose weights are lost. "
        "Resume the run, or train again."
    )


def without_owner(events: list[Event]) -> bytes:
    """The events as lines, as the log writes them, but for the process they belonged to and
    for who asked.
    """
    return b"".join(as_line(for_others(event)) for event in events)


def _moment(folder: Path) -> dict[str, bytes] | None:
    """Names to contents that belong together; None where the best weights are not to be had.

    Events come after the weights that they announce, and are therefore read last.
    """
    weights = {name: read(folder / name) for name in (BEST, LAST) if is_there(folder / name)}
    files = {name: read(folder / name) for name in (RUN_JSON, VOCABULARY)
             if name == RUN_JSON or is_there(folder / name)}  # fmt: skip
    events = without_repeats(parse_events(read(folder / EVENTS), folder / EVENTS))
    _check_json(folder, files)
    epochs = [event for event in events if event["event"] == "epoch"]
    if LAST in weights:
        _, record = parse_state(weights[LAST], folder / LAST, _announced(epochs, "state"))
        if record.epoch > len(epochs) + 1:
            del weights[LAST]  # the events between are lost
        elif record.epoch < len(epochs):
            events = events[: events.index(epochs[record.epoch - 1]) + 1]
            epochs = epochs[: record.epoch]
    announced = _announced(epochs, "weights")
    for epoch in range(1, len(epochs) + 1):
        path = epoch_file(folder, epoch)
        if is_there(path):
            content = read(path)
            parse_weights(content, path, announced)
            files[f"{path.parent.name}/{path.name}"] = content
    if epochs:
        best = _best(folder, weights.get(BEST), files, epochs, announced)
        if best is None:
            return None
        weights[BEST] = best
    return files | weights | {EVENTS: without_owner(events)}


def _best(
    folder: Path,
    content: bytes | None,
    files: Mapping[str, bytes],
    epochs: list[Event],
    announced: Announced,
) -> bytes | None:
    """The weights of the best epoch; those of one that no event announces yet where a kill left
    no others.
    """
    wanted = epochs[-1]["best_epoch"]
    path = epoch_file(folder, wanted)
    if content is not None:
        _, found, _ = parse_weights(content, folder / BEST, announced)
        if found == wanted:
            return content
    kept = files.get(f"{path.parent.name}/{path.name}")
    if kept is None and content is not None and found == len(epochs) + 1:
        return content
    return kept


def _announced(epochs: list[Event], kind: str) -> dict[int, str]:
    known: dict[int, Any] = {event["epoch"]: event.get("sha256", {}) for event in epochs}
    return {epoch: sha256[kind] for epoch, sha256 in known.items() if kind in sha256}


def _check_json(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        try:
            parse_checked_json(content)
        except ValueError as error:
            raise RunDamagedError(
                f"{folder / name} is damaged ({error}), so the run cannot be exported."
            ) from error


def _zipped(run: Run, files: Mapping[str, bytes]) -> bytes:
    order: Callable[[str], tuple[int, str]] = lambda name: (  # noqa: E731
        FILES.index(name) if name in FILES else len(FILES), name
    )  # fmt: skip
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files, key=order):
            archive.writestr(_entry(run, name), files[name])
    return buffer.getvalue()


def _entry(run: Run, name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(f"{run.id}/{name}", run.created_at.timetuple()[:6])
    # Weights are noise to a compressor.
    is_text = not name.endswith(".safetensors")
    entry.compress_type = zipfile.ZIP_DEFLATED if is_text else zipfile.ZIP_STORED
    entry.external_attr = 0o644 << 16
    return entry
