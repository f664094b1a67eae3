"""Scoring a file of reviews beside the pages."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imdb_core.data import Progress
from imdb_core.data.csv_text import MAX_COLUMNS
from imdb_core.errors import StudioError, TextError
from imdb_core.jobs import Job, JobQueue
from imdb_core.scoring.scorer import Score, Scorer
from imdb_core.scoring.tables import FileFormat, Table, read_table

_RISKY = ("=", "+", "-", "@", "\t", "\r")
_SCORE_COLUMNS = ("P(positive)", "verdict", "words read", "words", "unknown words", "not scored")


class _CancelledError(Exception):
    """The visitor does not want it any more."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoredTable:
    """A file's rows with their scores.

    Attributes:
        name: of the file.
        table: its rows.
        column: which column holds the reviews.
        judge: whose verdict it is, in words.
        results: for each row a score, or why there is none.
    """

    name: str
    table: Table
    column: int
    judge: str
    results: Sequence[Score | TextError]

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """P(positive) of each row, NaN where it could not be scored."""
        return np.array(
            [result.probability if isinstance(result, Score) else np.nan for result in self.results]
        )

    def text(self, row: int) -> str:
        """The review of a row; empty where the row is too short to have one."""
        cells = self.table.rows[row]
        return cells[self.column] if self.column < len(cells) else ""

    def as_csv(self) -> bytes:
        """All cells as they came, and the scores: UTF-8 as Excel expects it.

        Cells that a spreadsheet would take for a formula begin with an apostrophe. Of a faulty
        row with more cells than a table may have columns the first ones stand here.
        """
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer)
        widest = max([len(self.table.columns), *map(len, self.table.rows)])
        width = min(widest, MAX_COLUMNS)
        names = [*self.table.columns, *(f"cell {i + 1}" for i in range(width))][:width]
        writer.writerow([*map(_harmless, names), *_SCORE_COLUMNS])
        for cells, result in zip(self.table.rows, self.results, strict=True):
            padding = [""] * (width - len(cells))
            writer.writerow([*map(_harmless, cells[:width]), *padding, *_score_cells(result)])
        return ("\ufeff" + buffer.getvalue()).encode("utf-8", "replace")


class FileScoring:
    """One file on its way through a network.

    Attributes:
        name: of the file.
        rows: how many there are, once that is known.
        job: the work; its `progress` tells how far it has come.
        result: all scores, once they are there.
        was_cancelled: the visitor ended it.
    """

    def __init__(
        self,
        queue: JobQueue,
        *,
        id: str,
        name: str,
        content: bytes,
        format: FileFormat,
        column: int,
        scorer: Scorer,
    ) -> None:
        self.name = name
        self.rows: int | None = None
        self.result: ScoredTable | None = None
        self.was_cancelled = False
        self._content = content
        self._format = format
        self._column = column
        self._scorer = scorer
        self._queue = queue
        self.job = queue.submit(id, self._work)

    @property
    def is_done(self) -> bool:
        """Whether it has ended, however it did."""
        return self.job.is_done

    @property
    def place(self) -> int:
        """How many other files come first."""
        return self._queue.place(self.job.id) or 0

    @property
    def error(self) -> StudioError | None:
        """Why it failed, if it did."""
        error = self.job.error
        if error is None or isinstance(error, StudioError):
            return error
        return StudioError("The file could not be scored; the program's log says why.")

    def cancel(self) -> None:
        """End it soon; nothing of it is kept."""
        self.job.stop()

    def _work(self, job: Job) -> None:
        try:
            table = None if job.is_stop_requested else read_table(self._content, self._format)
        finally:
            self._content = b""
        if table is None:
            self.was_cancelled = True
            return
        self.rows = len(table.rows)
        faults = [table.fault(row) for row in range(len(table.rows))]
        texts = [
            "" if fault is not None else cells[self._column]
            for cells, fault in zip(table.rows, faults, strict=True)
        ]
        try:
            results = self._scorer.score_many(texts, on_progress=lambda n: self._note(job, n))
        except _CancelledError:
            self.was_cancelled = True
            return
        self.result = ScoredTable(
            name=self.name,
            table=table,
            column=self._column,
            judge=f"epoch {self._scorer.epoch} of {self._scorer.run.name}",
            results=[
                result if fault is None else TextError(fault)
                for result, fault in zip(results, faults, strict=True)
            ],
        )

    def _note(self, job: Job, done: int) -> None:
        job.progress = Progress(stage="Scoring", done=done, total=self.rows, unit="reviews")
        if job.is_stop_requested:
            raise _CancelledError


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_RISKY) else cell


def _score_cells(result: Score | TextError) -> list[object]:
    if isinstance(result, TextError):
        return ["", "", "", "", "", str(result)]
    verdict = "positive" if result.is_positive else "negative"
    return [
        f"{result.probability:.6f}",
        verdict,
        result.words_read,
        result.words,
        result.words_unknown,
        "",
    ]
