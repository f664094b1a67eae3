"""The commands that look after the reviews: `python -m imdb_core data …`."""

from __future__ import annotations

import argparse
from pathlib import Path

from imdb_core.cli_command import AddCommand
from imdb_core.cli_runs import print_json
from imdb_core.config import BUILT_IN_SOURCES
from imdb_core.data import DataLibrary, Dataset, TableChoices, TableReport, check_table
from imdb_core.data.own_reviews import SPLIT_RULE, own_source
from imdb_core.data.progress import Watch
from imdb_core.data.tables import MEANINGS
from imdb_core.data.tables.decoding import ENCODINGS
from imdb_core.data.tables.packing import MAX_BYTES, read_bytes, stem
from imdb_core.data.tables.table import DELIMITERS
from imdb_core.errors import DataNotPreparedError, TableError, TableFault
from imdb_core.settings import Settings
from imdb_core.terminal import ProgressLine, StopOnSignal

_MEANING_HELP = {
    "positive": "labels that are positive",
    "negative": "labels that are negative",
    "left out": "labels whose reviews are left out, as are all others where you say which are "
    "positive or negative",
}
_NAMED_DELIMITERS = {name: delimiter for delimiter, name in DELIMITERS.items()}


def add_commands(add: AddCommand) -> None:
    """Add them to the parser of `data`."""
    add("status", _status, "which sources there are")
    prepare = add("prepare", _prepare, "make a source ready, or one of your own reviews")
    prepare.add_argument("--source", choices=BUILT_IN_SOURCES, default="imdb")
    prepare.add_argument(
        "--path", type=Path, metavar="P", help="an aclImdb folder or its archive (source aclimdb)"
    )
    prepare.add_argument(
        "--json", action="store_true", help="print one JSON object, with all that was guessed"
    )
    _add_file_options(prepare)
    delete = add("delete", _delete, "remove a prepared source; runs trained on it stay")
    delete.add_argument("source", metavar="SOURCE", help="as data status names it")


def _add_file_options(prepare: argparse.ArgumentParser) -> None:
    own = prepare.add_argument_group(
        "your own reviews",
        "A table of texts and labels: CSV, TSV, JSON, JSON lines or Parquet, also as .zip or .gz, "
        f"up to {MAX_BYTES >> 20} MB. What is not said is guessed, and told. {SPLIT_RULE}",
    )
    own.add_argument("--file", "--csv", type=Path, metavar="F", help="the file")
    own.add_argument(
        "--check", action="store_true", help="say how the file is understood, and add nothing"
    )
    own.add_argument("--name", help="what to call them; the file's name if left out")
    for column in ("text", "label", "stars"):
        own.add_argument(f"--{column}", metavar="C", help=f"the column with the {column}")
    for meaning in MEANINGS:
        own.add_argument(
            f"--{_option(meaning)}", dest=_option(meaning), nargs="+", action="extend",
            default=[], metavar="V", help=_MEANING_HELP[meaning],
        )  # fmt: skip
    own.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether the first row names the columns; without names, C is a column's number",
    )
    own.add_argument(
        "--quotes-are-text",
        action=argparse.BooleanOptionalAction,
        help="whether quotation marks are part of the texts, not signs around cells",
    )
    own.add_argument(
        "--delimiter",
        metavar="D",
        help="what parts the columns: " + ", ".join(f"{name}" for name in _NAMED_DELIMITERS),
    )
    own.add_argument("--encoding", metavar="E", help="such as " + ", ".join(ENCODINGS))


def _option(meaning: str) -> str:
    return "leave-out" if meaning == "left out" else meaning


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
    if options.check:
        return _check(options)
    library = DataLibrary(settings)
    report = TableReport()
    with StopOnSignal() as stop, ProgressLine() as progress_line:
        watch = Watch(progress_line.show, stop.flag.is_set)
        if options.file:
            report = _read(options, watch)
            dataset = _add(options, report, library, watch)
        else:
            dataset = library.prepare(
                options.source if options.path else library.resolve(options.source),
                path=options.path,
                on_progress=watch.report,
                is_cancelled=stop.flag.is_set,
            )
    if options.json:
        print_json(_facts(dataset, report))
        return 0
    _print_notes(report)
    print(
        f"Prepared {dataset.origin}: {len(dataset.train):,} training and "
        f"{len(dataset.test):,} test reviews."
    )
    return 0


def _check(options: argparse.Namespace) -> int:
    if not options.file:
        raise TableError.of("--check says how a file is understood: name one with --file.")
    with StopOnSignal() as stop, ProgressLine() as progress_line:
        report = _read(options, Watch(progress_line.show, stop.flag.is_set))
    assert report.reviews is not None
    positive = sum(report.reviews.labels)
    negative = len(report.reviews.labels) - positive
    if options.json:
        nothing_yet = dict.fromkeys(("source", "train", "test"))
        print_json(nothing_yet | _understood(report, positive, negative))
        return 0
    _print_notes(report)
    print(f"{positive + negative:,} reviews can be used: {positive:,} positive, "
          f"{negative:,} negative. Nothing was added.")  # fmt: skip
    return 0


def _print_notes(report: TableReport) -> None:
    for note in report.notes:
        print(f"Note: {note}")


def _facts(dataset: Dataset, report: TableReport) -> dict[str, object]:
    """What was made, and how the file was understood."""
    reviews = len(dataset.train) + len(dataset.test)
    positive = int(dataset.train.labels.sum()) + int(dataset.test.labels.sum())
    return {
        "source": dataset.source,
        "train": len(dataset.train),
        "test": len(dataset.test),
    } | _understood(report, positive, reviews - positive)


def _understood(report: TableReport, positive: int, negative: int) -> dict[str, object]:
    return {
        "positive": positive,
        "negative": negative,
        "left_out": report.left_out,
        "notes": report.notes,
    }


def _read(options: argparse.Namespace, watch: Watch) -> TableReport:
    """The file as the options have it understood.

    Raises:
        TableError: it cannot be used; each fault says which option helps.
    """
    choices = TableChoices(
        text=options.text,
        label=options.label,
        stars=options.stars,
        meanings=tuple(
            (value, meaning) for meaning in MEANINGS for value in getattr(options, _option(meaning))
        ),
        delimiter=_delimiter(options.delimiter),
        encoding=options.encoding,
        has_header=options.header,
        quotes_are_text=options.quotes_are_text,
    )
    report = check_table(read_bytes(options.file), options.file.name, choices, watch)
    if report.reviews is None:
        raise TableError([_with_options(fault) for fault in report.faults])
    return report


def _with_options(fault: TableFault) -> TableFault:
    if not fault.options:
        return fault
    return TableFault(message=f"{fault.message} Options: {fault.options}")


def _add(
    options: argparse.Namespace, report: TableReport, library: DataLibrary, watch: Watch
) -> Dataset:
    assert report.reviews is not None
    return library.add_own(
        options.name or stem(options.file.name),
        report.reviews,
        file_name=options.file.name,
        on_progress=watch.report,
        is_cancelled=lambda: watch.is_cancelled,
    )


def _delimiter(given: str | None) -> str | None:
    if given is None or len(given) == 1:
        return given
    if given in _NAMED_DELIMITERS:
        return _NAMED_DELIMITERS[given]
    names = ", ".join(_NAMED_DELIMITERS)
    raise TableError.of(f"The delimiter is {given!r}, but must be one letter, or {names}.")


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
