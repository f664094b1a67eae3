"""The commands that look after runs: `python -m imdb_core runs …`, all but `resume`."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from imdb_core.cli_command import AddCommand
from imdb_core.errors import RunArchiveError, RunExistsError, StorageError
from imdb_core.runs.export import FORMATS, export, file_name
from imdb_core.runs.recycling import KEPT_FOR
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from imdb_core.settings import Settings


def add_commands(add: AddCommand) -> None:
    """Add them to the parser of `runs`."""
    listing = add("list", _list, "all runs, newest first")
    listing.add_argument("--archived", action="store_true", help="the archived ones, too")
    _add_id(add("show", _show, "one run as JSON"))
    _add_id(add("delete", _delete, f"move a run to the bin, for {KEPT_FOR.days} days"))
    restoring = add("restore", _restore, "bring a deleted run back")
    restoring.add_argument("run", metavar="ID", help="an id, or latest: the one deleted last")
    exporting = add("export", _export, "write a file to use elsewhere")
    _add_id(exporting)
    exporting.add_argument("--format", choices=FORMATS, default="pt")
    exporting.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="or a folder to put it into"
    )
    importing = add("import", _import, "add a run from the zip that another installation wrote")
    importing.add_argument("file", type=Path, metavar="FILE")


def open_store(settings: Settings) -> RunStore:
    """The runs; those that lost their process are marked first, where that can be written."""
    store = RunStore(settings.runs_folder)
    with suppress(StorageError):  # what has to write something says so itself
        store.mark_interrupted()
    return store


def print_json(value: Any, indent: int | None = None) -> None:  # noqa: ANN401 - any JSON value
    """One JSON value on standard output, at once; in ASCII where that cannot show all letters."""
    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    print(json.dumps(value, ensure_ascii=not is_unicode, indent=indent), flush=True)


def _list(options: argparse.Namespace, settings: Settings) -> int:
    runs, damaged = open_store(settings).overview()
    for run in runs:
        if options.archived or not run.is_archived:
            print(f"{run.id}  {run.state:11}  {_result(run)}  {run.label}".rstrip())
    for run_id, fault in damaged.items():
        print(f"{run_id}  cannot be read: {fault}")
    return 0


def _result(run: Run) -> str:
    best = run.best
    if best is None:
        return "no epoch finished"
    return (
        f"best epoch {best.epoch:3}  val_loss {best.val_loss:.4f}  "
        f"val_accuracy {best.val_accuracy:.4f}"
    )


def _show(options: argparse.Namespace, settings: Settings) -> int:
    store = open_store(settings)
    run = store.get(store.id_of(options.run))
    print_json(
        {
            "id": run.id,
            "label": run.label,
            "notes": run.notes,
            "tags": run.tags,
            "archived": run.is_archived,
            "state": run.state,
            "ending": run.ending,
            "folder": str(run.folder),
            "config": run.config.model_dump(),
            "changes": [{"epoch": c.epoch, "settings": c.settings} for c in run.changes],
            "dataset": asdict(run.dataset) if run.dataset else None,
            "device": run.device,
            "engine": run.engine,
            "best": run.best._asdict() if run.best else None,
            "epochs": [record._asdict() for record in run.epochs],
        },
        indent=2,
    )
    return 0


def _delete(options: argparse.Namespace, settings: Settings) -> int:
    store = open_store(settings)
    run_id = store.id_of(options.run)
    store.delete(run_id)
    print(
        f"Deleted {run_id}. For {KEPT_FOR.days} days it can be brought back: "
        f"python -m imdb_core runs restore {run_id}"
    )
    return 0


def _restore(options: argparse.Namespace, settings: Settings) -> int:
    store = open_store(settings)
    deleted = store.deleted()
    run = store.restore(deleted[0] if options.run == "latest" and deleted else options.run)
    print(f"Brought back {run.id}.")
    return 0


def _export(options: argparse.Namespace, settings: Settings) -> int:
    run = open_store(settings).resolve(options.run)
    content = export(run, options.format)
    name = file_name(run, options.format)
    target: Path = options.output or Path(name)
    # TensorBoard reads a folder, and in it files with its own kind of name only.
    is_folder = options.format == "tensorboard" and "tfevents" not in target.name
    try:
        if is_folder:
            target.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            target /= name
        target.write_bytes(content)
    except OSError as error:
        raise StorageError(f"{target} was not written: {error.strerror}.") from error
    print(f"Wrote {target} ({len(content):,} bytes).")
    if options.format == "tensorboard":
        print(f"See it with: tensorboard --logdir {target.parent}")
    return 0


def _import(options: argparse.Namespace, settings: Settings) -> int:
    from imdb_core.runs.archive_import import import_run

    try:
        file = open(options.file, "rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise RunArchiveError(f"{options.file} cannot be read: {error.strerror}.") from error
    with file:
        try:
            run = import_run(open_store(settings), file)
        except RunExistsError as error:
            print(error)
            return 0
    print(f"Imported run {run.id}.")
    return 0


def _add_id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="ID", help="an id, best or latest")
