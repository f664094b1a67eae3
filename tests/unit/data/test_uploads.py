import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from imdb_core.data import DataLibrary, OwnReviews, TableChoices, TableReport, check_table, uploads
from imdb_core.data.uploads import Upload, Uploads
from imdb_core.settings import Settings
from tests.limits import LIMIT_S
from tests.unit.data.test_tables import GOOD


@pytest.fixture
def library(settings: Settings) -> DataLibrary:
    return DataLibrary(settings)


def ask(held: Uploads, file_id: str, content: str = GOOD) -> Upload:
    return held.get(file_id, "f.csv", content.encode(), TableChoices())


def checked(held: Uploads, file_id: str, content: str = GOOD) -> Upload:
    upload = ask(held, file_id, content)
    assert upload.check is not None
    assert upload.check.wait(LIMIT_S)
    return upload


@contextmanager
def all_waiting(held: Uploads) -> Iterator[None]:
    """Nothing is done with any upload before the block ends."""
    may_go_on = threading.Event()
    held._queue.submit("blocks", lambda job: may_go_on.wait(LIMIT_S) and None)
    try:
        yield
    finally:
        may_go_on.set()


def test_of_two_visitors_who_choose_one_name_the_second_is_told(library: DataLibrary) -> None:
    held = Uploads(library)
    bens_content = GOOD.replace("film", "shop")
    annas, bens = checked(held, "anna's"), checked(held, "ben's", bens_content)
    with all_waiting(held):
        held.add(annas, "mine", GOOD.encode())
        held.add(bens, "mine", bens_content.encode())
    assert bens.adding is not None
    assert annas.adding is not None
    assert bens.adding.wait(LIMIT_S)

    assert annas.adding.error is None
    assert "own-mine is there already" in str(bens.adding.error)
    assert (annas.source, bens.source) == ("own-mine", None)
    assert "film" in library.load("own-mine").vocabulary.words


def test_each_of_a_class_sees_the_report_of_his_own_file(library: DataLibrary) -> None:
    held = Uploads(library)
    with all_waiting(held):
        class_of_thirty = [ask(held, str(visitor)) for visitor in range(30)]

    for visitor, upload in enumerate(class_of_thirty):
        assert checked(held, str(visitor)) is upload
        assert upload.report is not None


def test_an_upload_that_is_worked_at_stays_and_of_the_others_the_last_asked_for(
    library: DataLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_KEPT", 1)
    held = Uploads(library)
    with all_waiting(held):
        busy = [ask(held, file_id) for file_id in ("1", "2", "3")]
        assert [ask(held, file_id) for file_id in ("1", "2", "3")] == busy

    for upload in busy:
        assert upload.check is not None
        assert upload.check.wait(LIMIT_S)
    assert ask(held, "1") is busy[0]
    again = checked(held, "2")
    assert again is not busy[1]
    assert again.report == busy[1].report


def test_a_dropped_upload_that_becomes_a_source_is_found_again(
    library: DataLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_KEPT", 1)
    held = Uploads(library)
    shown = checked(held, "1")
    checked(held, "2")

    held.add(shown, "mine", GOOD.encode())
    assert shown.adding is not None
    assert shown.adding.wait(LIMIT_S)
    assert ask(held, "1") is shown
    assert shown.source == "own-mine"


def test_of_a_checked_file_only_what_is_shown_stays(
    library: DataLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviews: list[weakref.ref[OwnReviews]] = []

    def watched_check(*args: object) -> TableReport:
        report = check_table(*args)  # type: ignore[arg-type]
        assert report.reviews is not None
        reviews.append(weakref.ref(report.reviews))
        return report

    monkeypatch.setattr(uploads, "check_table", watched_check)
    upload = checked(Uploads(library), "1", f"text,label\n{'long ' * 100},pos\n" + GOOD[11:])

    assert [found() for found in reviews] == [None]
    assert upload.report is not None
    assert upload.usable == (10, 11)
    assert upload.report.rows == 21
    assert max(len(cell) for row in upload.report.preview for cell in row) == 200
