import json
import subprocess
import sys
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock

from imdb_core.data import DataLibrary, Progress, check_table
from imdb_core.errors import (
    DataNotPreparedError,
    PreparationCancelledError,
    SourceUnavailableError,
    StorageError,
)
from imdb_core.settings import Settings
from tests.unit.data.test_tables import GOOD

PROJECT = Path(__file__).parents[3]

PREPARE = """
import json, os, pathlib, signal, sys
from imdb_core.data import DataLibrary
from imdb_core.settings import Settings

home = pathlib.Path(sys.argv[1])
stages = []
def on_progress(progress):
    stages.append(progress.stage)
    if progress.stage == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

library = DataLibrary(Settings(home=home, aclimdb=None, keras_home=home))
dataset = library.prepare("sample", on_progress=on_progress)
print(json.dumps([dataset.fingerprint, stages]))
"""


def start(home: Path, die_at: str = "") -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", PREPARE, str(home), die_at]
    return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT)


def test_two_processes_prepare_once(settings: Settings) -> None:
    processes = [start(settings.home) for _ in range(2)]
    results = [json.loads(process.communicate()[0]) for process in processes]

    assert len({fingerprint for fingerprint, _ in results}) == 1
    assert sum(stages.count("Making up reviews") for _, stages in results) == 1


def test_a_killed_preparation_leaves_nothing_for_the_next(settings: Settings) -> None:
    start(settings.home, die_at="Writing the reviews").communicate()
    assert len(list(settings.data_folder.glob(".sample.*.tmp"))) == 1
    assert not DataLibrary(settings).status("sample").is_prepared

    DataLibrary(settings).prepare("sample")

    names = sorted(path.name for path in settings.data_folder.iterdir())
    assert names == [".sample.lock", "sample"]


def test_waiting_for_another_preparation_can_be_cancelled(settings: Settings) -> None:
    settings.data_folder.mkdir(parents=True)
    seen: list[Progress] = []
    with FileLock(settings.data_folder / ".sample.lock"), ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(
            DataLibrary(settings).prepare,
            "sample",
            on_progress=seen.append,
            is_cancelled=lambda: bool(seen),
        )
        with pytest.raises(PreparationCancelledError):
            waiting.result()
        with pytest.raises(StorageError, match="is being prepared"):
            pool.submit(DataLibrary(settings).delete, "sample").result()

    assert [progress.stage for progress in seen] == ["Waiting for another preparation to end"]


def test_what_is_ready_waits_for_nobody_who_adds_reviews(settings: Settings) -> None:
    library = DataLibrary(settings)
    reviews = check_table(GOOD.encode(), "f.csv").reviews
    assert reviews is not None
    bens = library.add_own("ben", reviews, file_name="f.csv")
    seen: list[Progress] = []
    # As another process holds it while Anna's reviews are added.
    with FileLock(settings.data_folder / ".own.lock"):
        found = library.prepare("own-ben", on_progress=seen.append, is_cancelled=lambda: bool(seen))
        with pytest.raises(StorageError, match="Reviews of one's own are being added"):
            library.delete("own-ben")

    assert found is bens
    assert seen == []
    library.delete("own-ben")
    assert library.own_sources() == []


def test_a_home_that_cannot_be_written_is_named(settings: Settings) -> None:
    settings.home.write_text("a file in place of a folder")

    with pytest.raises(StorageError, match=str(settings.data_folder)):
        DataLibrary(settings).prepare("sample")


@pytest.mark.parametrize("source", ["imdb", "aclimdb", "sample"])
def test_what_is_not_prepared_says_what_to_do(settings: Settings, source: str) -> None:
    library = DataLibrary(settings)

    with pytest.raises(DataNotPreparedError, match=f"data prepare --source {source}"):
        library.load(source)
    status = library.status(source)
    assert (status.is_prepared, status.counts, status.size_bytes) == (False, None, None)
    assert f"data prepare --source {source}" in status.advice
    assert not settings.data_folder.exists()


def test_a_prepared_source_says_what_it_is(sample_home: Path) -> None:
    library = DataLibrary(Settings(home=sample_home, aclimdb=None, keras_home=sample_home))

    status = library.status("sample")

    assert status.is_prepared
    assert status.origin == "synthetic sample, not IMDB"
    assert status.counts is not None
    assert (status.counts.train, status.counts.test) == (4000, 1000)
    assert status.prepared_at is not None
    assert status.prepared_at.tzinfo is not None
    assert (status.size_bytes or 0) > 1_000_000
    assert [status.source for status in library.statuses()] == ["imdb", "aclimdb", "sample"]


def test_a_set_is_loaded_once_until_it_is_prepared_again(settings: Settings) -> None:
    library = DataLibrary(settings)
    first = library.prepare("sample")
    assert library.load("sample") is first

    library.delete("sample")
    with pytest.raises(DataNotPreparedError):
        library.load("sample")
    again = library.prepare("sample")

    assert again is not first
    assert again.fingerprint == first.fingerprint
    assert first.test.labels.sum() > 0  # whoever still reads the deleted one may go on
    library.delete("sample")
    library.delete("sample")


def test_what_is_deleted_is_no_longer_held(settings: Settings) -> None:
    library = DataLibrary(settings)
    held = weakref.ref(library.prepare("sample"))
    assert held() is library.load("sample")

    library.delete("sample")

    assert held() is None


@pytest.mark.parametrize(
    ("prepared", "is_path_set", "expected"),
    [
        ((), False, "imdb"),
        ((), True, "aclimdb"),
        (("aclimdb",), False, "aclimdb"),
        (("imdb", "aclimdb"), True, "imdb"),
        (("sample",), False, "imdb"),
    ],
)
def test_imdb_means_the_nearest_copy(
    settings: Settings, prepared: tuple[str, ...], is_path_set: bool, expected: str
) -> None:
    for source in prepared:
        (settings.data_folder / source).mkdir(parents=True)
        (settings.data_folder / source / "meta.json").touch()
    aclimdb = settings.home / "aclImdb" if is_path_set else None
    library = DataLibrary(
        Settings(home=settings.home, aclimdb=aclimdb, keras_home=settings.keras_home)
    )

    assert library.resolve("imdb") == expected
    assert library.resolve("sample") == "sample"
    assert library.resolve("aclimdb") == "aclimdb"


def test_an_unknown_source_is_named(settings: Settings) -> None:
    with pytest.raises(SourceUnavailableError, match="no data source 'imbd'"):
        DataLibrary(settings).load("imbd")


def test_the_sample_reads_no_path(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailableError, match="not read from a path"):
        DataLibrary(settings).prepare("sample", path=tmp_path)


def test_importing_the_data_package_stays_cheap() -> None:
    heavy = ["streamlit", "plotly", "keras", "torch", "sklearn", "pandas"]
    code = f"import sys, imdb_core.data; print([name for name in {heavy} if name in sys.modules])"

    assert subprocess.check_output([sys.executable, "-c", code], cwd=PROJECT) == b"[]\n"


def test_what_was_worked_out_from_a_source_counts_to_its_size(settings: Settings) -> None:
    library = DataLibrary(settings)
    library.prepare("sample")
    size_bytes = library.status("sample").size_bytes
    kept = settings.data_folder / "sample" / "baselines" / "0.2.json"
    kept.parent.mkdir()
    kept.write_bytes(bytes(5_000))

    assert size_bytes is not None
    assert library.status("sample").size_bytes == size_bytes + 5_000


@pytest.mark.parametrize("act", [DataLibrary.sweep, lambda library: library.delete("sample")])
def test_what_a_killed_process_left_of_somebodys_own_reviews_goes(
    act: Callable[[DataLibrary], None], settings: Settings
) -> None:
    code = (
        "import sys; from pathlib import Path; from imdb_core.files import temporary_beside;"
        "folder = temporary_beside(Path(sys.argv[1])); folder.mkdir(parents=True);"
        "(folder / 'train_utf8.npy').write_text('private')"
    )
    place = settings.data_folder / "own-diary"
    subprocess.run([sys.executable, "-c", code, place], check=True)
    assert [path.name for path in settings.data_folder.glob(".own-diary.*/*")]

    act(DataLibrary(settings))

    assert list(settings.data_folder.glob(".own-diary*")) == []


def test_what_a_killed_process_left_of_baselines_goes(settings: Settings) -> None:
    code = (
        "import sys; from pathlib import Path; from imdb_core.files import temporary_beside;"
        "temporary_beside(Path(sys.argv[1])).write_text('half')"
    )
    kept = settings.data_folder / "sample" / "baselines" / "0.2.json"
    kept.parent.mkdir(parents=True)
    kept.write_text("whole")
    subprocess.run([sys.executable, "-c", code, kept], check=True)
    assert len(list(kept.parent.iterdir())) == 2

    DataLibrary(settings).sweep()

    assert list(kept.parent.iterdir()) == [kept]
