"""The plain files in a .tar, .tar.gz or .zip, one after another, without unpacking it."""

from __future__ import annotations

import gzip
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from imdb_core.errors import SourceDamagedError

_GZIP_MAGIC: Final = b"\x1f\x8b"
_ZIP_MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")
_IS_ENCRYPTED: Final = 0x1
_DAMAGE: Final = (
    EOFError, gzip.BadGzipFile, zlib.error, tarfile.TarError, zipfile.BadZipFile,
    NotImplementedError,  # a zip's way of compressing
)  # fmt: skip


class Member(NamedTuple):
    """One file.

    Attributes:
        name: with `/` between folders, whatever the archive's maker put there.
        size: of its content, in bytes.
        read: gives its content; only until the next member is asked for.
        position: how far in the archive it stands, in bytes.
    """

    name: str
    size: int
    read: Callable[[], bytes]
    position: int


def members_of(path: Path, check: Callable[[], None]) -> Iterator[Member]:
    """The plain files of the archive; by its content, whatever its name says.

    Args:
        path: the archive.
        check: called now and then; an exception of its ends the reading.

    Raises:
        SourceDamagedError: it is truncated, or no such archive.
        OSError: it cannot be read.
    """
    with open(path, "rb") as raw:
        magic = raw.read(4)
        raw.seek(0)
        try:
            if magic.startswith(_ZIP_MAGIC):
                yield from _in_zip(raw)
            elif magic.startswith(_GZIP_MAGIC):
                # Not tarfile's own "r|gz": that takes a truncated file for a shorter one.
                with gzip.open(raw) as unpacked:
                    yield from _in_tar(unpacked, raw)
                    while unpacked.read(1 << 20):  # gzip checks length and CRC at the very end
                        check()
            else:
                yield from _in_tar(raw, raw)
        except _DAMAGE as error:
            raise SourceDamagedError(
                f"{path} is truncated or no .tar.gz, .tar or .zip ({error}). "
                "Download aclImdb_v1.tar.gz again, or give an unpacked aclImdb folder."
            ) from error


def _in_tar(stream: BinaryIO | gzip.GzipFile, raw: BinaryIO) -> Iterator[Member]:
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for entry in archive:
            file = archive.extractfile(entry) if entry.isreg() else None
            if file is not None:
                yield Member(entry.name, entry.size, file.read, raw.tell())


def _in_zip(raw: BinaryIO) -> Iterator[Member]:
    with zipfile.ZipFile(raw) as archive:
        for entry in archive.infolist():
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if entry.flag_bits & _IS_ENCRYPTED:
                raise zipfile.BadZipFile("it has a password")
            if not entry.is_dir() and kind in (0, stat.S_IFREG):
                yield Member(
                    entry.filename.replace("\\", "/"),
                    entry.file_size,
                    lambda entry=entry: archive.read(entry),  # type: ignore[misc]
                    entry.header_offset,
                )
