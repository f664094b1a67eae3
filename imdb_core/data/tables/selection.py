"""The rows of a table that become reviews, and why the others do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from imdb_core.data.plain_text import plain_text
from imdb_core.data.progress import Progress, Watch
from imdb_core.data.tables.columns import Columns
from imdb_core.data.tables.label_values import (
    MEANING_OPTIONS,
    LabelValue,
    chosen_meanings,
    merged,
    told,
    unexplained,
)
from imdb_core.data.tables.labels import LabelGuess, Meaning, label_key, stars_in
from imdb_core.data.tables.report import OwnReviews, TableChoices
from imdb_core.data.tables.table import Row, Table, counted, listed, shown
from imdb_core.data.vocabulary import tokenize
from imdb_core.errors import TableError, TableFault

MAX_CHARACTERS: Final = 50_000
LEAST_OF_A_CLASS: Final = 10

_REPORT_EVERY = 5000
_SHORT_TEXT = 100  # only a short one may be without a word
_MOST_VALUES = 500


class Selection:
    """Which rows of a table become reviews; `select` says.

    Attributes:
        columns: which are text, label and stars; stars that do not fit are left aside.
        labels: the label column's values, as `merged` orders them.
        notes: what was guessed or left out, a sentence each.
        places: the rows that were left out or are worth a look.
        faults: what keeps the reviews from being used.
        reviews: those that were taken.
    """

    def __init__(self, table: Table, columns: Columns, choices: TableChoices, watch: Watch) -> None:
        self._table = table
        self._choices = choices
        self._watch = watch
        self._left_out: dict[str, list[Row]] = {}  # by the reason
        self._repeated: list[Row] = []
        self._first: dict[str, tuple[int, int]] = {}
        self._stars: list[int] | None = []
        self.columns = columns
        self.labels: list[LabelValue] = []
        self.notes: list[str] = []
        self.places: list[TableFault] = []
        self.faults: list[TableFault] = []
        self.reviews = OwnReviews(texts=[], labels=[], stars=None)

    def select(self) -> None:
        """Take the reviews out of the table, and say what was taken for what."""
        text_at, label_at = self.columns.text, self.columns.label
        assert text_at is not None
        assert label_at is not None
        self._note_columns(text_at, label_at)
        meanings = self._meanings(label_at)
        if self.faults:
            return
        for done, row in enumerate(self._table.rows):
            if done % _REPORT_EVERY == 0:
                stage = "Checking the rows"
                self._watch.report(Progress(stage=stage, done=done, total=len(self._table.rows)))
            if row.fault:
                self._leave_out(row, row.fault)
            else:
                self._take(row, row.cells[text_at], row.cells[label_at], meanings)
        self._note_rows()
        self._keep_stars()
        self._check_shape()
        self._check_classes()

    def _note_columns(self, text_at: int, label_at: int) -> None:
        names, stars_at = self._table.columns, self.columns.stars
        stars = "" if stars_at is None else f", the stars in {names[stars_at]!r}"
        self.notes.append(
            f"The text is in column {names[text_at]!r}, the label in {names[label_at]!r}{stars}."
        )

    def _meanings(self, label_at: int) -> dict[str, Meaning]:
        """What each key of a label is taken for; notes and faults say why."""
        values = [value.strip() for value in self._table.values(label_at)]
        counts = Counter(value for value in values if value)
        guess = self.columns.guess
        try:
            chosen = chosen_meanings(self._choices.meanings, counts, self._table.columns[label_at])
        except TableError as error:
            chosen = {}
            self.faults += error.faults
        is_said = {"positive", "negative"} & {*chosen.values()}
        meanings = {**({} if is_said or guess is None else guess.meanings), **chosen}
        is_understood = bool(is_said) or guess is not None
        self.labels = [
            LabelValue(
                value=value, count=count,
                meaning=meanings.get(label_key(value), "left out" if is_understood else None),
            )
            for value, count in merged(counts)[:_MOST_VALUES]
        ]  # fmt: skip
        if is_understood:
            self._note_labels(label_at, None if is_said else guess)
        elif not self.faults:
            self.faults.append(unexplained(self._table.columns[label_at], self.labels))
        return meanings

    def _note_labels(self, label_at: int, guess: LabelGuess | None) -> None:
        parts = []
        for meaning in ("positive", "negative", "left out"):
            of_it = [label for label in self.labels if label.meaning == meaning]
            if of_it:
                parts.append(f"{meaning}: {told(of_it)}")
        advice = f" {guess.advice}" if guess is not None and guess.advice else ""
        self.notes.append(
            f"Labels in {self._table.columns[label_at]!r}: {'; '.join(parts)}.{advice}"
        )

    def _take(self, row: Row, text: str, value: str, meanings: Mapping[str, Meaning]) -> None:
        """Keep a review, or say why not."""
        value = value.strip()
        if not text.strip():
            return self._leave_out(row, "the text is empty")
        if len(text) > MAX_CHARACTERS:
            limit = f"the text is longer than {MAX_CHARACTERS:,} characters"
            return self._leave_out(row, limit, f": it has {len(text):,}")
        if len(text) < _SHORT_TEXT and not tokenize(plain_text(text)):
            return self._leave_out(row, "the text has no word", f": {shown(text)}")
        if not value:
            return self._leave_out(row, "the label is missing")
        meaning = meanings.get(label_key(value), "left out")
        if meaning == "left out":
            reason = "neither positive nor negative"
            is_known = label_key(value) in meanings  # and counted beside its label
            return self._leave_out(row, reason, f": {shown(value)}", is_listed=not is_known)
        self._note_repetition(row, plain_text(text), int(meaning == "positive"))
        self.reviews.texts.append(text)
        self.reviews.labels.append(int(meaning == "positive"))
        self._take_stars(row)

    def _leave_out(
        self, row: Row, reason: str, detail: str = "", *, is_listed: bool = True
    ) -> None:
        self._left_out.setdefault(reason, []).append(row)
        if is_listed:
            place = TableFault(row=row.number, line=row.line, message=reason + detail)
            self.places.append(place)

    def _take_stars(self, row: Row) -> None:
        at = self.columns.stars
        stars = None if at is None else stars_in(row.cells[at])
        if stars is None and at is not None and self._stars is not None:
            if at != self.columns.label:
                self.notes.append(
                    f"Column {self._table.columns[at]!r} is left aside: stars are whole numbers "
                    f"from 1 to 10, but row {row.number:,} has {shown(row.cells[at])}."
                )
            self._stars = None
        elif stars is not None and self._stars is not None:
            self._stars.append(stars)

    def _keep_stars(self) -> None:
        at = self.columns.stars
        if at is None or not self._stars:
            self.columns = Columns(
                text=self.columns.text, label=self.columns.label, guess=self.columns.guess
            )
        else:
            self.reviews = OwnReviews(
                texts=self.reviews.texts, labels=self.reviews.labels, stars=self._stars
            )

    def _note_repetition(self, row: Row, text: str, label: int) -> None:
        number, first_label = self._first.setdefault(text, (row.number, label))
        if number == row.number:
            return
        self._repeated.append(row)
        other = "" if first_label == label else ", with the other label"
        message = f"the same text as in row {number}{other}"
        self.places.append(TableFault(row=row.number, line=row.line, message=message))

    def _note_rows(self) -> None:
        for reason, rows in self._left_out.items():
            self.notes.append(f"Left out, {reason}: {counted(len(rows), 'row')} ({listed(rows)}).")
        if self._repeated:
            self.notes.append(
                f"{counted(len(self._repeated), 'row')} with the same text as an earlier one: "
                f"{listed(self._repeated)}. They stay in; equal texts are never parted between "
                "training and test."
            )

    def _check_shape(self) -> None:
        faulty = sum(bool(row.fault) for row in self._table.rows)
        if faulty > len(self._table.rows) / 2:
            self.faults.append(TableFault(
                message=f"{faulty:,} of {counted(len(self._table.rows), 'row')} cannot be taken "
                f"apart, most of all since {max(self._left_out, key=self._rows_of)}. Choose what "
                "parts the cells, or how quotation marks are read.",
                options="--delimiter D or --quotes-are-text",
            ))  # fmt: skip

    def _rows_of(self, reason: str) -> int:
        return len(self._left_out[reason])

    def _check_classes(self) -> None:
        # Equal texts stay together in training or in the test, so they count as one.
        counts = Counter(label for _, label in self._first.values())
        for label, name in enumerate(("negative", "positive")):
            count = counts[label]
            if count < LEAST_OF_A_CLASS:
                self.faults.append(TableFault(
                    message=f"{count or 'No'} {name} {'review' if count == 1 else 'reviews'} can "
                    f"be used; at least {LEAST_OF_A_CLASS} with different texts are needed.",
                    options=MEANING_OPTIONS,
                ))  # fmt: skip
