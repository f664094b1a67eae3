"""A file's bytes as text: byte order marks, UTF-8, or a guess that is told."""

from __future__ import annotations

import codecs
import re
from typing import Final, NamedTuple

from imdb_core.errors import TableError

ENCODINGS: Final = (
    "utf-8", "utf-16", "windows-1252", "windows-1251", "windows-1250", "shift_jis", "gb18030",
)  # fmt: skip

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16's, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UTF16_LEAST_NULS = 0.2
_HEAD_BYTES = 1 << 16
_MOST_CONTROLS = 0.05
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_GOOD_FOR_ONE_BAD = 10
_BOM, _REPLACEMENT = "\ufeff", "\ufffd"
_LONE_RETURN = re.compile(r"\r(?!\n)")


class Decoded(NamedTuple):
    """A file's text, what it was written in, and what is to be said of that."""

    text: str
    encoding: str
    notes: tuple[str, ...] = ()


def decode(content: bytes, name: str, encoding: str | None = None) -> Decoded:
    """The text of a file: by its byte order mark, else UTF-8, else a guess.

    Byte order marks go, however many there are. Where lines end in a line feed, a carriage
    return alone ends none: it becomes a space.

    Args:
        content: the file.
        name: the file's, for people.
        encoding: take this one instead.

    Raises:
        TableError: it is no text, or not in `encoding`.
    """
    bom = next((name for mark, name in _BOMS if content.startswith(mark)), None)
    certain = encoding or bom or _utf16_without_bom(content) or "utf-8"
    if certain == "utf-8":
        _refuse_binary(content, name)
    try:
        decoded = Decoded(content.decode(certain), certain)
    except (UnicodeDecodeError, LookupError) as error:
        if encoding or certain != "utf-8":
            raise TableError.of(_undecodable(content, certain, error)) from error
        decoded = _guess(content, has_bom=bom is not None)
    text = decoded.text.lstrip(_BOM)
    if "\r" in text and text.count("\r") - text.count("\r\n") < text.count("\n"):
        text = _LONE_RETURN.sub(" ", text)
    return decoded._replace(text=text)


def _guess(content: bytes, *, has_bom: bool) -> Decoded:
    text = content.decode("utf-8", "replace")
    bad = text.count(_REPLACEMENT)
    good = len(text) - len(text.encode("ascii", "ignore")) - bad  # beyond ASCII
    if has_bom or good > _GOOD_FOR_ONE_BAD * bad:
        letters = "1 letter is" if bad == 1 else f"{bad:,} letters are"
        note = f"The file is UTF-8, but {letters} damaged and stand as {_REPLACEMENT}."
        return Decoded(text, "utf-8", (note,))
    note = (
        "The file is not UTF-8 and was read as Windows-1252. If the first rows show wrong "
        "letters, choose its encoding."
    )
    return Decoded(content.decode("windows-1252", "replace"), "windows-1252", (note,))


def _refuse_binary(content: bytes, name: str) -> None:
    head = content[:_HEAD_BYTES]
    if len(_CONTROLS.findall(head)) > _MOST_CONTROLS * len(head) + 1:
        raise TableError.of(
            f"{name} is no text file: it has zero bytes or other bytes that no text has. "
            "Save the table as CSV, in UTF-8."
        )


def _utf16_without_bom(content: bytes) -> str | None:
    head = content[:4096]
    if head.count(0) < _UTF16_LEAST_NULS * len(head):
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    if min(even, odd) > max(even, odd) / 4:
        return None  # of UTF-16 every other byte is zero
    return "utf-16-le" if odd > even else "utf-16-be"


def _undecodable(content: bytes, encoding: str, error: Exception) -> str:
    if not isinstance(error, UnicodeDecodeError):
        return f"There is no encoding {encoding!r}; use one of {', '.join(ENCODINGS)}."
    line = content.count(b"\n", 0, error.start) + 1
    return (
        f"Line {line} is not {encoding} ({error.reason}). "
        "Choose another encoding, or save as UTF-8."
    )
