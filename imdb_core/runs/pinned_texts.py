"""What may be pinned: checked apart from the judging, which needs PyTorch."""

from __future__ import annotations

from collections.abc import Sequence

from imdb_core.data import plain_text, tokenize
from imdb_core.errors import TextError

PINNED_LIMIT = 3
PINNED_CHARACTERS = 5_000


def checked_texts(texts: Sequence[str]) -> tuple[str, ...]:
    """The texts that are not blank, each on one line.

    Raises:
        TextError: there are too many, or one is too long or has no word in it.
    """
    kept = tuple(" ".join(text.split()) for text in texts if text.strip())
    if len(kept) > PINNED_LIMIT:
        raise TextError(f"{len(kept)} reviews are pinned; at most {PINNED_LIMIT} can be.")
    for text in kept:
        if len(text) > PINNED_CHARACTERS:
            raise TextError(
                f"A pinned review has {len(text):,} characters; the limit is "
                f"{PINNED_CHARACTERS:,}. Shorten it."
            )
        if not tokenize(plain_text(text)):
            raise TextError(f"The pinned review {text[:40]!r} has no word in it. Write a sentence.")
    return kept
