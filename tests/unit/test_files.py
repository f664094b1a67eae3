import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from imdb_core import files
from imdb_core.errors import StorageError
from imdb_core.files import scratch_file, scratch_folder, write_atomically


class Reader:
    """Keeps a file from being replaced so many times, as an open one is kept on Windows."""

    def __init__(self, times: float) -> None:
        self._times_left = times
        self._replace = os.replace

    def __call__(self, source: Path, target: Path) -> None:
        self._times_left -= 1
        if self._times_left >= 0:
            raise PermissionError(13, "Access is denied", str(target))
        self._replace(source, target)


def test_windows_is_asked_again_while_somebody_reads_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_IS_WINDOWS", True)
    monkeypatch.setattr(files, "_POLL_S", 0)
    monkeypatch.setattr(os, "replace", Reader(times=3))

    write_atomically(tmp_path / "file", b"new")

    assert (tmp_path / "file").read_bytes() == b"new"


@pytest.mark.parametrize("is_windows", [True, False])
def test_a_file_that_stays_closed_to_us_is_named_and_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_windows: bool
) -> None:
    (tmp_path / "file").write_bytes(b"old")
    monkeypatch.setattr(files, "_IS_WINDOWS", is_windows)
    monkeypatch.setattr(files, "_PATIENCE_S", -1)
    monkeypatch.setattr(os, "replace", Reader(times=float("inf")))

    with pytest.raises(StorageError, match="file cannot be written: permission denied"):
        write_atomically(tmp_path / "file", b"new")

    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


@pytest.mark.parametrize("scratch", [scratch_folder, scratch_file])
def test_without_a_place_for_temporary_files_the_sentence_names_it(
    scratch: Callable[[], AbstractContextManager[Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone = str(tmp_path / "gone")
    monkeypatch.setattr(tempfile, "tempdir", gone)

    with pytest.raises(StorageError, match=f"^{gone}/.* could not be written: No such file"):
        scratch().__enter__()

    # As where no folder at all can be written.
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [gone])
    with pytest.raises(StorageError, match=r"^A folder for temporary files could not be written"):
        scratch().__enter__()


def test_two_threads_that_write_one_file_do_not_share_its_draft(tmp_path: Path) -> None:
    both_are_open = threading.Barrier(2)

    def parts(content: bytes) -> Iterator[bytes]:
        both_are_open.wait(30)
        yield content

    def write(content: bytes) -> None:
        files.write_parts_atomically(tmp_path / "file", parts(content))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, [b"a" * 10, b"b" * 9]))

    assert [path.read_bytes() for path in tmp_path.iterdir()] in ([b"a" * 10], [b"b" * 9])
