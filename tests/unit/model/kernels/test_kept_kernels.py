"""What is kept of compiled kernels is used again, and never trusted further than its checksum."""

import logging
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from numba import njit

from imdb_core.model.kernels.cache import KernelCache, _digest
from imdb_core.settings import kernels_folder


def twice(number: float) -> float:
    return number * 2


def kernel_in(folder: Path) -> Any:
    """A kernel as a process has it that was just started."""
    dispatcher: Any = njit(twice)
    dispatcher._cache = KernelCache(twice, lambda: folder)
    return dispatcher


def was_loaded(kernel: Any) -> bool:
    assert kernel(1.5) == 3.0
    return bool(kernel.stats.cache_hits)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one compiled kernel."""
    folder = tmp_path_factory.mktemp("compiled") / "home" / "kernels"
    assert not was_loaded(kernel_in(folder))
    return folder


@pytest.fixture
def kept(compiled: Path, tmp_path: Path) -> Path:
    """The file of a compiled kernel in a folder of its own."""
    shutil.copytree(compiled, tmp_path / "kernels")
    (file,) = (tmp_path / "kernels").iterdir()
    return file


def test_a_kernel_is_compiled_once_for_all_processes(kept: Path) -> None:
    before = kept.read_bytes()

    assert was_loaded(kernel_in(kept.parent))
    assert kept.read_bytes() == before


def flip_a_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 4
    file.write_bytes(content)


def put_another_pickle(file: Path) -> None:
    file.write_bytes(pickle.dumps({"not": "a kernel"}))


def put_another_kernel(file: Path) -> None:
    """Whole, but under a name that is not its own."""
    other = file.with_name("other.nbc")
    other.write_bytes(_digest(other, code := pickle.dumps("other")) + code)
    other.replace(file)


def give_to_another_user(file: Path) -> None:
    if not hasattr(os, "getuid") or os.getuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(file, 12345, 12345)


@pytest.mark.parametrize(
    "harm",
    [
        flip_a_bit,
        put_another_pickle,
        put_another_kernel,
        give_to_another_user,
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(file.read_bytes()[:1000]),
    ],
    ids=["a bit", "another pickle", "another kernel", "another user's", "empty", "cut"],
)
def test_a_damaged_or_foreign_file_is_thrown_away_and_compiled_anew(
    kept: Path, caplog: pytest.LogCaptureFixture, harm: Callable[[Path], object]
) -> None:
    harm(kept)

    assert not was_loaded(kernel_in(kept.parent))
    assert f"{kept} is thrown away and compiled anew" in caplog.text
    assert was_loaded(kernel_in(kept.parent))


def test_what_a_killed_process_left_goes_when_the_next_kernel_is_kept(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from imdb_core.files import temporary_beside;"
        "temporary_beside(Path(sys.argv[1])).write_bytes(b'half')"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path / "kernel.nbc"], check=True)
    (left,) = tmp_path.iterdir()

    assert not was_loaded(kernel_in(tmp_path))
    assert not left.exists()


def test_where_nothing_can_be_kept_kernels_work_and_one_sentence_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")

    for _ in range(2):
        assert not was_loaded(kernel_in(tmp_path / "file"))
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("Compiled kernels cannot be kept in")


def test_kernels_are_kept_in_the_home_unless_numba_is_told_otherwise(tmp_path: Path) -> None:
    home = {"IMDB_STUDIO_HOME": str(tmp_path)}

    assert kernels_folder(home) == tmp_path / "kernels"
    assert kernels_folder(home | {"NUMBA_CACHE_DIR": str(tmp_path / "x")}) == tmp_path / "x"
