"""Files as people have them: what can be read is read, as a person would."""

import csv
import io
import random
from contextlib import suppress

import pytest

from imdb_core.data.tables import Table, read_table
from imdb_core.data.tables.columns import find_text
from imdb_core.errors import TableError
from tests.unit.data.brought_files import FILES

REVIEWS = ["Très bon, vraiment.", 'He said "no"; twice.', "Line one\nline two", "Gut – sehr gut"]


def written(delimiter: str, encoding: str) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerow(["id", "review"])
    writer.writerows([number, review] for number, review in enumerate(REVIEWS))
    return buffer.getvalue().encode(encoding)


def read(content: bytes, name: str = "reviews.csv") -> Table:
    return read_table(content, name)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_is_read_whatever_its_delimiter_and_encoding(delimiter: str, encoding: str) -> None:
    table = read(written(delimiter, encoding))

    assert table.columns == ("id", "review")
    assert [row.cells[1] for row in table.rows] == REVIEWS
    assert find_text(table) == 1
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
        ("text\tstars\n1\ta b\t5\n2\tc d\t4\n", "a.tsv",
         ("column 1", "text", "stars"), [["1", "a b", "5"], ["2", "c d", "4"]]),
        ("text;label;\nGood;1;\nBad;0\n", "a.csv",
         ("text", "label", "column 3"), [["Good", "1", ""], ["Bad", "0"]]),
        ('[{"text": "a", "n": null}, {"text": "b", "n": {"x": 1}}]', "a.json",
         ("text", "n"), [["a", ""], ["b", '{"x": 1}']]),
        ('{"rows": [{"row_idx": 0, "row": {"text": "a"}}, {"row_idx": 1, "row": {"text": "b"}}]}',
         "a.json", ("text",), [["a"], ["b"]]),
        ('{"text": ["a", "b"], "label": [1, 0.5]}', "a.json",
         ("text", "label"), [["a", "1"], ["b", "0.5"]]),
    ],
    ids=["a review a line", "one column", "one quoted column", "no names", "old Mac, twice named",
         "R's row numbers", "a name too many", "JSON with odd values", "Hugging Face's server",
         "JSON by columns"],
)  # fmt: skip
def test_a_file_is_taken_apart_as_a_person_would(
    content: str, name: str, columns: tuple[str, ...], rows: list[list[str]]
) -> None:
    table = read(content.encode(), name)
    assert (table.columns, [list(row.cells) for row in table.rows]) == (columns, rows)


def test_rows_that_run_into_one_another_are_told_with_their_lines() -> None:
    content = 'id,review\n1,"one, two\nthree"\n2,"open, said\n3,so\n4,""bad"\n'

    table = read(content.encode())

    assert [row.lines for row in table.rows] == [2, 3]
    assert "the longest is 'review' of row 3, over 3 lines" in "".join(table.notes)


@pytest.mark.parametrize(
    ("names", "text"),
    [("review_id,review_body", 1), ("sentence_id,sentence", 1), ("text_id,words", 1),
     ("comment_count,opinion_of_it", 1), ("reviewer,what", 1), ("context,reviewText", 1),
     ("Review Text,context", 0), ("review,other", 1)],
)  # fmt: skip
def test_the_text_is_found_by_its_whole_name_or_its_content(names: str, text: int) -> None:
    cells = ("12", "A longer text of many words.")
    rows = "".join(",".join(cells if text else cells[::-1]) + "\n" for _ in range(3))

    assert find_text(read(f"{names}\n{rows}A,B\n".encode())) == text


def test_the_end_of_a_large_file_decides_on_its_encoding() -> None:
    content = b"id;review\n" + b"1;a\n" * 50_000 + b"2;\xe9\n"

    assert read(content).format.encoding == "windows-1252"


@pytest.mark.parametrize(
    "name",
    ["a Mac's zip", "a gzip that is called .csv", "Hugging Face's Parquet with class names",
     "a JSON array", "UTF-16, as Excel's Unicode text"],
)  # fmt: skip
def test_a_damaged_file_is_read_or_refused_and_nothing_else(name: str) -> None:
    whole, chance = FILES[name], random.Random(0)
    for _ in range(60):
        content = bytearray(whole.content)
        if chance.random() < 0.5:
            start = chance.randrange(len(content))
            del content[start : start + chance.randrange(1, 200)]
        else:
            content[chance.randrange(len(content))] = chance.randrange(256)
        with suppress(TableError):
            assert read_table(bytes(content), whole.name).rows
