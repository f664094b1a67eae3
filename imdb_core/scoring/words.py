"""Where the words of a text stand in it, as it was typed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

Span = tuple[int, int]


def spans_of_last(text: str, tokens: Sequence[str]) -> list[Span]:
    """Start and end in `text` of each of `tokens`, which are the last ones `tokenize` gives.

    Found from the end: between two tokens stands only what no token contains, so the last
    occurrence before the token that follows is the token itself. Words that are not asked
    for cost nothing.
    """
    lowered = text.lower()
    spans: list[Span] = []
    end = len(lowered)
    for token in reversed(tokens):
        start = lowered.rindex(token, 0, end)
        spans.append((start, start + len(token)))
        end = start
    spans.reverse()
    if len(lowered) == len(text):
        return spans
    return _in_typed_text(text, spans)


def _in_typed_text(text: str, spans: Sequence[Span]) -> list[Span]:
    """`spans` moved to where they are in `text`: the Turkish İ becomes two when lower-cased."""
    ends = list(accumulate(len(letter.lower()) for letter in text))
    typed_at = [at for at, letter in enumerate(text) for _ in letter.lower()]
    assert ends[-1] == len(typed_at)
    return [(typed_at[start], typed_at[end - 1] + 1) for start, end in spans]
