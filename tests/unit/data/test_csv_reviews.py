import csv
import io
from pathlib import Path

import numpy as np
import pytest

from imdb_core.cli import main
from imdb_core.config import TrainConfig
from imdb_core.data import CsvChoices, DataLibrary, check_csv, encode
from imdb_core.data.csv_text import MAX_BYTES, MAX_CELL, read_bytes, read_records
from imdb_core.data.progress import Watch
from imdb_core.data.vocabulary import tokenize
from imdb_core.errors import (
    ConfigError,
    CsvError,
    DataNotPreparedError,
    PreparationCancelledError,
)
from imdb_core.runs.store import RunStore
from imdb_core.settings import Settings
from imdb_core.studio import Studio

TEN_EACH = [(f"good film {i}", "pos") for i in range(10)] + [
    (f"bad film {i}", "neg") for i in range(10)
]


def written(rows: list[tuple[str, ...]], header: tuple[str, ...] = ("text", "label")) -> str:
    file = io.StringIO()
    csv.writer(file).writerows([header, *rows])
    return file.getvalue()


GOOD = written(list(TEN_EACH))
LABELS = [label for _, label in TEN_EACH]

BAD_FILES: dict[str, tuple[bytes | str, str]] = {
    "empty": (b"", "is empty"),
    "only blank lines": ("\n\n\n", "Only one column was found"),
    "only names": ("text,label\n", "No negative reviews can be used"),
    "one column": ("text\ngood\nbad\n", "Only one column was found"),
    "no text column": (GOOD.replace("text", "words"), "No column is called text"),
    "no label column": (GOOD.replace("label", "kind"), "No column is called label"),
    "no names": (written(TEN_EACH[1:], TEN_EACH[0]), "the first row names 'good film 0', 'pos'"),
    "very many columns": (
        "text,label" + ",more" * 50_000 + "\n", "names 50,002 columns; the limit is 200"
    ),
    "two text columns": (written([("a", "b", "pos")], ("text", "Text", "label")), "2 columns are"),
    "too few columns": (GOOD + "alone\r\n", r"Row 22: the row has 1 cell, not 2"),
    "too many columns": (GOOD + "good, but long,pos\r\n", "Row 22: the row has 3 cells, not 2"),
    "empty text": (GOOD + ",pos\r\n", "Row 22: the text is empty"),
    "blank text": (GOOD + '" \n ",pos\r\n', "Row 22: the text is empty"),
    "text without a word": (GOOD + "...!?,pos\r\n", "Row 22: the text '...!\\?' has no word"),
    "text too long": (GOOD + "x" * 50_001 + ",pos\r\n", "50,001 characters; the limit is 50,000"),
    "missing label": (GOOD + "fine,\r\n", "Row 22: the label is missing"),
    "unknown label": (GOOD + "fine,maybe\r\n", "Row 22: the label 'maybe' is not known; use 0/1"),
    "a star among words": (GOOD + "fine,7\r\n", "Row 22: the label '7' is not known"),
    "a word among stars": (
        written([*((f"{a} {i}", s) for i in range(10) for a, s in (("g", "9"), ("b", "2"))),
                 ("fine", "super")]),
        "Row 22: the label 'super' is not known; use 1 to 10 stars",
    ),
    "stars out of range": (
        written([(*row, "5") for row in TEN_EACH] + [("x", "pos", "11")],
                ("text", "label", "stars")),
        "Row 22: the stars are '11'",
    ),
    "stars missing": (
        written([(*row, "5") for row in TEN_EACH] + [("x", "pos", "")],
                ("text", "label", "stars")),
        "Row 22: the stars are ''",
    ),
    "one class": (GOOD.replace("neg", "pos"), "No negative reviews can be used; at least 10"),
    "too few of a class": (written(list(TEN_EACH[:-3])), "7 negative reviews can be used"),
    "one text again and again": (
        written(TEN_EACH[:10] + [("bad", "neg")] * 30),
        "1 negative review can be used; at least 10 with different texts are needed",
    ),
    "a cell without end": (
        GOOD + "x" * (MAX_CELL + 1) + ",pos\r\n",
        "Row 22: a field is longer than 1,000,000 characters",
    ),
    "quote never closed": (GOOD + '"never closed,pos\r\n', "Row 22: a quote is opened here and"),
    "quote closed too early": (GOOD + '"a "word" here",pos\r\n', "Row 22: a quote is not closed"),
    "NUL byte": (GOOD + "go\0od,pos\r\n", "Row 22: holds a NUL byte"),
    "UTF-8 cut within a letter": (b"\xef\xbb\xbf" + GOOD.encode() + b"caf\xc3", "is not utf-8"),
    "half a UTF-16 letter": (GOOD.encode("utf-16") + b"x", "is not utf-16"),
    "an Excel workbook": (b"PK\x03\x04" + bytes(200), "an Excel workbook"),
    "a PDF": (b"%PDF-1.7 " + bytes(50), "a PDF file"),
    "gzip": (b"\x1f\x8b\x08" + bytes(50), "a gzip file"),
    "too many rows": ("text,label\n" + "good,1\n" * 100_001, "more than 100,000 rows"),
    "over the upload limit": (bytes(MAX_BYTES + 1), "the limit is 100 MB"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_with_its_reason_and_leaves_nothing(
    name: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    content, message = BAD_FILES[name]
    file = tmp_path / "bad.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)

    report = check_csv(file.read_bytes(), "bad.csv")
    assert report.reviews is None
    with pytest.raises(CsvError, match=message):
        raise CsvError(report.faults)

    monkeypatch.setenv("IMDB_STUDIO_HOME", str(settings.home))
    assert main(["data", "prepare", "--csv", str(file)]) == 2
    assert capsys.readouterr().err.startswith("imdb_core: ")
    assert not settings.home.exists()


def test_a_gigabyte_is_refused_without_reading_it(tmp_path: Path) -> None:
    file = tmp_path / "huge.csv"
    with file.open("wb") as hole:
        hole.truncate(1 << 30)

    with pytest.raises(CsvError, match=r"huge\.csv has 1,024 MB; the limit is 100 MB"):
        read_bytes(file)


def test_every_fault_is_listed_one_does_not_hide_the_next() -> None:
    report = check_csv((GOOD + '"open,pos\r\n,neg\r\nfine,maybe\r\nalone\r\n').encode(), "f.csv")

    assert [fault.row for fault in report.faults] == [22, 23, 24, 25]


def test_no_more_rows_are_read_than_wanted() -> None:
    records, faults = read_records('a,b\n\n"c\nd",e\nf,g\n"open', ",", Watch(), most=3)

    assert records == [(1, 1, ["a", "b"]), (3, 3, ["c\nd", "e"]), (4, 5, ["f", "g"])]
    assert faults == []


def test_reading_can_be_cancelled() -> None:
    asked: list[bool] = []
    watch = Watch(is_cancelled=lambda: bool(asked.append(True)) or len(asked) > 3)

    with pytest.raises(PreparationCancelledError):
        check_csv(b"\n" * 100_000, "f.csv", watch=watch)


@pytest.mark.parametrize("limit", [100, MAX_CELL * 10])
def test_how_long_a_cell_may_be_does_not_depend_on_who_read_before(limit: int) -> None:
    csv.field_size_limit(limit)
    texts = ("x" * 101, "x" * (MAX_CELL + 1))
    (records, faults), (_, too_long) = (
        read_records(f"{text},1\n", ",", Watch(), most=9) for text in texts
    )

    assert (len(records), faults) == (1, [])
    assert [fault.row for fault in too_long] == [1]


@pytest.mark.parametrize("name", ["score", "stars", "rating"])
def test_a_score_of_0_or_1_is_a_label_and_no_stars(settings: Settings, name: str) -> None:
    rows = [(text, str(int(label == "pos"))) for text, label in TEN_EACH]

    report = check_csv(written(list(rows), ("text", name)).encode(), "f.csv")

    assert report.reviews is not None
    assert (report.columns["stars"], report.reviews.stars) == (None, None)
    dataset = DataLibrary(settings).add_own("x", report.reviews, file_name="f.csv")
    assert (len(dataset.train), len(dataset.test)) == (16, 4)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "windows-1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found_out(encoding: str, delimiter: str) -> None:
    file = io.StringIO()
    rows = [(f"Très bon, «déjà»; vu {text}", label) for text, label in TEN_EACH]
    csv.writer(file, delimiter=delimiter).writerows([("TEXT ", "Sentiment"), *rows])

    report = check_csv(file.getvalue().encode(encoding), "f.csv")

    assert report.reviews is not None
    assert report.delimiter == delimiter
    assert report.reviews.texts == [text for text, _ in rows]
    assert bool(report.warnings) is (encoding == "windows-1252")


@pytest.mark.parametrize(
    ("negative", "positive"),
    [("0", "1"), ("-1", "1"), ("neg", "POS"), ("Negative", "positive "), ("False", "TRUE"),
     ("2", "5"), ("1", "4"), ("4", "7"), ("3.0", "10"), ("★☆☆☆☆", "★★★★★")],
)  # fmt: skip
def test_labels_of_every_kind_are_understood(negative: str, positive: str) -> None:
    spelled = {"neg": negative, "pos": positive}
    rows = [(text, spelled[label]) for text, label in TEN_EACH]

    report = check_csv(written(list(rows)).encode(), "f.csv")

    assert report.reviews is not None, report.faults
    assert report.reviews.labels == [1] * 10 + [0] * 10


def test_middling_stars_are_left_out_and_repetitions_told() -> None:
    rows = [(text, "9" if label == "pos" else "1") for text, label in TEN_EACH]
    rows += [("so so", "5"), (TEN_EACH[0][0], "2")]

    report = check_csv(written(list(rows)).encode(), "f.csv")

    assert report.reviews is not None
    assert len(report.reviews.labels) == 21
    assert [str(warning) for warning in report.warnings] == [
        "Row 22: 5 of 10 stars is neither good nor bad: left out.",
        "Row 23: the same text as in row 2, with the other label.",
    ]


def test_columns_can_be_chosen_by_name() -> None:
    content = written([("x", *row) for row in TEN_EACH], ("id", "Body of it", "kind")).encode()

    report = check_csv(content, "f.csv", CsvChoices(text="body OF it", label="Kind"))

    assert report.reviews is not None
    assert report.reviews.texts[0] == "good film 0"


def test_own_reviews_become_a_source_like_any_other(settings: Settings) -> None:
    rows = [(f'"Quoted"; a <b>good</b>\nfilm, no. {i}', "1", "8") for i in range(30)]
    rows += [(f"Ein schlechter Film, {i}", "0", "2") for i in range(20)]
    report = check_csv(written(list(rows), ("text", "label", "stars")).encode(), "f.csv")
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
    with pytest.raises(CsvError, match="is there already"):
        library.add_own("laden SOHNE", report.reviews, file_name="f.csv")
    library.delete("own-laden-sohne")
    shuffled = written(list(rows[::-1]), ("text", "label", "stars")).encode()
    again = check_csv(shuffled, "f.csv").reviews
    assert again is not None
    tested = library.add_own("x", again, file_name="f.csv").test
    assert set(tested.texts or ()) == set(dataset.test.texts or ())


def test_a_run_outlives_the_reviews_that_it_learnt_from(settings: Settings) -> None:
    report = check_csv(GOOD.encode(), "f.csv")
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
