"""Files as people have them: what can be read is read, and every fault has its sentence."""

import csv
import io
import secrets
import threading

import numpy as np
import pytest

from imdb_core.errors import StudioError, TextError
from imdb_core.jobs import JobQueue
from imdb_core.scoring import Score
from imdb_core.scoring.batch import FileScoring
from imdb_core.scoring.tables import LINES, Table, guess_format, read_head, read_table

REVIEWS = ["Très bon, vraiment.", 'He said "no"; twice.', "Line one\nline two", "Gut – sehr gut"]


def written(delimiter: str, encoding: str) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerow(["id", "review"])
    writer.writerows([number, review] for number, review in enumerate(REVIEWS))
    return buffer.getvalue().encode(encoding)


def read(content: bytes, name: str = "reviews.csv") -> Table:
    return read_table(content, guess_format(name, content))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_is_read_whatever_its_delimiter_and_encoding(delimiter: str, encoding: str) -> None:
    table = read(written(delimiter, encoding))

    assert table.columns == ("id", "review")
    assert [row[1] for row in table.rows] == REVIEWS
    assert table.guess_text_column() == 1
    assert table.format.delimiter == delimiter


@pytest.mark.parametrize(
    ("content", "name", "columns", "rows"),
    [
        ("Good film\n\nBad, bad film\r\nSo, so\n", "a.txt",
         ("review",), [["Good film"], ["Bad, bad film"], ["So, so"]]),
        ("review\nGood film\nBad, very bad, film\nSo so\n", "a.csv",
         ("review",), [["Good film"], ["Bad, very bad, film"], ["So so"]]),
        ('review\n"Good, film"\n"He said ""no"""\n', "a.csv",
         ("review",), [["Good, film"], ['He said "no"']]),
        ("4,Good film\n2,Bad film\n", "a.csv",
         ("column 1", "column 2"), [["4", "Good film"], ["2", "Bad film"]]),
        ("id,text,text\r1,a,b\r2,c,d\r", "a.csv",
         ("id", "text", "text (again)"), [["1", "a", "b"], ["2", "c", "d"]]),
    ],
    ids=["a review a line", "one column", "one quoted column", "no names", "old Mac, twice named"],
)  # fmt: skip
def test_a_file_is_taken_apart_as_a_person_would(
    content: str, name: str, columns: tuple[str, ...], rows: list[list[str]]
) -> None:
    table = read(content.encode(), name)
    assert (table.columns, [list(row) for row in table.rows]) == (columns, rows)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "reviews.csv is empty"),
        (b"\xef\xbb\xbf \n\n", "reviews.csv is empty"),
        (b"id,review\n", "no row below the column names"),
        (b"PK\x03\x04 and so on", "an Excel workbook"),
        (b"%PDF-1.7 and so on", "a PDF"),
        (b"id,review\n1,a\x00b\n", "zero bytes"),
        (b'id,review\n1,good\n2,"never closed\n3,bad\n', "opens in row 3 and is never closed"),
        (b"id,review\n" + b"1,a\n" * 100_001, "more than 100,000 rows"),
        (b"id,review\n1," + b"a" * 1_000_001, "Row 1 cannot be read"),
        (b"id," + b"a" * 1_000_001, "quotation mark never closed"),
        ((b"," * 1_000 + b"\n") * 2, "1,001 cells; the limit is 200 columns"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(
    content: bytes, message: str
) -> None:
    with pytest.raises(StudioError, match=message):
        read(content)


def test_the_head_of_a_large_file_is_read_alone() -> None:
    content = b"id;review\n" + "1;é\n".encode() * 200_000
    format = guess_format("a.csv", content)
    assert format.words == "UTF-8, cells parted by semicolons"
    assert read_head(content, format).rows == [["1", "é"]] * 5
    late = content + "2;déjà\n".encode("cp1252")
    assert read_table(late[:200_000] + b"2;\xe9\n", format).format.encoding == "windows-1252"


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
    format = guess_format("reviews.csv", content)
    return FileScoring(
        queue or JobQueue("test"), id=secrets.token_hex(4), name="reviews.csv", content=content,
        format=format, column=1, scorer=judge,  # type: ignore[arg-type]
    )  # fmt: skip


def test_rows_that_cannot_be_scored_keep_their_place_and_say_why() -> None:
    judge = Judge()
    judge.may_go_on.set()
    scoring = score(b"id,review\n1,good\n2\n3,bad\n4,\n5,good,more,cells\n", judge)
    assert scoring._job.wait(30)

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
    scoring = score(b"id,review\n1,good\n" + b"," * 262_000 + b"\n", judge)
    assert scoring._job.wait(30)

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
    assert scoring._job.wait(30)

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
    assert scoring._job.wait(30)
    assert scoring.was_cancelled
    assert scoring.result is None
    assert scoring.error is None


def test_a_faulty_file_says_so_once_it_is_read() -> None:
    scoring = score(b'id,review\n1,"open\n', Judge())
    assert scoring._job.wait(30)
    assert "never closed" in str(scoring.error)


def test_a_file_that_has_ended_without_a_result_holds_none_of_its_bytes() -> None:
    faulty = score(b'id,review\n1,"open\n', Judge())
    assert faulty._job.wait(30)
    judge = Judge()
    first, waiting = (
        score(b"id,review\n1,good\n", judge, queue) for queue in [JobQueue("one")] * 2
    )
    waiting.cancel()
    judge.may_go_on.set()
    assert waiting._job.wait(30)

    assert waiting.was_cancelled
    assert [scoring._content for scoring in (faulty, first, waiting)] == [b"", b"", b""]


def test_a_text_file_has_a_review_a_line() -> None:
    format = guess_format("a.txt", b"one, two\nthree\n")
    assert (format.delimiter, format.words) == (LINES, "UTF-8, one review a line")
