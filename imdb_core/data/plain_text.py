"""What people type or bring, in plain signs: `It wasn’t` and `It wasn't` are the same review.

IMDB's own texts never come through here: they are counted exactly as Keras counts them.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_SIGNS: Final = {
    **dict.fromkeys("‘’‚‛ʹʻʼʽˈ′‵´‹›❛❜ꞌ", "'"),
    **dict.fromkeys("“”„‟″‶«»〝〞〟❝❞「」『』", '"'),
    **dict.fromkeys("−⁃", "-"),
    **dict.fromkeys("\v\f\r\x1c\x1d\x1e\u2028\u2029", "\n"),
    **dict.fromkeys("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0", ""),  # letters without a shape
    **dict.fromkeys("★☆", " "),
    "⁄": "/",
}
_INVISIBLE: Final = (
    *range(0x180B, 0x1810),  # variation selectors, of Mongolian
    *range(0xFE00, 0xFE10),  # of all other letters and of emoji
    *range(0x1F3FB, 0x1F400),  # skin tones
    *range(0xE0100, 0xE01F0),
)
_PICTURE: Final = "[\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001ffff]"
_BESIDE_A_PICTURE: Final = re.compile(rf"(?<=\S)(?={_PICTURE})|(?<={_PICTURE})(?=\S)")
_UNTOUCHED: Final = re.compile(r"[\t\n -~]*")


def plain_text(text: str) -> str:
    """`text` in Unicode's form NFKC, its typographic signs replaced by a keyboard's.

    Quotes, dashes, ellipses, spaces and line ends become the ASCII ones. What nobody sees
    goes: a byte order mark, zero-width characters, soft hyphens, variation selectors. Other
    signs that ASCII has not become spaces, for they part words; an emoji is a word of its own.
    Letters stay, full-width ones as ordinary ones. ASCII stays, so that `'word'` is counted as
    in IMDB's reviews. A plain text stays as it is.
    """
    if _UNTOUCHED.fullmatch(text):
        return text
    signs = text.replace("\r\n", "\n").translate(_REPLACEMENTS)
    # Letters that now stand side by side may make one, and that one a sign.
    plain = unicodedata.normalize("NFKC", signs).translate(_REPLACEMENTS)
    return _BESIDE_A_PICTURE.sub(" ", plain)


class _Replacements(dict[int, str]):
    """What each character becomes, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = found = _replacement(chr(code))
        return found


_REPLACEMENTS: Final = _Replacements(
    {ord(sign): plain for sign, plain in _SIGNS.items()} | dict.fromkeys(_INVISIBLE, "")
)


def _replacement(sign: str) -> str:
    code, kind = ord(sign), unicodedata.category(sign)
    plain = unicodedata.normalize("NFKC", sign)
    if sign in "\t\n" or " " <= sign <= "~":
        return sign
    if "\x80" <= sign <= "\x9f":  # Windows-1252 that was read as Latin-1
        meant = bytes([code]).decode("cp1252", "ignore")
        return _REPLACEMENTS[ord(meant)] if meant else ""
    if kind in ("Cc", "Cf"):
        return ""
    if kind == "Pd":
        return "-"
    if kind == "No" and "⁄" in plain:  # 8½ is 8 1/2
        return f" {plain.replace('⁄', '/')} "
    if kind in ("So", "Cn") and re.fullmatch(_PICTURE, sign):
        return plain
    if kind[0] in "PS" and not (plain.isascii() and plain.isprintable() and len(plain) == 1):
        return plain if set(plain) <= {"."} else " "
    if kind[0] in "ZC" or kind == "Me":
        return " "
    return plain
