"""Data that many tests share: prepared once a session, from the real files where they are."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from imdb_core.data import DataLibrary, Dataset
from imdb_core.settings import Settings
from tests.other_program import OtherProgram

PROJECT = Path(__file__).parents[1]
DATA_TESTS = PROJECT / "tests" / "unit" / "data"

# A shell that starts the tests in the background lets them, and all that they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Compiled once for all homes that tests make, and for the next session.
os.environ.setdefault("NUMBA_CACHE_DIR", str(PROJECT / ".pytest_cache" / "kernels"))

MadeOnce = Callable[[str, Callable[[Path], object]], Path]
"""Gives the folder of this name, which the function fills if nobody has."""

ODD_TEXTS = [
    'It\'s "GOOD"; not-bad... 10/10!<br /><br />\tTab\nnewline\r\ncarriage',
    "Ünïcödé \x85 \xa0 İstanbul ’quoted’ `tick` ~ {x}|y^z_w@home #1 $2 %3 &4 *5",
    "good good bad bad good it's",
]


def settings_in(home: Path, *, aclimdb: Path | None = None) -> Settings:
    """Settings that know nothing of this machine's own folders."""
    return Settings(home=home, aclimdb=aclimdb, keras_home=home.with_name("keras_home"))


@pytest.fixture(autouse=True)
def torch_threads() -> Iterator[None]:
    """An engine sets how many threads PyTorch has; the next test begins with as many as this."""
    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch else None
    yield
    if torch:
        torch.set_num_threads(before)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An empty installation."""
    return settings_in(tmp_path / "home")


@pytest.fixture(scope="session")
def imdb_test_data() -> Path:
    """The real reviews; read-only (IMDB_TEST_DATA)."""
    default = PROJECT.parent / "shared" / "imdb"
    folder = Path(os.environ.get("IMDB_TEST_DATA") or default)
    if not (folder / "aclImdb_v1.tar.gz").is_file():
        pytest.skip(f"no real reviews in {folder}; set IMDB_TEST_DATA to a folder that has them")
    return folder


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    """Folders that all processes of a session share: the first to ask for one fills it."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def made_once(name: str, fill: Callable[[Path], object]) -> Path:
        folder, is_filled = shared / name, shared / f"{name}.filled"
        with FileLock(shared / f"{name}.lock"):
            if not is_filled.exists():
                folder.mkdir(exist_ok=True)
                fill(folder)
                is_filled.touch()
        return folder

    return made_once


@pytest.fixture(scope="session")
def keras_worker_command(imdb_test_data: Path) -> list[str]:
    """The real worker, which "downloads" from a folder."""
    return [
        sys.executable,
        str(DATA_TESTS / "keras_worker.py"),
        str(imdb_test_data / "keras" / "datasets"),
    ]


@pytest.fixture(scope="session")
def keras_prepared_home(made_once: MadeOnce, keras_worker_command: list[str]) -> Path:
    """A home whose `data/imdb` was prepared by the real Keras in its real subprocess."""

    def prepare(home: Path) -> None:
        DataLibrary(settings_in(home), keras_worker=keras_worker_command).prepare("imdb")

    return made_once("keras_prepared", prepare)


@pytest.fixture(scope="session")
def keras_dataset(keras_prepared_home: Path) -> Dataset:
    return DataLibrary(settings_in(keras_prepared_home)).load("imdb")


@pytest.fixture(scope="session")
def aclimdb_prepared_home(made_once: MadeOnce, imdb_test_data: Path) -> Path:
    """A home whose `data/aclimdb` was prepared from the real archive."""
    archive = imdb_test_data / "aclImdb_v1.tar.gz"
    return made_once(
        "aclimdb_prepared",
        lambda home: DataLibrary(settings_in(home)).prepare("aclimdb", path=archive),
    )


@pytest.fixture(scope="session")
def aclimdb_dataset(aclimdb_prepared_home: Path) -> Dataset:
    return DataLibrary(settings_in(aclimdb_prepared_home)).load("aclimdb")


@pytest.fixture(scope="session")
def sample_home(made_once: MadeOnce) -> Path:
    """A home whose `data/sample` is prepared."""
    return made_once(
        "sample_prepared", lambda home: DataLibrary(settings_in(home)).prepare("sample")
    )


@pytest.fixture(scope="session")
def tokenizer_texts(aclimdb_dataset: Dataset) -> list[str]:
    """Real reviews, and what else a tokenizer may trip over."""
    texts = [aclimdb_dataset.text(aclimdb_dataset.train, row) for row in range(0, 25_000, 100)]
    return ODD_TEXTS + texts


@pytest.fixture(scope="session")
def keras_reference(made_once: MadeOnce, imdb_test_data: Path, tokenizer_texts: list[str]) -> Path:
    """A folder with what `keras_reference.py` writes."""

    def write(output: Path) -> None:
        datasets = output / "datasets"
        shutil.copytree(
            imdb_test_data / "keras" / "datasets",
            datasets,
            copy_function=shutil.copyfile,
            dirs_exist_ok=True,
        )
        (output / "texts.json").write_text(json.dumps(tokenizer_texts), "utf-8")
        subprocess.run(
            [sys.executable, str(DATA_TESTS / "keras_reference.py"), datasets, output],
            env=os.environ | {"KERAS_BACKEND": "torch", "KERAS_HOME": str(output)},
            check=True,
        )

    return made_once("keras_reference", write)


@pytest.fixture(scope="session")
def other_program() -> Iterator[OtherProgram]:
    """Another process that trains runs in any home; not to be killed."""
    program = OtherProgram()
    yield program
    program.kill()
