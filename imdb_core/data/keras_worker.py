"""`python -m imdb_core.data.keras_worker FOLDER`: write Keras's IMDB into FOLDER, then end.

Only `keras_imdb` starts it, and holds its standard input open as long as it lives. On
standard output stands one JSON object a line: the fields of a `Progress`, or `error` (the
name of an error class) and `message`. Whatever else is printed goes to standard error.
"""

from __future__ import annotations

import json
import os
import shutil
import ssl
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from imdb_core.data import prepared
from imdb_core.data.keras_imdb import advice
from imdb_core.data.progress import Progress
from imdb_core.data.reviews import Dataset, Reviews, fingerprint_of
from imdb_core.data.vocabulary import Vocabulary
from imdb_core.errors import (
    SourceDamagedError,
    SourceUnavailableError,
    StorageError,
    StudioError,
)
from imdb_core.files import removed_on_error, sweep, sync_folder, temporary_beside
from imdb_core.process import end_with_parent, error_line

ORIGIN: Final = "IMDB reviews, from Keras's files"

Report = Callable[[Progress], None]

_NETWORK_ERRORS = (ConnectionError, TimeoutError, ssl.SSLError)


def main(folder: Path) -> int:
    """Prepare `folder`, report on standard output, and return the exit code."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # Keras prints
    end_with_parent()
    try:
        prepare(folder, lambda progress: print(json.dumps(vars(progress)), file=channel))
    except StudioError as error:
        print(error_line(error), file=channel)
        return 1
    return 0


def prepare(folder: Path, report: Report) -> None:
    """Have Keras load its files, downloaded if need be, and write them as a prepared folder.

    Raises:
        SourceUnavailableError, SourceDamagedError, StorageError: as `keras_imdb.prepare`.
    """
    report(Progress(stage="Starting Keras"))
    from keras.src.backend.config import keras_home
    from keras.src.datasets import imdb
    from keras.src.utils import file_utils

    datasets = Path(keras_home()) / "datasets"
    scratch = folder / "download"
    scratch.mkdir()
    file_utils.urlretrieve = partial(_retrieve, file_utils.urlretrieve, report)
    keras_get_file = imdb.get_file

    def get_file(fname: str, *, origin: str, file_hash: str) -> str:
        path = datasets / fname
        if not (path.is_file() and file_utils.validate_file(path, file_hash)):
            fetch = partial(keras_get_file, fname, origin=origin, file_hash=file_hash)
            _download(fetch, path, scratch)
        report(Progress(stage=f"Reading {fname}"))
        return str(path)

    imdb.get_file = get_file
    words = _words(imdb.get_word_index())
    # Ranks as they are in the file: no start token, no offset, and not even the last word cut
    # (num_words=None cuts it).
    splits = imdb.load_data(num_words=sys.maxsize, start_char=None, index_from=0, oov_char=None)
    shutil.rmtree(scratch)
    report(Progress(stage="Writing the reviews"))
    train, test = (Reviews.from_rows(rows, labels) for rows, labels in splits)
    if max(train.ranks.max(), test.ranks.max()) > len(words):
        raise SourceDamagedError(
            f"imdb.npz and imdb_word_index.json in {datasets} do not belong together. "
            "Remove both and try again."
        )
    fingerprint = fingerprint_of(train, test, words)
    dataset = Dataset("imdb", ORIGIN, fingerprint, train, test, words)
    prepared.write(folder, dataset, created_at=datetime.now(UTC))


def _words(rank_of: dict[str, int]) -> Vocabulary:
    words = sorted(rank_of, key=rank_of.__getitem__)
    if [rank_of[word] for word in words] != list(range(1, len(words) + 1)):
        raise SourceDamagedError(
            "imdb_word_index.json has gaps in its ranks. Remove it and try again."
        )
    return Vocabulary(tuple(words))


def _retrieve(urlretrieve: Any, report: Report, url: str, target: str, _hook: object) -> Any:  # noqa: ANN401
    """`urllib.request.urlretrieve`, reporting bytes; Keras's own progress bar is left out."""
    stage = f"Downloading {Path(target).name}"

    def on_block(blocks: int, block_bytes: int, total_bytes: int) -> None:
        total = total_bytes if total_bytes >= 0 else None
        done = blocks * block_bytes if total is None else min(blocks * block_bytes, total)
        report(Progress(stage=stage, done=done, total=total, unit="bytes"))

    return urlretrieve(url, target, on_block)


def _download(fetch: Callable[..., str], wanted: Path, scratch: Path) -> None:
    """Keras's `get_file`, but nothing of the user's is lost and nothing lands in /tmp/.keras.

    Keras deletes a file of the wrong hash when its download fails, and turns to /tmp if
    KERAS_HOME cannot be written. So it downloads into `scratch`, and only a good file is
    then moved to its place; another file of that name is kept beside it.
    """
    _check_writable(wanted.parent)
    try:
        downloaded = fetch(cache_dir=str(scratch))
    except Exception as error:  # Keras raises bare Exceptions
        raise _download_error(error, wanted) from error
    try:
        if wanted.exists():
            _keep_aside(wanted)
        sweep(wanted.parent)
        arriving = temporary_beside(wanted)
        with removed_on_error(arriving):
            shutil.copyfile(downloaded, arriving)
            os.replace(arriving, wanted)
            sync_folder(wanted.parent)
    except OSError as error:
        raise StorageError.from_os_error(error, wanted) from error


def _check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        reason = None if os.access(folder, os.W_OK) else "permission denied"
    except OSError as error:
        reason = error.strerror
    if reason:
        raise StorageError(
            f"Keras's folder {folder} cannot be written: {reason}. "
            "Set KERAS_HOME to a folder of yours, or use the sample."
        )


def _keep_aside(file: Path) -> None:
    number = 1
    while (aside := file.with_name(f"{file.name}.kept{number}")).exists():
        number += 1
    os.rename(file, aside)


def _download_error(error: Exception, wanted: Path) -> StudioError:
    help = advice(wanted.parents[1])
    if isinstance(error, OSError) and not isinstance(error, _NETWORK_ERRORS):
        return StorageError.from_os_error(error, wanted)
    if isinstance(error, ValueError):
        return SourceDamagedError(
            f"{wanted.name} arrived damaged: its hash is not the one Keras expects. "
            f"Try again. Or: {help}"
        )
    present = f"{wanted} is not Keras's own file (wrong hash), and " if wanted.exists() else ""
    reason = getattr(error.__context__, "reason", error)  # the URLError that Keras wraps
    reason = getattr(reason, "strerror", None) or reason
    return SourceUnavailableError(
        f"{present}{wanted.name} could not be downloaded ({reason}). {help}"
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
