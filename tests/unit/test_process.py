import sys
import tempfile
from pathlib import Path

import pytest

from imdb_core.errors import StorageError
from imdb_core.process import output_of


def test_without_a_place_for_temporary_files_no_worker_starts_and_a_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = tmp_path / "started"
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))

    with pytest.raises(StorageError, match=r"gone/.* could not be written: No such file"):
        output_of([sys.executable, "-c", f"open({str(started)!r}, 'w')"], "The figures")

    assert not started.exists()
