import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from imdb_core.data import DataLibrary, Dataset, Progress
from imdb_core.data import keras_imdb as keras
from imdb_core.data.progress import Watch
from imdb_core.errors import (
    PreparationCancelledError,
    SourceDamagedError,
    SourceUnavailableError,
    StorageError,
)
from imdb_core.settings import Settings

SILENT = "import sys; sys.stdin.read()"
SAYS_ITS_PID = (
    "import json, os, sys; print(json.dumps({'stage': str(os.getpid())}), flush=True);" + SILENT
)
DIES = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
RAISES = "raise SystemExit('ValueError: a strange file')"
SMALL_DISK = (
    "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000));"
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)


def put(file: Path, content: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    return file


@pytest.mark.imdb
def test_keras_gives_all_reviews_and_words(keras_dataset: Dataset) -> None:
    assert (len(keras_dataset.train), len(keras_dataset.test)) == (25_000, 25_000)
    assert keras_dataset.train.lengths.mean() == pytest.approx(237.71, abs=0.01)
    assert keras_dataset.vocabulary.words[:3] == ("the", "and", "a")
    assert keras_dataset.train.ranks.min() == 1
    # num_words=None would have cut the last word
    assert keras_dataset.train.ranks.max() == len(keras_dataset.vocabulary) == 88_584
    assert (keras_dataset.source, keras_dataset.is_synthetic) == ("imdb", False)


@pytest.mark.imdb
def test_a_download_is_reported_in_bytes_and_kept_for_next_time(
    settings: Settings, keras_worker_command: list[str]
) -> None:
    seen: list[Progress] = []
    own = put(settings.keras_home / "datasets" / "imdb.npz", "the user's own")

    DataLibrary(settings, keras_worker=keras_worker_command).prepare(
        "imdb", on_progress=seen.append
    )

    download = [progress for progress in seen if progress.stage == "Downloading imdb.npz"]
    assert (download[0].done, download[0].unit) == (0, "bytes")
    assert download[-1].done == download[-1].total == own.stat().st_size
    assert own.with_name("imdb.npz.kept1").read_text() == "the user's own"
    assert [path.name for path in settings.data_folder.iterdir() if path.suffix == ".tmp"] == []


def test_without_network_the_users_files_stay_and_the_ways_out_are_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # nobody listens there
    own = put(settings.keras_home / "datasets" / "imdb_word_index.json", "the user's own")

    with pytest.raises(SourceUnavailableError, match="could not be downloaded") as caught:
        DataLibrary(settings).prepare("imdb")

    for wanted in ("wrong hash", str(own), "IMDB_STUDIO_ACLIMDB", "imdb.npz", "sample"):
        assert wanted in str(caught.value)
    assert own.read_text() == "the user's own"
    assert [path.name for path in settings.data_folder.iterdir()] == [".imdb.lock"]


@pytest.mark.imdb
def test_a_download_of_the_wrong_hash_does_not_replace_the_users_file(
    settings: Settings, keras_worker_command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEEP_HASH", "1")  # the rebuilt imdb.npz has another
    own = put(settings.keras_home / "datasets" / "imdb.npz", "the user's own")

    with pytest.raises(SourceDamagedError, match=r"imdb\.npz arrived damaged"):
        DataLibrary(settings, keras_worker=keras_worker_command).prepare("imdb")

    assert own.read_text() == "the user's own"


def test_a_keras_home_that_cannot_be_written_is_named(settings: Settings) -> None:
    settings.keras_home.write_text("a file in place of a folder")

    with pytest.raises(StorageError, match=r"cannot be written: Not a directory\. Set KERAS"):
        DataLibrary(settings).prepare("imdb")


@pytest.mark.imdb
def test_a_download_that_does_not_fit_is_a_storage_error(
    settings: Settings, keras_worker_command: list[str]
) -> None:
    python, *script = keras_worker_command
    worker = [python, "-c", SMALL_DISK, *script]

    with pytest.raises(StorageError, match=r"imdb_word_index\.json could not be written: File too"):
        DataLibrary(settings, keras_worker=worker).prepare("imdb")
    assert [path.name for path in settings.data_folder.iterdir()] == [".imdb.lock"]


@pytest.mark.parametrize(
    ("script", "timeout_s", "sentence"),
    [
        (SILENT, 0.2, "no sign of life for 0.2 s"),
        (DIES, keras.SILENCE_S, r"was killed \(signal 9\)"),
        (RAISES, keras.SILENCE_S, r"could not be read \(ValueError: a strange file\)"),
    ],
)
def test_a_worker_that_fails_is_explained(
    tmp_path: Path, script: str, timeout_s: float, sentence: str
) -> None:
    worker = [sys.executable, "-c", script]

    with pytest.raises(SourceUnavailableError, match=sentence):
        keras.prepare(tmp_path, tmp_path, Watch(), worker=worker, timeout_s=timeout_s)


def test_without_a_place_for_temporary_files_no_worker_starts_and_a_sentence_says_so(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))

    with pytest.raises(StorageError, match=r"gone/.* could not be written: No such file"):
        DataLibrary(settings, keras_worker=[sys.executable, "-c", DIES]).prepare("imdb")


def test_cancelling_ends_the_worker(settings: Settings) -> None:
    seen: list[Progress] = []
    library = DataLibrary(settings, keras_worker=[sys.executable, "-c", SAYS_ITS_PID])

    with pytest.raises(PreparationCancelledError):
        library.prepare("imdb", on_progress=seen.append, is_cancelled=lambda: bool(seen))

    with pytest.raises(ProcessLookupError):
        os.kill(int(seen[0].stage), 0)


def test_the_worker_ends_when_its_parent_dies(tmp_path: Path) -> None:
    # Its standard input is at its end, as after a kill of the parent.
    worker = subprocess.run(
        [*keras.WORKER, str(tmp_path)],
        stdin=subprocess.DEVNULL,
        cwd=Path(__file__).parents[3],
        capture_output=True,
    )

    assert worker.returncode == 1
    assert list(tmp_path.glob("*.json")) == []
