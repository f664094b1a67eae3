"""Stanford's Large Movie Review Dataset: the folder `aclImdb`, or its `.tar.gz` as it is."""

from __future__ import annotations

import gzip
import itertools
import re
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from imdb_core.data.progress import Progress, Watch
from imdb_core.data.reviews import Dataset, Reviews, Texts, fingerprint_of
from imdb_core.data.vocabulary import Vocabulary, tokenize
from imdb_core.errors import SourceDamagedError, SourceUnavailableError

ORIGIN: Final = "IMDB reviews, from Stanford's aclImdb"
MAX_REVIEW_BYTES: Final = 1 << 20
"""A larger file is no review; the longest of the real ones has 14 KB."""

_SPLITS = ("train", "test")
_SENTIMENTS = ("neg", "pos")  # a label is the index
_FILE = re.compile(r"([0-9]+)_(10|[1-9])\.txt")
_MEMBER = re.compile(rf"(?:\./)?(?:aclImdb/)?(train|test)/(neg|pos)/{_FILE.pattern}")
_LAYOUT = "aclImdb/{train,test}/{pos,neg}/ID_STARS.txt"
_REPORT_EVERY = 250


class _Key(NamedTuple):
    """Where a review belongs; rows stand in this order, whatever order they were read in."""

    split: str
    label: int
    number: int
    stars: int


def read(path: Path, watch: Watch) -> Dataset:
    """Read all reviews with their stars and texts.

    `path` is the folder `aclImdb`, the folder that holds it, or the `.tar.gz`, which is
    streamed and never unpacked: a member that is not a plain file of the expected name is
    passed over. Rows are sorted by label and number, so that folder and archive give the
    same data set. Words are counted over the training reviews as Keras counts them; a test
    review's word that is not among them has rank 0. Without rank 0 the rows are Keras's, up
    to their order, the order of equally frequent words, and some twenty rare words whose
    accented capitals ("Álex") Keras's published index left as they were.

    Raises:
        SourceUnavailableError: there is nothing at `path`, or it cannot be read.
        SourceDamagedError: a file is not what it should be; the message names it.
        PreparationCancelledError: cancelled through `watch`.
    """
    found = _from_folder(path, watch) if path.is_dir() else _from_archive(path, watch)
    try:
        texts = dict(found)
    except OSError as error:
        raise SourceUnavailableError(
            f"{error.filename or path} cannot be read: {error.strerror or error}. "
            f"Give an aclImdb folder or its .tar.gz (IMDB_STUDIO_ACLIMDB, or --path)."
        ) from error
    for split, (label, sentiment) in itertools.product(_SPLITS, enumerate(_SENTIMENTS)):
        if not any(key.split == split and key.label == label for key in texts):
            raise SourceDamagedError(
                f"{path} holds no reviews in {split}/{sentiment}; {_LAYOUT} is expected. "
                "Give an aclImdb folder or its .tar.gz as Stanford offers it."
            )
    return _dataset(texts, watch)


def _dataset(texts: dict[_Key, str], watch: Watch) -> Dataset:
    watch.report(Progress(stage="Counting words"))
    keys = {split: sorted(key for key in texts if key.split == split) for split in _SPLITS}
    vocabulary = Vocabulary.from_texts(texts[key] for key in keys["train"])
    ranks = {}
    for done, key in enumerate(itertools.chain(*keys.values())):
        if done % _REPORT_EVERY == 0:
            watch.report(Progress(stage="Numbering words", done=done, total=len(texts)))
        ranks[key] = vocabulary.ranks(tokenize(texts[key]))
    train, test = (
        Reviews.from_rows(
            [ranks[key] for key in keys[split]],
            [key.label for key in keys[split]],
            stars=[key.stars for key in keys[split]],
            texts=Texts.from_strings(texts[key] for key in keys[split]),
        )
        for split in _SPLITS
    )
    fingerprint = fingerprint_of(train, test, vocabulary)
    return Dataset("aclimdb", ORIGIN, fingerprint, train, test, vocabulary)


def _from_folder(path: Path, watch: Watch) -> Iterator[tuple[_Key, str]]:
    root = path if (path / "train").is_dir() else path / "aclImdb"
    files = [
        (_key(split, sentiment, *match.groups()), file)
        for split, sentiment in itertools.product(_SPLITS, _SENTIMENTS)
        if (folder := root / split / sentiment).is_dir()
        for file in folder.iterdir()
        if (match := _FILE.fullmatch(file.name)) and file.is_file()
    ]
    for done, (key, file) in enumerate(files):
        if done % _REPORT_EVERY == 0:
            stage = f"Reading {root.name}"
            watch.report(Progress(stage=stage, done=done, total=len(files), unit="files"))
        _check_size(file.stat().st_size, str(file))
        yield key, _decode(file.read_bytes(), str(file))


def _from_archive(path: Path, watch: Watch) -> Iterator[tuple[_Key, str]]:
    total = path.stat().st_size if path.is_file() else None
    try:
        # Not tarfile's own "r|gz": that takes a truncated file for a shorter one.
        with (
            open(path, "rb") as raw,
            gzip.open(raw) as unpacked,
            tarfile.open(fileobj=unpacked, mode="r|") as archive,
        ):
            for done, member in enumerate(archive):
                if done % _REPORT_EVERY == 0:
                    stage = f"Reading {path.name}"
                    progress = Progress(stage=stage, done=raw.tell(), total=total, unit="bytes")
                    watch.report(progress)
                match = _MEMBER.fullmatch(member.name)
                if match and member.isreg():
                    name = f"{member.name} in {path}"
                    _check_size(member.size, name)
                    content = archive.extractfile(member)
                    assert content is not None  # it is a regular file
                    yield _key(*match.groups()), _decode(content.read(), name)
            while unpacked.read(1 << 20):  # gzip checks length and CRC at the very end
                watch.check()
    except (EOFError, gzip.BadGzipFile, zlib.error, tarfile.TarError) as error:
        raise SourceDamagedError(
            f"{path} is truncated or no .tar.gz ({error}). "
            "Download aclImdb_v1.tar.gz again, or give an unpacked aclImdb folder."
        ) from error


def _key(split: str, sentiment: str, number: str, stars: str) -> _Key:
    return _Key(split, _SENTIMENTS.index(sentiment), int(number), int(stars))


def _check_size(size_bytes: int, name: str) -> None:
    if size_bytes > MAX_REVIEW_BYTES:
        raise SourceDamagedError(
            f"{name} has {size_bytes:,} bytes, too many for a review. Remove it and try again."
        )


def _decode(content: bytes, name: str) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise SourceDamagedError(
            f"{name} is not UTF-8 text ({error.reason} at byte {error.start}). "
            "Get the data set again, or remove the file."
        ) from error
    if not text.strip():
        raise SourceDamagedError(f"{name} is empty. Get the data set again, or remove the file.")
    return text
