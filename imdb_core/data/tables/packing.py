"""What is in a file's bytes: a table, or an archive with one in it."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from imdb_core.errors import TableError

MAX_BYTES: Final = 100 << 20
"""Of a file of reviews to train on, as it comes and unpacked."""

_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"
_EMPTY_ZIP = b"PK\x05\x06"
_DEEPEST = 2
_NOT_TABLES: Final = {
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF file",
    b"BZh": "packed with bzip2",
    b"\xfd7zXZ": "packed with xz",
    b"7z\xbc\xaf\x27\x1c": "packed with 7-Zip",
    b"\x28\xb5\x2f\xfd": "packed with Zstandard",
    b"Rar!": "packed with RAR",
    b"SQLite format 3": "an SQLite database",
}
_WORKBOOKS: Final = {
    "xl/workbook.xml": "an Excel workbook",
    "word/document.xml": "a Word document",
    "content.xml": "an OpenDocument file",
}
_SUFFIXES: Final = {".csv", ".tsv", ".tab", ".txt", ".json", ".jsonl", ".ndjson", ".parquet"}
_TAR_AT = 257


class Unpacked(NamedTuple):
    """A file's own name and bytes, and what is to be said of how it was packed."""

    name: str
    content: bytes
    notes: tuple[str, ...] = ()


def read_bytes(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    """The file's content; a file beyond the limit is refused before it is opened.

    Raises:
        TableError: too large, or it cannot be read.
    """
    try:
        check_size(path.stat().st_size, path.name, max_bytes)
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise TableError.of(f"{path} cannot be read: {reason}. Give a file of reviews.") from error


def check_size(size_bytes: int, name: str, max_bytes: int) -> None:
    """Refuse what is too large, or empty.

    Raises:
        TableError: as the file should be cut, or filled.
    """
    if size_bytes > max_bytes:
        raise TableError.of(
            f"{name} has {size_bytes / 2**20:,.0f} MB; the limit is {max_bytes >> 20} MB. "
            "Leave some rows out."
        )
    if size_bytes == 0:
        raise TableError.of(f"{name} is empty. Choose a file with a review in each row.")


def stem(name: str) -> str:
    """A file's name without what says how it is written and packed."""
    path = PurePosixPath(name)
    while path.suffix.lower() in _SUFFIXES | {".zip", ".gz"} and path.stem:
        path = path.with_suffix("")
    return path.name


def unpack(content: bytes, name: str, max_bytes: int = MAX_BYTES, *, depth: int = 0) -> Unpacked:
    """The one file of a .zip or .gz, whatever its name ends in; any other file as it is.

    Raises:
        TableError: too large, an archive of several tables, or no table at all.
    """
    check_size(len(content), name, max_bytes)
    for magic, kind in _NOT_TABLES.items():
        if content.startswith(magic):
            raise TableError.of(f"{name} is {kind}, not a table. {_SAVE}")
    if content[_TAR_AT : _TAR_AT + 5] == b"ustar":
        raise TableError.of(f"{name} is a tar archive. Take the file with the reviews out of it.")
    if not content.startswith((_ZIP, _GZIP, _EMPTY_ZIP)):
        return Unpacked(name, content)
    if depth == _DEEPEST:
        raise TableError.of(f"{name} is an archive within archives. Unpack it first.")
    try:
        inner = (_from_gzip if content.startswith(_GZIP) else _from_zip)(content, name, max_bytes)
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise TableError.of(f"{name} is a damaged archive ({error}). Pack it again.") from error
    except (RuntimeError, NotImplementedError) as error:  # a password, or an unusual method
        raise TableError.of(f"{name} cannot be unpacked ({error}). Unpack it first.") from error
    if len(inner.content) > max_bytes:
        raise TableError.of(
            f"{inner.name} in {name} has more than {max_bytes >> 20} MB, the limit. "
            "Leave some rows out."
        )
    found = unpack(inner.content, inner.name, max_bytes, depth=depth + 1)
    return found._replace(notes=(*inner.notes, *found.notes))


_SAVE = "Save the table as CSV (UTF-8)."


def _from_gzip(content: bytes, name: str, max_bytes: int) -> Unpacked:
    inner = name[:-3] if name.lower().endswith(".gz") else name
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        return Unpacked(inner, file.read(max_bytes + 1))


def _from_zip(content: bytes, name: str, max_bytes: int) -> Unpacked:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        for part, kind in _WORKBOOKS.items():
            if part in names:
                raise TableError.of(f"{name} is {kind}, not a table in text. {_SAVE}")
        files = [file for file in names if not _is_litter(file)]
        tables = [file for file in files if PurePosixPath(file).suffix.lower() in _SUFFIXES]
        chosen = files if len(files) == 1 else tables
        if len(chosen) != 1:
            listed = ", ".join(PurePosixPath(file).name for file in files[:5]) or "no file"
            raise TableError.of(
                f"{name} holds {len(files)} files ({listed}), but must hold one. "
                "Take the file with the reviews out of it."
            )
        inner = PurePosixPath(chosen[0]).name
        notes = (f"Of the {len(files)} files in {name}, {inner} was read.",) * (len(files) > 1)
        with archive.open(chosen[0]) as file:
            return Unpacked(inner, file.read(max_bytes + 1), notes)


def _is_litter(name: str) -> bool:
    """Folders, and what computers put into archives unasked."""
    path = PurePosixPath(name)
    return (
        name.endswith("/")
        or "__MACOSX" in path.parts
        or path.name.startswith(".")
        or path.name.lower() in ("thumbs.db", "desktop.ini")
    )
