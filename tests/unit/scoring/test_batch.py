"""Files on their way through a network: every row keeps its place, and nothing is left behind."""

import csv
import io
import secrets
import threading

import numpy as np

from imdb_core.data import TableChoices
from imdb_core.errors import TextError
from imdb_core.jobs import JobQueue
from imdb_core.scoring import Score
from imdb_core.scoring.batch import FileScoring


class Judge:
    """Stands in for a network: the first letter decides."""

    epoch = 1

    class run:
        name = "a run"

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.has_begun = threading.Event()

    def score_many(self, texts: list[str], *, on_progress: object) -> list[Score | TextError]:
        self.has_begun.set()
        assert self.may_go_on.wait(30)
        assert callable(on_progress)
        on_progress(len(texts))
        return [
            Score(probability=0.25 if text[0] == "b" else 0.75, words=1, words_read=1,
                  words_unknown=0) if text else TextError("There is no word in it.")
            for text in texts
        ]  # fmt: skip


def score(content: bytes, judge: Judge, queue: JobQueue | None = None) -> FileScoring:
    return FileScoring(
        queue or JobQueue("test"), id=secrets.token_hex(4), name="reviews.csv", content=content,
        choices=TableChoices(text="review"), scorer=judge,  # type: ignore[arg-type]
    )  # fmt: skip


def test_rows_that_cannot_be_scored_keep_their_place_and_say_why() -> None:
    judge = Judge()
    judge.may_go_on.set()
    scoring = score(b"id,review\n1,good\n2\n3,bad\n4,\n5,good,more,cells\n", judge)
    assert scoring.job.wait(30)

    result = scoring.result
    assert result is not None
    assert np.isnan(result.probabilities).tolist() == [False, True, False, True, True]
    rows = list(csv.DictReader(io.StringIO(result.as_csv().decode("utf-8-sig"))))
    assert [row["verdict"] for row in rows] == ["positive", "", "negative", "", ""]
    assert "1 cell, not 2" in rows[1]["not scored"]
    assert "no word" in rows[3]["not scored"]
    assert "4 cells, not 2" in rows[4]["not scored"]


def test_one_row_of_very_many_cells_does_not_widen_the_download() -> None:
    judge = Judge()
    judge.may_go_on.set()
    scoring = score(b"id,review\n1,good\n" + b"x," * 262_000 + b"\n", judge)
    assert scoring.job.wait(30)

    assert scoring.result is not None
    rows = list(csv.reader(io.StringIO(scoring.result.as_csv().decode("utf-8-sig"))))
    assert {len(row) for row in rows} == {200 + 6}
    assert "262,001 cells, not 2" in rows[2][-1]


def test_no_cell_of_the_download_begins_as_a_formula_does() -> None:
    judge = Judge()
    judge.may_go_on.set()
    formulas = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0"]
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([["id", "review"], *([formula, formula] for formula in formulas)])
    scoring = score(buffer.getvalue().encode(), judge)
    assert scoring.job.wait(30)

    assert scoring.result is not None
    rows = list(csv.reader(io.StringIO(scoring.result.as_csv().decode("utf-8-sig"))))
    assert [row[1] for row in rows[1:]] == [f"'{formula}" for formula in formulas]
    assert not any(cell.startswith(tuple("=+-@\t\r")) for row in rows for cell in row)


def test_a_cancelled_file_ends_without_a_result() -> None:
    judge = Judge()
    scoring = score(b"id,review\n1,good\n2,bad\n", judge)
    assert judge.has_begun.wait(30)
    scoring.cancel()
    judge.may_go_on.set()
    assert scoring.job.wait(30)
    assert scoring.was_cancelled
    assert scoring.result is None
    assert scoring.error is None


def test_a_row_whose_quote_is_never_closed_keeps_its_place_and_says_why() -> None:
    judge = Judge()
    judge.may_go_on.set()
    scoring = score(b'id,review\n1,"good"\n2,"open, without end\n3,bad\n', judge)
    assert scoring.job.wait(30)

    assert scoring.result is not None
    assert np.isnan(scoring.result.probabilities).tolist() == [False, True, False]
    assert "never closed" in str(scoring.result.results[1])


def test_a_file_that_cannot_be_read_says_so() -> None:
    scoring = score(b"id,review\n", Judge())
    assert scoring.job.wait(30)
    assert "has no row of reviews" in str(scoring.error)


def test_a_file_that_has_ended_without_a_result_holds_none_of_its_bytes() -> None:
    faulty = score(b"id,review\n", Judge())
    assert faulty.job.wait(30)
    judge = Judge()
    first, waiting = (
        score(b"id,review\n1,good\n", judge, queue) for queue in [JobQueue("one")] * 2
    )
    waiting.cancel()
    judge.may_go_on.set()
    assert waiting.job.wait(30)

    assert waiting.was_cancelled
    assert [scoring._content for scoring in (faulty, first, waiting)] == [b"", b"", b""]
