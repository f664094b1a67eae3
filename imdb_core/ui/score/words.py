"""A review's words as the network read them, coloured by what each did to the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from streamlit import runtime
from streamlit.components.v2 import component

from imdb_core.scoring import Attribution, Reading, ReadingCurve

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

_CUT_SHOWN = 600
_GAP_SHOWN = 2_000
_LEAST_SCALE_POINTS = 0.10
_LEAST_SCALE_LOGITS = 0.25
_FAINT = 0.04

_MORE = "moved it towards positive"
_LESS = "moved it towards negative"
_UNKNOWN = "unknown: such words all look the same to the network"


def draw_words(data: dict[str, Any], key: str) -> None:
    """Show what one of the functions below made; without a server there is nothing to draw in."""
    if runtime.exists():
        _renderer()(key=key, data=data, height="content")


def words_by_curve(reading: Reading, curve: ReadingCurve) -> dict[str, Any]:
    """The words by what each added to P(positive) when it was read."""
    before = np.concatenate(([curve.start], curve.points[:-1]))
    notes = [
        f"took it from {start:.0%} to {end:.0%} ({100 * (end - start):+.1f} points)"
        for start, end in zip(before, curve.points, strict=True)
    ]
    turns = [
        (_shown(reading.word(turn.index)), f"took it from {turn.before:.0%} to {turn.after:.0%}")
        for turn in curve.turning_words()
    ]
    return _message(reading, curve.added, _LEAST_SCALE_POINTS, notes) | {
        "lead": "It turned here:" if turns else "No single word turned it; it moved bit by bit.",
        "turns": turns,
        "hint": "Point at a word, or go through them with ← and →, to see what each did.",
    }


def words_by_attribution(reading: Reading, found: Attribution) -> dict[str, Any]:
    """The words by what each counts for the verdict."""
    notes = [f"counts {value:+.2f}" for value in found.values]
    return _message(reading, found.values, _LEAST_SCALE_LOGITS, notes) | {
        "hint": "Point at a word, or go through them with ← and →, to see what each counts."
    }


def _message(
    reading: Reading, values: NDArray[np.float64], least_scale: float, notes: Sequence[str]
) -> dict[str, Any]:
    scale = max([least_scale, *np.abs(values).tolist()])
    pieces: list[Any] = []
    end = reading.spans[0][0] if reading.words_cut else 0
    for index, (start, stop) in enumerate(reading.spans):
        pieces.append(_gap(reading.text[end:start]))
        strength = round(float(values[index]) / scale, 3)
        kind = "known" if reading.is_known[index] else "unknown"
        is_faint = abs(strength) < _FAINT
        pieces.append(
            [_shown(reading.word(index)), kind, 0 if is_faint else strength, notes[index]]
        )
        end = stop
    pieces.append(_gap(reading.text[end:]))
    strengths = [piece[2] for piece in pieces if isinstance(piece, list)]
    return {
        "pieces": [piece for piece in pieces if piece],
        "cut": _cut(reading),
        "more": _MORE if max(strengths) > 0 else "",
        "less": _LESS if min(strengths) < 0 else "",
        "unknown": _UNKNOWN if reading.words_unknown else "",
        "lead": "",
        "turns": [],
    }


def _cut(reading: Reading) -> str:
    """The end of what was not read."""
    if not reading.words_cut:
        return ""
    cut = reading.text[: reading.spans[0][0]]
    return _shown(cut) if len(cut) <= _CUT_SHOWN else f"… {_shown(cut[-_CUT_SHOWN:])}"


def _gap(text: str) -> str:
    return _shown(text if len(text) <= _GAP_SHOWN else f"{text[:_GAP_SHOWN]} … ")


def _shown(text: str) -> str:
    """Halves of letters cannot be sent to a browser."""
    return text.encode("utf-8", "replace").decode()


@cache
def _renderer() -> ComponentRenderer:
    folder = Path(__file__).parent
    css, js = ((folder / f"words.{kind}").read_text("utf-8") for kind in ("css", "js"))
    return component("imdb_rnn_studio_words", html='<div class="words"></div>', css=css, js=js)
