"""The folder of a prepared source: plain arrays, the words, and what they are.

::

    meta.json              format, source, origin, fingerprint, counts, when and from what
    words.txt              one word a line, in rank order (UTF-8)
    train_ranks.npy  train_offsets.npy  train_labels.npy      and the same for test
    train_stars.npy  train_utf8.npy  train_text_offsets.npy   where the source has stars and texts

`meta.json` has the SHA-256 of each of the others, and a checksum of its own.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from imdb_core.config import Source
from imdb_core.data.reviews import Dataset, Reviews, Texts, fingerprint_of
from imdb_core.data.sources import is_own
from imdb_core.data.vocabulary import Vocabulary
from imdb_core.errors import (
    DataNotPreparedError,
    SourceDamagedError,
    StorageError,
    StudioError,
    unreadable,
)
from imdb_core.files import (
    as_checked_json,
    is_there,
    move_folder,
    parse_checked_json,
    sweep,
    sync_folder,
    temporary_beside,
)

META = "meta.json"
BASELINES = "baselines"
"""The folder in which simpler judges of a prepared source are kept."""
_WORDS = "words.txt"
_HASHED_AT_ONCE = 2
_BLOCK_BYTES = 1 << 20


class Meta(BaseModel):
    """What `meta.json` holds.

    `path` is what an aclImdb set was read from, or the name of a user's file; `title` is the
    name for reviews that a user brought, `visitor` that user's mark, if a visitor of a page did.
    `files` is the SHA-256 of each file; older sets have none.
    """

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    source: Source
    origin: str
    fingerprint: str
    train: int
    test: int
    words: int
    has_stars: bool
    has_texts: bool
    created: datetime
    path: str | None = None
    title: str | None = None
    visitor: str = ""
    files: dict[str, str] | None = None


def write(
    folder: Path,
    dataset: Dataset,
    *,
    created_at: datetime,
    path: Path | None = None,
    title: str | None = None,
    visitor: str = "",
) -> None:
    """Write `dataset` into the existing `folder`, down to the disk; `meta.json` comes last.

    Raises:
        StorageError: the disk is full or the folder cannot be written.
    """
    files = {
        _array_file(folder, split, name).name: write_array(_array_file(folder, split, name), array)
        for split, reviews in (("train", dataset.train), ("test", dataset.test))
        for name, array in _arrays(reviews).items()
    }
    files[_WORDS] = _write(folder / _WORDS, "\n".join(dataset.vocabulary.words).encode())
    meta = Meta(
        source=dataset.source,
        origin=dataset.origin,
        fingerprint=dataset.fingerprint,
        train=len(dataset.train),
        test=len(dataset.test),
        words=len(dataset.vocabulary),
        has_stars=dataset.train.stars is not None,
        has_texts=dataset.train.texts is not None,
        created=created_at,
        path=None if path is None else str(path),
        title=title,
        visitor=visitor,
        files=files,
    )
    _write(folder / META, as_checked_json(meta.model_dump(mode="json")))


def read_meta(folder: Path) -> Meta:
    """What the folder says of itself.

    Raises:
        DataNotPreparedError: there is no such folder.
        SourceDamagedError: its `meta.json` is missing or damaged.
        StorageError: the system does not let it be read.
    """
    if not is_there(folder):
        raise DataNotPreparedError(f"{folder} is not prepared.")
    try:
        return Meta.model_validate(parse_checked_json((folder / META).read_bytes()))
    except OSError as error:
        raise _unreadable(error, folder / META) from error
    except (ValueError, ValidationError, RecursionError) as error:
        raise _damaged(folder / META) from error


def load(folder: Path) -> Dataset:
    """Map the arrays of a prepared folder into memory, once every file is known to be what was
    written: 42 ms of computing for IMDB as Keras offers it, by two threads.

    Raises:
        DataNotPreparedError: there is no such folder.
        SourceDamagedError: a file is missing or not what was written; the message names it.
        StorageError: the system does not let one be read.
    """
    meta = read_meta(folder)
    if meta.files is not None:
        _check_content(folder, meta.files)
    train, test = (_map_reviews(folder, split, meta) for split in ("train", "test"))
    content = _read_words(folder)
    _check_words(content, folder, meta)
    try:
        words = content.decode().split("\n")
    except UnicodeDecodeError as error:
        raise _damaged(folder / _WORDS) from error
    for split, reviews in (("train", train), ("test", test)):
        _check_numbers(folder, split, reviews, meta)
    vocabulary = Vocabulary(tuple(words))
    if meta.files is None and fingerprint_of(train, test, vocabulary) != meta.fingerprint:
        raise _damaged(folder)
    return Dataset(
        source=meta.source,
        origin=meta.origin,
        fingerprint=meta.fingerprint,
        train=train,
        test=test,
        vocabulary=vocabulary,
    )


def check(folder: Path, meta: Meta) -> None:
    """Whether each file is there and of the size that `meta` asks for: all that shows without
    reading reviews.

    Raises:
        SourceDamagedError: a file is missing or cut; the message names it.
    """
    for split in ("train", "test"):
        _map_reviews(folder, split, meta)
    _check_words(_read_words(folder), folder, meta)


@contextmanager
def staging(target: Path) -> Iterator[Path]:
    """A new folder beside `target` that takes its place if the block ends well.

    Otherwise nothing of it is left, and `target` is as it was. What killed preparations left
    behind is removed first. The caller must hold the target's lock.

    Raises:
        StorageError: the folder cannot be made or moved.
    """
    folder = temporary_beside(target)
    sweep(target.parent)
    try:
        folder.mkdir(parents=True)
        yield folder
        sync_folder(folder)
        remove(target)
        move_folder(folder, target)
    except OSError as error:
        raise StorageError.from_os_error(error, target) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove(target: Path) -> None:
    """Delete a prepared folder, if it is there; the caller must hold its lock.

    It vanishes in one step, so that no reader meets half of it. So does what a killed process
    left behind beside it, perhaps of somebody's own reviews.

    Raises:
        OSError: it could not be removed.
    """
    sweep(target.parent)
    doomed = temporary_beside(target)
    try:
        move_folder(target, doomed)
    except FileNotFoundError:
        return
    shutil.rmtree(doomed)


def size_bytes(folder: Path) -> int:
    """What the files of a prepared folder take, with all that was worked out from them.

    Raises:
        SourceDamagedError: one was removed just now.
        StorageError: the system does not let one look.
    """
    size = 0
    try:
        for file in folder.rglob("*"):
            with suppress(FileNotFoundError):  # being written anew
                size += file.stat().st_size if file.is_file() else 0
        folder.stat()
    except OSError as error:
        raise _unreadable(error, folder) from error
    return size


def write_array(path: Path, array: NDArray[Any]) -> str:
    """Write one `.npy` file, down to the disk; returns its SHA-256, hexadecimal.

    Raises:
        StorageError: the disk is full or the folder cannot be written.
    """
    # np.save loses the errno (it writes through C's fwrite), and with it "the disk is full".
    array = np.ascontiguousarray(array)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(array))
    return _write(path, header.getvalue(), array.data)


def _write(path: Path, *parts: bytes | memoryview) -> str:
    digest = hashlib.sha256()
    try:
        with open(path, "wb") as file:
            for part in parts:
                digest.update(part)
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageError.from_os_error(error, path) from error
    return digest.hexdigest()


def _check_content(folder: Path, files: dict[str, str]) -> None:
    """Whether each file is what was written."""
    with ThreadPoolExecutor(_HASHED_AT_ONCE, thread_name_prefix="checksums") as pool:
        found = pool.map(_sha256, [folder / name for name in files])
        for (name, expected), digest in zip(files.items(), found, strict=True):
            if digest != expected:
                raise _damaged(folder / name)


def _sha256(path: Path) -> str:
    """Read block by block, so that texts take no memory before they are used."""
    digest, block = hashlib.sha256(), bytearray(_BLOCK_BYTES)
    try:
        with open(path, "rb", buffering=0) as file:
            while size := file.readinto(block):
                digest.update(memoryview(block)[:size])
    except OSError as error:
        raise _unreadable(error, path) from error
    return digest.hexdigest()


def _arrays(reviews: Reviews) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {
        "ranks": reviews.ranks,
        "offsets": reviews.offsets,
        "labels": reviews.labels,
    }
    if reviews.stars is not None:
        arrays["stars"] = reviews.stars
    if reviews.texts is not None:
        arrays["utf8"] = reviews.texts.utf8
        arrays["text_offsets"] = reviews.texts.offsets
    return arrays


def _read_words(folder: Path) -> bytes:
    try:
        return (folder / _WORDS).read_bytes()
    except OSError as error:
        raise _unreadable(error, folder / _WORDS) from error


def _check_words(content: bytes, folder: Path, meta: Meta) -> None:
    if content.count(b"\n") + 1 != meta.words:
        raise _damaged(folder / _WORDS)


def _map_reviews(folder: Path, split: Literal["train", "test"], meta: Meta) -> Reviews:
    """Arrays of the sizes that they should have, whatever stands in them."""
    count = meta.train if split == "train" else meta.test

    def array(name: str, dtype: type[np.generic], count: int = count) -> NDArray[Any]:
        return _load_array(_array_file(folder, split, name), dtype, count)

    def flat(name: str, offsets_name: str, dtype: type[np.generic]) -> tuple[Any, Any]:
        offsets = array(offsets_name, np.int64, count + 1)
        return array(name, dtype, int(offsets[-1])), offsets

    ranks, offsets = flat("ranks", "offsets", np.int32)
    return Reviews(
        ranks=ranks,
        offsets=offsets,
        labels=array("labels", np.uint8),
        stars=array("stars", np.uint8) if meta.has_stars else None,
        texts=Texts(*flat("utf8", "text_offsets", np.uint8)) if meta.has_texts else None,
    )


def _check_numbers(folder: Path, split: str, reviews: Reviews, meta: Meta) -> None:
    """Offsets that rise from 0, and ranks of words that there are."""
    offsets = {"offsets": reviews.offsets}
    if reviews.texts is not None:
        offsets["text_offsets"] = reviews.texts.offsets
    for name, array in offsets.items():
        if array[0] != 0 or (np.diff(array) < 0).any():
            raise _damaged(_array_file(folder, split, name))
    ranks = reviews.ranks
    if len(ranks) and (ranks.min() < 0 or ranks.max() > meta.words):
        raise _damaged(_array_file(folder, split, "ranks"))


def _array_file(folder: Path, split: str, name: str) -> Path:
    return folder / f"{split}_{name}.npy"


def _load_array(path: Path, dtype: type[np.generic], count: int) -> NDArray[Any]:
    try:
        array = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except OSError as error:
        raise _unreadable(error, path) from error
    except (ValueError, EOFError) as error:
        raise _damaged(path) from error
    if array.dtype != dtype or array.shape != (count,):
        raise _damaged(path)
    return array


def _damaged(path: Path) -> SourceDamagedError:
    source = path.parent.name
    if is_own(source):
        what_to_do = "Delete these reviews on the Data page, and upload them again."
    else:
        what_to_do = (
            "Prepare the data again: on the Data page, "
            f"or with: python -m imdb_core data prepare --source {source}"
        )
    return SourceDamagedError(f"{path} is missing or damaged. {what_to_do}")


def _unreadable(error: OSError, path: Path) -> StudioError:
    # numpy gives no errno where a file ends too soon.
    return _damaged(path) if error.errno is None else unreadable(error, path, _damaged(path))
