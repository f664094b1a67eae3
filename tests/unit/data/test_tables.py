import csv
import gzip
import io
import re
from pathlib import Path

import numpy as np
import pytest

from imdb_core.cli import main
from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary, TableChoices, check_table, encode
from imdb_core.data.progress import Watch
from imdb_core.data.tables import Meaning
from imdb_core.data.tables.delimited import MAX_CELL, read_delimited
from imdb_core.data.tables.packing import MAX_BYTES, read_bytes
from imdb_core.data.vocabulary import tokenize
from imdb_core.errors import (
    ConfigError,
    DataNotPreparedError,
    PreparationCancelledError,
    TableError,
)
from imdb_core.runs.store import RunStore
from imdb_core.settings import Settings
from imdb_core.studio import Studio
from tests.unit.data.brought_files import zipped

Meanings = tuple[tuple[str, Meaning], ...]

TEN_EACH = [(f"good film {i}", "pos") for i in range(10)] + [
    (f"bad film {i}", "neg") for i in range(10)
]


def written(rows: list[tuple[str, ...]], header: tuple[str, ...] = ("text", "label")) -> str:
    file = io.StringIO()
    csv.writer(file).writerows([header, *rows])
    return file.getvalue()


GOOD = written(list(TEN_EACH))
LABELS = [label for _, label in TEN_EACH]

REFUSED: dict[str, tuple[bytes | str, str]] = {
    "empty": (b"", "is empty"),
    "only blank lines": ("\n\n\n", "is empty"),
    "only names": ("text,label\n", "has no row of reviews"),
    "one column": ("text\ngood\nbad\n", "Only one column was found"),
    "no text column": (
        written([("a", "pos"), ("b", "neg")], ("id", "label")), "which column holds the text"
    ),
    "no label column": (
        written([(text, str(at)) for at, (text, _) in enumerate(TEN_EACH)], ("text", "place")),
        "which column holds the label",
    ),
    "labels that are texts": (
        written([(f"one {at}", f"another {at}") for at in range(300)]), "too many to be labels"
    ),
    "labels that nobody knows": (
        GOOD.replace("pos", "up").replace("neg", "down"),
        r"'up' \(10\), 'down' \(10\)\. Say which are positive.*--positive V",
    ),
    "very many columns": (
        "text,label" + ",more" * 50_000 + "\n", "has 50,002 cells; the limit is 200"
    ),
    "one class": (GOOD.replace("neg", "pos"), "No negative reviews can be used; at least 10"),
    "too few of a class": (written(list(TEN_EACH[:-3])), "7 negative reviews can be used"),
    "one text again and again": (
        written(TEN_EACH[:10] + [("bad", "neg")] * 30),
        "1 negative review can be used; at least 10 with different texts are needed",
    ),
    "hardly a row of the first one's width": (
        "text,label\n" + "one,two,three\n" * 20 + "four,pos\n" * 15, "20 of 35 rows cannot be taken"
    ),
    "half a UTF-16 letter": (GOOD.encode("utf-16") + b"x", "is not utf-16"),
    "bytes": (bytes(range(256)) * 9, "is no text file"),
    "an Excel workbook": (zipped({"xl/workbook.xml": b"<xml/>"}), "an Excel workbook"),
    "a zip of two tables": (zipped({"a.csv": b"1", "b.csv": b"2"}), "holds 2 files"),
    "an empty zip": (zipped({}), "holds 0 files"),
    "half a zip": (zipped({"a.csv": GOOD.encode()})[:-30], "is a damaged archive"),
    "half a gzip": (gzip.compress(GOOD.encode())[:-9], "is a damaged archive"),
    "a zip that grows": (
        zipped({"a.csv": bytes(MAX_BYTES + 1)}), "a.csv in .* has more than 100 MB, the limit"
    ),
    "a PDF": (b"%PDF-1.7 " + bytes(50), "a PDF file"),
    "half a Parquet file": (b"PAR1" + bytes(50), "cannot be read as Parquet"),
    "broken JSON": ('[{"text": "a", "label": ', "cannot be read as JSON"),
    "JSON of something else": ('[[{"a": 1}]]', "one column"),
    "too many rows": ("text,label\n" + "good,1\n" * 100_001, "more than 100,000 rows"),
    "over the upload limit": (bytes(MAX_BYTES + 1), "the limit is 100 MB"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_without_use_is_refused_with_its_reason_and_leaves_nothing(
    name: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    content, message = REFUSED[name]
    file = tmp_path / "bad.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)

    monkeypatch.setenv("IMDB_STUDIO_HOME", str(settings.home))
    assert main(["data", "prepare", "--csv", str(file)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("imdb_core: ")
    assert re.search(message, said), said
    assert not settings.home.exists()


LEFT_OUT: dict[str, tuple[str, str]] = {
    "too few cells": ("alone\r\n", "Row 22: the row has 1 cell, not 2."),
    "too many cells": ("good, but long,pos\r\n", "Row 22: the row has 3 cells, not 2."),
    "empty text": (",pos\r\n", "Row 22: the text is empty."),
    "blank text": ('" \n ",pos\r\n', "Row 22: the text is empty."),
    "text without a word": ("...!?,pos\r\n", "Row 22: the text has no word: '...!?'."),
    "text too long": (
        "x" * 50_001 + ",pos\r\n",
        "Row 22: the text is longer than 50,000 characters: it has 50,001.",
    ),
    "missing label": ("fine,\r\n", "Row 22: the label is missing."),
    "unknown label": ("fine,maybe\r\n", "Row 22: neither positive nor negative: 'maybe'."),
    "a star among words": ("fine,7\r\n", "Row 22: neither positive nor negative: '7'."),
    "a cell without end": (
        "x" * (MAX_CELL + 1) + ",pos\r\n",
        "Row 22: a cell is longer than 1,000,000 characters, or its quote is never closed.",
    ),
    "quote never closed": (
        '"never, closed,pos\r\n', "Row 22: a quote is opened here and never closed."
    ),
    "NUL byte": ("go\0od,pos\r\n", "Row 22: holds a NUL byte, which no text has."),
}  # fmt: skip


@pytest.mark.parametrize("name", LEFT_OUT)
def test_a_row_without_use_is_left_out_told_and_counted(name: str) -> None:
    row, message = LEFT_OUT[name]

    report = check_table((GOOD + row).encode(), "f.csv")

    assert report.reviews is not None, report.faults
    assert len(report.reviews.texts) == 20
    assert [str(place) for place in report.places] == [message]
    assert report.left_out == 1
    assert "1 row (row 22)" in report.notes[-1]


def test_a_gigabyte_is_refused_without_reading_it(tmp_path: Path) -> None:
    file = tmp_path / "huge.csv"
    with file.open("wb") as hole:
        hole.truncate(1 << 30)

    with pytest.raises(TableError, match=r"huge\.csv has 1,024 MB; the limit is 100 MB"):
        read_bytes(file)


def test_every_row_left_out_is_listed_one_does_not_hide_the_next() -> None:
    rows = '"open, and never closed,pos\r\n,neg\r\nfine,maybe\r\nalone\r\n'

    report = check_table((GOOD + rows).encode(), "f.csv")

    assert [place.row for place in report.places] == [22, 23, 24, 25]


def test_no_more_rows_are_read_than_wanted() -> None:
    text = 'a,b\n\n"c\nd",e\nf,g\n"open'
    reading = read_delimited(text, ",", Watch(), quotes_are_text=False, most=3)

    assert reading.rows == [(1, 1, ["a", "b"], 1, ""), (3, 3, ["c\nd", "e"], 2, ""),
                            (4, 5, ["f", "g"], 1, "")]  # fmt: skip


def test_reading_can_be_cancelled() -> None:
    asked: list[bool] = []
    watch = Watch(is_cancelled=lambda: bool(asked.append(True)) or len(asked) > 3)

    with pytest.raises(PreparationCancelledError):
        check_table(b"a\n" * 100_000, "f.csv", TableChoices(delimiter=","), watch=watch)


@pytest.mark.parametrize("limit", [100, MAX_CELL * 10])
def test_how_long_a_cell_may_be_does_not_depend_on_who_read_before(limit: int) -> None:
    csv.field_size_limit(limit)
    rows = [
        read_delimited(f"{text},1\n", ",", Watch(), quotes_are_text=None, most=9).rows
        for text in ("x" * 101, "x" * (MAX_CELL + 1))
    ]

    assert [bool(row.fault) for (row,) in rows] == [False, True]


@pytest.mark.parametrize("is_text", [True, False])
def test_the_user_says_whether_quotes_are_text(is_text: bool) -> None:
    content = GOOD + '"A film",pos\r\n"Another\r\n'

    report = check_table(content.encode(), "f.csv", TableChoices(quotes_are_text=is_text))

    assert report.reviews is not None
    assert report.reviews.texts[-1] == ('"A film"' if is_text else "A film")


@pytest.mark.parametrize("has_header", [True, False])
def test_the_user_says_whether_the_first_row_names_the_columns(has_header: bool) -> None:
    content = "opinion,pos\n" + GOOD.partition("\n")[2]

    meanings: Meanings = (("pos", "positive"), ("neg", "negative"))
    choices = TableChoices(has_header=has_header, meanings=meanings)
    report = check_table(content.encode(), "f.csv", choices)

    assert report.reviews is not None, report.faults
    assert ("opinion" in report.reviews.texts) is not has_header


def test_values_that_the_user_does_not_name_are_left_out() -> None:
    content = written([(f"film {at}", str(at % 3 - 1)) for at in range(60)])
    choices = TableChoices(meanings=(("0", "negative"), ("1.0", "positive")))

    report = check_table(content.encode(), "f.csv", choices)

    assert report.reviews is not None, report.faults
    assert {value.value: value.meaning for value in report.labels} == {
        "-1": "left out", "0": "negative", "1": "positive",
    }  # fmt: skip
    assert report.left_out == 20


@pytest.mark.parametrize(
    ("meanings", "message"),
    [((("gone", "positive"),), "No row of 'label' is labelled 'gone'; the labels are 'pos'"),
     ((("pos", "positive"), ("POS", "negative")), "'POS' has two meanings")],
)  # fmt: skip
def test_meanings_that_cannot_be_are_refused(meanings: Meanings, message: str) -> None:
    report = check_table(GOOD.encode(), "f.csv", TableChoices(meanings=meanings))

    assert message in str(report.faults[0])


@pytest.mark.parametrize("name", ["score", "stars", "rating"])
def test_a_score_of_0_or_1_is_a_label_and_no_stars(settings: Settings, name: str) -> None:
    rows = [(text, str(int(label == "pos"))) for text, label in TEN_EACH]

    report = check_table(written(list(rows), ("text", name)).encode(), "f.csv")

    assert report.reviews is not None
    assert (report.columns.stars, report.reviews.stars) == (None, None)
    dataset = DataLibrary(settings).add_own("x", report.reviews, file_name="f.csv")
    assert (len(dataset.train), len(dataset.test)) == (16, 4)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "windows-1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_guessed(encoding: str, delimiter: str) -> None:
    file = io.StringIO()
    rows = [(f"Très bon, «déjà»; vu {text}", label) for text, label in TEN_EACH]
    csv.writer(file, delimiter=delimiter).writerows([("TEXT ", "Sentiment"), *rows])

    report = check_table(file.getvalue().encode(encoding), "f.csv")

    assert report.reviews is not None
    assert report.table is not None
    assert report.table.format.delimiter == delimiter
    assert report.reviews.texts == [text for text, _ in rows]
    assert ("Windows-1252" in "".join(report.notes)) is (encoding == "windows-1252")


@pytest.mark.parametrize(
    ("negative", "positive"),
    [("0", "1"), ("-1", "1"), ("neg", "POS"), ("Negative", "positive "), ("False", "TRUE"),
     ("2", "5"), ("1", "4"), ("4", "7"), ("3.0", "10"), ("★☆☆☆☆", "★★★★★")],
)  # fmt: skip
def test_labels_of_every_kind_are_understood(negative: str, positive: str) -> None:
    spelled = {"neg": negative, "pos": positive}
    rows = [(text, spelled[label]) for text, label in TEN_EACH]

    report = check_table(written(list(rows)).encode(), "f.csv")

    assert report.reviews is not None, report.faults
    assert report.reviews.labels == [1] * 10 + [0] * 10


def test_middling_stars_are_left_out_and_repetitions_told() -> None:
    rows = [(text, "9" if label == "pos" else "1") for text, label in TEN_EACH]
    rows += [("so so", "5"), (TEN_EACH[0][0], "2")]

    report = check_table(written(list(rows)).encode(), "f.csv")

    assert report.reviews is not None
    assert len(report.reviews.labels) == 21
    assert [str(place) for place in report.places] == [
        "Row 23: the same text as in row 2, with the other label.",
    ]


def test_columns_can_be_chosen_by_name() -> None:
    content = written([("x", *row) for row in TEN_EACH], ("id", "Body of it", "kind")).encode()

    report = check_table(content, "f.csv", TableChoices(text="body OF it", label="Kind"))

    assert report.reviews is not None
    assert report.reviews.texts[0] == "good film 0"


def test_own_reviews_become_a_source_like_any_other(settings: Settings) -> None:
    rows = [(f'"Quoted"; a <b>good</b>\nfilm, no. {i}', "1", "8") for i in range(30)]
    rows += [(f"Ein schlechter Film, {i}", "0", "2") for i in range(20)]
    report = check_table(written(list(rows), ("text", "label", "stars")).encode(), "f.csv")
    assert report.reviews is not None
    library = DataLibrary(settings)

    dataset = library.add_own("Läden & Söhne ../..", report.reviews, file_name="f.csv")

    assert dataset.source == "own-laden-sohne"
    assert (len(dataset.train), len(dataset.test)) == (40, 10)
    assert dataset.test.labels.tolist() == [1] * 6 + [0] * 4
    texts = [*(dataset.train.texts or ()), *(dataset.test.texts or ())]
    assert sorted(texts) == sorted(text for text, *_ in rows)
    assert dataset.train.stars is not None
    assert ((dataset.train.stars == 8) == (dataset.train.labels == 1)).all()
    assert dataset.vocabulary.words[:3] == ("b", "film", "quoted")
    words = tokenize(dataset.text(dataset.train, 0))
    ids = encode(dataset.train, 10_000, 20)[0]
    assert ids[-len(words) :].tolist() == [dataset.vocabulary.rank(word) + 3 for word in words]
    assert library.status("own-laden-sohne").title == "Läden & Söhne ../.."
    with pytest.raises(TableError, match="is there already"):
        library.add_own("laden SOHNE", report.reviews, file_name="f.csv")
    library.delete("own-laden-sohne")
    shuffled = written(list(rows[::-1]), ("text", "label", "stars")).encode()
    again = check_table(shuffled, "f.csv").reviews
    assert again is not None
    tested = library.add_own("x", again, file_name="f.csv").test
    assert set(tested.texts or ()) == set(dataset.test.texts or ())


def test_a_run_outlives_the_reviews_that_it_learnt_from(settings: Settings) -> None:
    report = check_table(GOOD.encode(), "f.csv")
    assert report.reviews is not None
    studio = Studio(settings)
    studio.library.add_own("mine", report.reviews, file_name="f.csv")

    run_id = studio.start(TrainConfig(source="own-mine", max_epochs=2)).id
    job = studio.job(run_id)
    assert job is None or job.wait(120)
    studio.library.delete("own-mine")

    run = RunStore(settings.runs_folder).get(run_id)
    assert (run.state, len(run.epochs)) == ("finished", 2), run.ending
    assert np.isfinite(run.epochs[0].val_loss)
    assert run.dataset is not None
    assert run.dataset.source == "own-mine"
    with pytest.raises(DataNotPreparedError, match="own-mine are not here"):
        studio.library.prepare("own-mine")


@pytest.mark.parametrize("source", ["own-", "own-../x", "own-A", "own-a\n", "other", "own-a--b"])
def test_a_source_has_a_safe_name(source: str) -> None:
    with pytest.raises(ConfigError, match="must be one of imdb, aclimdb, sample, or own-NAME"):
        TrainConfig.parse({"source": source})
