"""Stanford's Large Movie Review Dataset: the folder `aclImdb`, or an archive of it as it is."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from imdb_core.data.archive_members import members_of
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
_FOLDERS = r"(?:\./)?(?:(?!\.\.?/)[^/]+/){0,3}?"  # around train and test
_MEMBER = re.compile(rf"{_FOLDERS}(train|test)/(neg|pos)/{_FILE.pattern}")
_LAYOUT = "aclImdb/{train,test}/{pos,neg}/ID_STARS.txt"
_REPORT_EVERY = 250
_OF_A_CLASS = 12_500
_ALL = 4 * _OF_A_CLASS
_TOY = 1_000  # so few are somebody's own choice, not the beginning of an unpacking


class _Key(NamedTuple):
    """Where a review belongs; rows stand in this order, whatever order they were read in."""

    split: str
    label: int
    number: int
    stars: int


def read(path: Path, watch: Watch) -> Dataset:
    """Read all reviews with their stars and texts.

    `path` is the folder `aclImdb`, one around it or in it, or a `.tar.gz`, `.tar` or `.zip`
    of it, which is never unpacked: a member that is not a plain file of the expected name is
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
    try:
        found = _from_folder(path, watch) if path.is_dir() else _from_archive(path, watch)
        texts = dict(found)
    except OSError as error:
        raise SourceUnavailableError(
            f"{error.filename or path} cannot be read: {error.strerror or error}. "
            f"Give an aclImdb folder or its .tar.gz (IMDB_STUDIO_ACLIMDB, or --path)."
        ) from error
    _check_complete(path, texts)
    return _dataset(texts, watch)


def _check_complete(path: Path, texts: dict[_Key, str]) -> None:
    counts = Counter((key.split, key.label) for key in texts)
    parts = {
        f"{split}/{sentiment}": counts[split, label]
        for split, (label, sentiment) in itertools.product(_SPLITS, enumerate(_SENTIMENTS))
    }
    if len(texts) >= _TOY and any(count < _OF_A_CLASS for count in parts.values()):
        found = ", ".join(f"{count:,} in {name}" for name, count in parts.items())
        raise SourceDamagedError(
            f"{path} holds {len(texts):,} of Stanford's {_ALL:,} reviews ({found}; each should "
            f"have {_OF_A_CLASS:,}), so {_ALL - len(texts):,} are missing. It was copied or "
            "unpacked only in part: do that again, or give the archive itself."
        )
    for name, count in parts.items():
        if not count:
            raise SourceDamagedError(
                f"{path} holds no reviews in {name}; {_LAYOUT} is expected. "
                "Give an aclImdb folder or its .tar.gz as Stanford offers it."
            )


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
    part = "" if len(texts) == _ALL else f" ({len(texts):,} of {_ALL:,})"
    return Dataset("aclimdb", f"{ORIGIN}{part}", fingerprint, train, test, vocabulary)


def _from_folder(path: Path, watch: Watch) -> Iterator[tuple[_Key, str]]:
    root = _root(path)
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


def _root(path: Path) -> Path:
    """The folder that holds train and test: `path`, one above it, or up to two below it."""
    above = [path.parent] if path.name in _SPLITS else []
    above += [path.parent.parent] if path.name in _SENTIMENTS else []
    for candidates in ([path], above, sorted(path.glob("*")), sorted(path.glob("*/*"))):
        for folder in candidates:
            if any((folder / split / label).is_dir() for split in _SPLITS for label in _SENTIMENTS):
                return folder
    return path


def _from_archive(path: Path, watch: Watch) -> Iterator[tuple[_Key, str]]:
    total = path.stat().st_size if path.is_file() else None
    for done, member in enumerate(members_of(path, watch.check)):
        if done % _REPORT_EVERY == 0:
            stage = f"Reading {path.name}"
            watch.report(Progress(stage=stage, done=member.position, total=total, unit="bytes"))
        if match := _MEMBER.fullmatch(member.name):
            name = f"{member.name} in {path}"
            _check_size(member.size, name)
            yield _key(*match.groups()), _decode(member.read(), name)


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
