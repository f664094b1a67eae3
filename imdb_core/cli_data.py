"""The commands that look after the reviews: `python -m imdb_core data …`."""

from __future__ import annotations

import argparse
from pathlib import Path

from imdb_core.cli_command import AddCommand
from imdb_core.config import BUILT_IN_SOURCES
from imdb_core.data import CsvChoices, DataLibrary, Dataset, check_csv
from imdb_core.data.csv_text import DELIMITERS, ENCODINGS, MAX_BYTES, read_bytes
from imdb_core.data.own_reviews import SPLIT_RULE, own_source
from imdb_core.data.progress import Watch
from imdb_core.errors import CsvError, DataNotPreparedError
from imdb_core.settings import Settings
from imdb_core.terminal import ProgressLine, StopOnSignal

_NAMED_DELIMITERS = {name: delimiter for delimiter, name in DELIMITERS.items()}


def add_commands(add: AddCommand) -> None:
    """Add them to the parser of `data`."""
    add("status", _status, "which sources there are")
    prepare = add("prepare", _prepare, "make a source ready, or one of your own reviews")
    prepare.add_argument("--source", choices=BUILT_IN_SOURCES, default="imdb")
    prepare.add_argument(
        "--path", type=Path, metavar="P", help="an aclImdb folder or its archive (source aclimdb)"
    )
    own = prepare.add_argument_group(
        "your own reviews",
        f"A CSV file of up to {MAX_BYTES >> 20} MB, whose first row names its columns: text, "
        f"label, and perhaps stars. {SPLIT_RULE}",
    )
    own.add_argument("--csv", type=Path, metavar="FILE", help="the file")
    own.add_argument("--name", help="what to call them; the file's name if left out")
    for column in ("text", "label", "stars"):
        own.add_argument(f"--{column}", metavar="COLUMN", help=f"the column with the {column}")
    own.add_argument(
        "--delimiter",
        metavar="D",
        help="what parts the columns: " + ", ".join(f"{name}" for name in _NAMED_DELIMITERS),
    )
    own.add_argument("--encoding", metavar="E", help="such as " + ", ".join(ENCODINGS))
    delete = add("delete", _delete, "remove a prepared source; runs trained on it stay")
    delete.add_argument("source", metavar="SOURCE", help="as data status names it")


def _status(options: argparse.Namespace, settings: Settings) -> int:
    for status in DataLibrary(settings).statuses():
        state = "prepared" if status.is_prepared else "not prepared"
        print(f"{status.source:8} {state:13} {status.title}: {status.description}")
        if status.counts:
            counts = status.counts
            print(f"         {status.origin}; {counts.train:,} + {counts.test:,} reviews")
        else:
            print(f"         {status.advice}")
    return 0


def _prepare(options: argparse.Namespace, settings: Settings) -> int:
    library = DataLibrary(settings)
    with StopOnSignal() as stop, ProgressLine() as progress_line:
        watch = Watch(progress_line.show, stop.flag.is_set)
        if options.csv:
            dataset = _from_csv(options, library, watch)
        else:
            dataset = library.prepare(
                options.source if options.path else library.resolve(options.source),
                path=options.path,
                on_progress=watch.report,
                is_cancelled=stop.flag.is_set,
            )
    print(
        f"Prepared {dataset.origin}: {len(dataset.train):,} training and "
        f"{len(dataset.test):,} test reviews."
    )
    return 0


def _from_csv(options: argparse.Namespace, library: DataLibrary, watch: Watch) -> Dataset:
    choices = CsvChoices(
        text=options.text,
        label=options.label,
        stars=options.stars,
        delimiter=_delimiter(options.delimiter),
        encoding=options.encoding,
    )
    file: Path = options.csv
    report = check_csv(read_bytes(file), file.name, choices, watch)
    if report.reviews is None:
        raise CsvError(report.faults)
    dataset = library.add_own(
        options.name or file.stem,
        report.reviews,
        file_name=file.name,
        on_progress=watch.report,
        is_cancelled=lambda: watch.is_cancelled,
    )
    for warning in report.warnings:
        print(f"Note: {warning}")
    return dataset


def _delimiter(given: str | None) -> str | None:
    if given is None or len(given) == 1:
        return given
    if given in _NAMED_DELIMITERS:
        return _NAMED_DELIMITERS[given]
    names = ", ".join(_NAMED_DELIMITERS)
    raise CsvError.of(f"The delimiter is {given!r}, but must be one letter, or {names}.")


def _delete(options: argparse.Namespace, settings: Settings) -> int:
    library = DataLibrary(settings)
    known = {
        status.source for status in library.statuses() if status.is_prepared or status.is_damaged
    }
    chosen = options.source if options.source in known else own_source(options.source)
    if chosen not in known:
        raise DataNotPreparedError(
            f"There are no data {options.source!r} to delete; prepared are "
            f"{', '.join(sorted(known)) or 'none'}."
        )
    library.delete(chosen)
    print(f"Deleted {chosen}.")
    return 0
