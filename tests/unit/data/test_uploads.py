import threading

from imdb_core.data import CsvChoices, DataLibrary
from imdb_core.data.uploads import Upload, Uploads
from imdb_core.settings import Settings
from tests.unit.data.test_csv_reviews import GOOD

WAIT_S = 30


def test_of_two_visitors_who_choose_one_name_the_second_is_told(settings: Settings) -> None:
    library = DataLibrary(settings)
    uploads = Uploads(library)

    def checked(file_id: str, content: str) -> Upload:
        upload = uploads.get(file_id, "f.csv", content.encode(), CsvChoices())
        assert upload.check is not None
        assert upload.check.wait(WAIT_S)
        return upload

    annas, bens = checked("anna's", GOOD), checked("ben's", GOOD.replace("film", "shop"))
    may_go_on = threading.Event()
    uploads._queue.submit("blocks", lambda job: may_go_on.wait(WAIT_S) and None)
    for upload in (annas, bens):
        uploads.add(upload, "mine")
    assert bens.adding is not None
    assert annas.adding is not None
    may_go_on.set()
    assert bens.adding.wait(WAIT_S)

    assert annas.adding.error is None
    assert "own-mine is there already" in str(bens.adding.error)
    assert "film" in library.load("own-mine").vocabulary.words
