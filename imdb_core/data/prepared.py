"""The folder of a prepared source: plain arrays, the words, and what they are.

::

    meta.json              format, source, origin, fingerprint, counts, when and from what
    words.txt              one word a line, in rank order (UTF-8)
    train_ranks.npy  train_offsets.npy  train_labels.npy      and the same for test
    train_stars.npy  train_utf8.npy  train_text_offsets.npy   where the source has stars and texts
"""

from __future__ import annotations

import io
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from imdb_core.config import Source
from imdb_core.data.reviews import Dataset, Reviews, Texts
from imdb_core.data.sources import is_own
from imdb_core.data.vocabulary import Vocabulary
from imdb_core.errors import DataNotPreparedError, SourceDamagedError, StorageError

META = "meta.json"
_WORDS = "words.txt"


class Meta(BaseModel):
    """What `meta.json` holds.

    `path` is what an aclImdb set was read from, or the name of a user's file; `title` is the
    user's name for reviews of his own.
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


def write(
    folder: Path,
    dataset: Dataset,
    *,
    created_at: datetime,
    path: Path | None = None,
    title: str | None = None,
) -> None:
    """Write `dataset` into the existing `folder`, down to the disk; `meta.json` comes last.

    Raises:
        StorageError: the disk is full or the folder cannot be written.
    """
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
    )
    for split, reviews in (("train", dataset.train), ("test", dataset.test)):
        for name, array in _arrays(reviews).items():
            write_array(_array_file(folder, split, name), array)
    _write(folder / _WORDS, "\n".join(dataset.vocabulary.words).encode())
    _write(folder / META, (meta.model_dump_json(indent=2) + "\n").encode())


def read_meta(folder: Path) -> Meta:
    """What the folder says of itself.

    Raises:
        DataNotPreparedError: there is no such folder.
        SourceDamagedError: it has no readable `meta.json`.
    """
    if not folder.is_dir():
        raise DataNotPreparedError(f"{folder} is not prepared.")
    try:
        return Meta.model_validate(json.loads((folder / META).read_bytes()))
    except (OSError, ValueError, ValidationError) as error:
        raise _damaged(folder / META) from error


def load(folder: Path) -> Dataset:
    """Map the arrays of a prepared folder into memory; texts are not read before they are used.

    Raises:
        DataNotPreparedError: there is no such folder.
        SourceDamagedError: a file is missing, cut or inconsistent; the message names it.
    """
    meta = read_meta(folder)
    train, test = (_map_reviews(folder, split, meta) for split in ("train", "test"))
    content = _read_words(folder)
    _check_words(content, folder, meta)
    try:
        words = content.decode().split("\n")
    except UnicodeDecodeError as error:
        raise _damaged(folder / _WORDS) from error
    for split, reviews in (("train", train), ("test", test)):
        _check_numbers(folder, split, reviews, meta)
    return Dataset(
        source=meta.source,
        origin=meta.origin,
        fingerprint=meta.fingerprint,
        train=train,
        test=test,
        vocabulary=Vocabulary(tuple(words)),
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

    Otherwise nothing of it is left, and `target` is as it was. Folders that a killed
    preparation left behind are removed first, so the caller must hold the target's lock.

    Raises:
        StorageError: the folder cannot be made or moved.
    """
    folder = _sibling(target)
    try:
        for leftover in target.parent.glob(f".{target.name}.*.tmp"):
            shutil.rmtree(leftover)
        folder.mkdir(parents=True)
        yield folder
        remove(target)
        os.rename(folder, target)
        _sync_folder(target.parent)
    except OSError as error:
        raise StorageError.from_os_error(error, target) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove(target: Path) -> None:
    """Delete a prepared folder, if it is there; the caller must hold its lock.

    It vanishes in one step, so that no reader meets half of it.
    """
    doomed = _sibling(target)
    try:
        os.rename(target, doomed)
    except FileNotFoundError:
        return
    shutil.rmtree(doomed)


def size_bytes(folder: Path) -> int:
    """What the files of a prepared folder take, with all that was worked out from them.

    Raises:
        FileNotFoundError: the folder is gone.
    """
    size = 0
    for file in folder.rglob("*"):
        with suppress(FileNotFoundError):  # being written anew
            size += file.stat().st_size if file.is_file() else 0
    folder.stat()
    return size


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write one `.npy` file, down to the disk.

    Raises:
        StorageError: the disk is full or the folder cannot be written.
    """
    # np.save loses the errno (it writes through C's fwrite), and with it "the disk is full".
    array = np.ascontiguousarray(array)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(array))
    _write(path, header.getvalue(), array.data)


def _write(path: Path, *parts: bytes | memoryview) -> None:
    try:
        with open(path, "wb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageError.from_os_error(error, path) from error


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
        raise _damaged(folder / _WORDS) from error


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
    except (OSError, ValueError, EOFError) as error:
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


def _sibling(target: Path) -> Path:
    return target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
