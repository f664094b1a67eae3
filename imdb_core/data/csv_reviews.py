"""A CSV file of one's own: its columns found, every row checked, its reviews taken out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from imdb_core.data.csv_columns import KNOWN_NAMES, CsvChoices, find_columns, shown
from imdb_core.data.csv_labels import KINDS_IN_WORDS, LabelKind, kind_of, label_of, stars_in
from imdb_core.data.csv_text import (
    MAX_COLUMNS,
    MAX_FAULTS,
    Record,
    check_size,
    decode,
    detect_delimiter,
    preview,
    read_records,
)
from imdb_core.data.plain_text import plain_text
from imdb_core.data.progress import Progress, Watch
from imdb_core.data.vocabulary import tokenize
from imdb_core.errors import CsvError, CsvFault

MAX_ROWS: Final = 100_000
MAX_CHARACTERS: Final = 50_000
LEAST_OF_A_CLASS: Final = 10

_REPORT_EVERY = 5000
_SHORT_TEXT = 100  # only a short one may be without a word


@dataclass(frozen=True, kw_only=True)
class OwnReviews:
    """Reviews in the file's order; stars where there is a column of them."""

    texts: list[str]
    labels: list[int]
    stars: list[int] | None


@dataclass(frozen=True, kw_only=True)
class CsvReport:
    """What a CSV file holds, as far as it could be read.

    Attributes:
        encoding: what it was written in.
        delimiter: what parts its columns.
        header: the columns' names.
        preview: the first rows.
        rows: how many there are below the names.
        columns: which columns are text, label and stars; None where one is missing.
        faults: what keeps it from being used.
        warnings: what is worth knowing.
        reviews: None if there is a fault.
    """

    encoding: str = ""
    delimiter: str = ","
    header: tuple[str, ...] = ()
    preview: list[list[str]]
    rows: int = 0
    columns: dict[str, int | None]
    faults: list[CsvFault]
    warnings: list[CsvFault]
    reviews: OwnReviews | None = None


def check_csv(
    content: bytes, name: str, choices: CsvChoices | None = None, watch: Watch | None = None
) -> CsvReport:
    """Read a CSV file and list all that is wrong with it.

    Raises:
        PreparationCancelledError: cancelled through `watch`.
    """
    choices, watch = choices or CsvChoices(), watch or Watch()
    watch.report(Progress(stage="Reading the file"))
    try:
        check_size(len(content), name)
        decoded = decode(content, choices.encoding)
    except CsvError as error:
        return CsvReport(preview=[], columns={}, faults=error.faults, warnings=[])
    delimiter = choices.delimiter or detect_delimiter(decoded.text, KNOWN_NAMES)
    records, faults = read_records(decoded.text, delimiter, watch, most=MAX_ROWS + 2)
    header = tuple(field.strip() for field in records[0].fields) if records else ()
    if len(header) > MAX_COLUMNS:
        message = (
            f"The first row names {len(header):,} columns; the limit is {MAX_COLUMNS}. "
            "Keep text, label and stars, and leave the others out."
        )
        return CsvReport(preview=[], columns={}, faults=[CsvFault(message=message)], warnings=[])
    columns, column_faults = find_columns(header, delimiter, choices)
    faults = column_faults + faults
    warnings = []
    if decoded.is_guessed:
        warnings.append(
            CsvFault(
                message="The file is not UTF-8 and was read as Windows-1252. If the preview shows "
                "wrong letters, choose its encoding."
            )
        )
    if len(records) - 1 > MAX_ROWS:
        message = f"The file has more than {MAX_ROWS:,} rows, the limit. Leave some out."
        faults.append(CsvFault(message=message))
        records = records[: MAX_ROWS + 1]
    checker = _Checker(len(header), columns, watch)
    if not column_faults:
        checker.check(records[1:])
    faults, warnings = _cut(faults + checker.faults), _cut(warnings + checker.warnings)
    return CsvReport(
        encoding=decoded.encoding,
        delimiter=delimiter,
        header=header,
        preview=preview(records),
        rows=max(len(records) - 1, 0),
        columns=columns,
        faults=faults,
        warnings=warnings,
        reviews=None if faults else checker.reviews,
    )


def _cut(faults: list[CsvFault]) -> list[CsvFault]:
    """In the file's order, what concerns all of it first, and not without end."""
    faults = sorted(faults, key=lambda fault: fault.row or 0)
    if len(faults) <= MAX_FAULTS:
        return faults
    rest = CsvFault(message=f"And {len(faults) - MAX_FAULTS:,} more, which are not listed.")
    return [*faults[:MAX_FAULTS], rest]


class _Checker:
    """Goes through the rows once; what it found stands in its attributes."""

    def __init__(self, width: int, columns: dict[str, int | None], watch: Watch) -> None:
        self._width = width
        self._columns = columns
        self._watch = watch
        self._first: dict[str, tuple[int, int]] = {}
        self.faults: list[CsvFault] = []
        self.warnings: list[CsvFault] = []
        self.reviews = OwnReviews(texts=[], labels=[], stars=None)

    def check(self, records: Sequence[Record]) -> None:
        """Take the reviews out of `records`, which come without the names."""
        text_at, label_at = self._columns["text"], self._columns["label"]
        assert text_at is not None
        assert label_at is not None
        whole = [record for record in records if len(record.fields) == self._width]
        kind = kind_of([record.fields[label_at] for record in whole])
        if kind == "words" and self._columns["stars"] == label_at:
            self._columns["stars"] = None  # a score of 0 or 1 is a label and nothing more
        if self._columns["stars"] is not None:
            self.reviews = OwnReviews(texts=[], labels=[], stars=[])
        for done, record in enumerate(records):
            if done % _REPORT_EVERY == 0:
                stage = "Checking the rows"
                self._watch.report(Progress(stage=stage, done=done, total=len(records)))
            if len(record.fields) != self._width:
                found = len(record.fields)
                counted = f"{found} cell" if found == 1 else f"{found} cells"
                self._fault(record, f"the row has {counted}, not {self._width}")
                continue
            self._check_row(record, record.fields[text_at], record.fields[label_at], kind)
        self._check_classes()

    def _check_row(self, record: Record, text: str, value: str, kind: LabelKind) -> None:
        before = len(self.faults)
        if any("\0" in field for field in record.fields):
            self._fault(record, "holds a NUL byte, which no text has")
        self._check_text(record, text)
        label = label_of(value, kind)
        if not value.strip():
            self._fault(record, "the label is missing")
        elif label is None:
            means = KINDS_IN_WORDS if kind == "words" else f"1 to {kind}"
            self._fault(record, f"the label {shown(value)} is not known; use {means}")
        stars = self._stars(record)
        if label == "neither":
            self._warn(record, f"{value.strip()} of {kind} is neither good nor bad: left out")
        elif label is not None and len(self.faults) == before:
            self._note_repetition(record, text, label)
            self.reviews.texts.append(text)
            self.reviews.labels.append(label)
            if self.reviews.stars is not None and stars is not None:
                self.reviews.stars.append(stars)

    def _check_text(self, record: Record, text: str) -> None:
        if not text.strip():
            self._fault(record, "the text is empty")
        elif len(text) > MAX_CHARACTERS:
            self._fault(
                record,
                f"the text has {len(text):,} characters; the limit is {MAX_CHARACTERS:,}",
            )
        elif len(text) < _SHORT_TEXT and not tokenize(plain_text(text)):
            self._fault(record, f"the text {shown(text)} has no word")

    def _stars(self, record: Record) -> int | None:
        at = self._columns["stars"]
        if at is None or at == self._columns["label"]:
            return None if at is None else stars_in(record.fields[at])
        stars = stars_in(record.fields[at])
        if stars is None:
            value = shown(record.fields[at])
            self._fault(record, f"the stars are {value}, but must be a whole number from 1 to 10")
        return stars

    def _note_repetition(self, record: Record, text: str, label: int) -> None:
        row, first_label = self._first.setdefault(text, (record.row, label))
        if row != record.row:
            other = "" if first_label == label else ", with the other label"
            self._warn(record, f"the same text as in row {row}{other}")

    def _check_classes(self) -> None:
        # Equal texts stay together in training or in the test, so they count as one.
        counts = Counter(label for _, label in self._first.values())
        for label, name in enumerate(("negative", "positive")):
            count = counts[label]
            if count < LEAST_OF_A_CLASS:
                message = (
                    f"{count or 'No'} {name} review{'' if count == 1 else 's'} can be used; "
                    f"at least {LEAST_OF_A_CLASS} with different texts are needed."
                )
                self.faults.append(CsvFault(message=message))

    def _fault(self, record: Record, message: str) -> None:
        self.faults.append(CsvFault(row=record.row, line=record.line, message=message))

    def _warn(self, record: Record, message: str) -> None:
        self.warnings.append(CsvFault(row=record.row, line=record.line, message=message))
