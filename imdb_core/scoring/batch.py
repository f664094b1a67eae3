"""Scoring a file of reviews beside the pages."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imdb_core.data.progress import Progress, Watch
from imdb_core.data.tables import Table, TableChoices, read_table, text_column
from imdb_core.data.tables.table import MAX_COLUMNS
from imdb_core.data.uploads import SCORED_BYTES
from imdb_core.errors import PreparationCancelledError, StudioError, TextError
from imdb_core.jobs import Job, JobQueue
from imdb_core.scoring.scorer import Score, Scorer

_RISKY = ("=", "+", "-", "@", "\t", "\r")
_SCORE_COLUMNS = ("P(positive)", "verdict", "words read", "words", "unknown words", "not scored")


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
        cells = self.table.rows[row].cells
        return cells[self.column] if self.column < len(cells) else ""

    def as_csv(self) -> bytes:
        """All cells as they came, and the scores: UTF-8 as Excel expects it.

        Cells that a spreadsheet would take for a formula begin with an apostrophe. Of a faulty
        row with more cells than a table may have columns the first ones stand here.
        """
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer)
        widest = max([len(self.table.columns), *(len(row.cells) for row in self.table.rows)])
        width = min(widest, MAX_COLUMNS)
        names = [*self.table.columns, *(f"cell {i + 1}" for i in range(width))][:width]
        writer.writerow([*map(_harmless, names), *_SCORE_COLUMNS])
        for row, result in zip(self.table.rows, self.results, strict=True):
            cells = row.cells
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
        choices: TableChoices,
        scorer: Scorer,
    ) -> None:
        self.name = name
        self.rows: int | None = None
        self.result: ScoredTable | None = None
        self.was_cancelled = False
        self._content = content
        self._choices = choices
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
        watch = Watch(
            lambda progress: setattr(job, "progress", progress), lambda: job.is_stop_requested
        )
        try:
            self.result = self._score(watch)
        except PreparationCancelledError:
            self.was_cancelled = True
        finally:
            self._content = b""

    def _score(self, watch: Watch) -> ScoredTable:
        table = read_table(self._content, self.name, self._choices, watch, max_bytes=SCORED_BYTES)
        self._content = b""  # what was read takes more, and the scores take time
        column = text_column(table, self._choices)
        self.rows = len(table.rows)
        texts = ["" if row.fault else row.cells[column] for row in table.rows]
        results = self._scorer.score_many(texts, on_progress=lambda n: self._note(watch, n))
        return ScoredTable(
            name=self.name,
            table=table,
            column=column,
            judge=f"epoch {self._scorer.epoch} of {self._scorer.run.name}",
            results=[
                TextError(f"{row.fault[0].upper()}{row.fault[1:]}.") if row.fault else result
                for row, result in zip(table.rows, results, strict=True)
            ],
        )

    def _note(self, watch: Watch, done: int) -> None:
        watch.report(Progress(stage="Scoring", done=done, total=self.rows))


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
