"""Change a word and see what that changes, while it is typed."""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from streamlit import runtime
from streamlit.components.v2 import component

from imdb_core.errors import TextError
from imdb_core.scoring import Reading, Scorer
from imdb_core.ui import frame
from imdb_core.ui.score.charts import CHART_CONFIG, curves_figure
from imdb_core.ui.score.state import curve_of
from imdb_core.ui.wording import as_markdown

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

_KEY = "try_text"
_LONGEST = 20_000
_MOST_CHANGES = 4


def draw_try(scorer: Scorer, original: Reading) -> None:
    """A copy of the text to change, and both verdicts beside each other."""
    if len(original.text) > _LONGEST:
        st.info(
            f"This text has more than {_LONGEST:,} characters. Shorten it to change words here."
        )
        return
    _draw_both(scorer, original)


def _draw_both(scorer: Scorer, original: Reading) -> None:
    edit, verdicts = st.columns([1, 1], gap="large")
    with edit:
        text = _edited(original.text)
    with verdicts, frame.errors_as_sentences():
        before = scorer.judge(original).probability
        try:
            changed = scorer.read(text)
        except TextError as error:
            frame.show_error(error)
            return
        after = scorer.judge(changed).probability
        left, right = st.columns(2)
        left.metric("As it was", f"{before:.1%}")
        points = round(100 * (after - before), 1)
        right.metric(
            "As you changed it", f"{after:.1%}", f"{points:+.1f} points" if points else None
        )
        st.caption(as_markdown(changes_words(original, changed)))
        if text != original.text:
            _draw_curves(scorer, original, changed)


def _draw_curves(scorer: Scorer, original: Reading, changed: Reading) -> None:
    readings = {"as you changed it": changed, "as it was": original}
    curves = [(name, reading, curve_of(scorer, reading)) for name, reading in readings.items()]
    known = [(name, reading, curve) for name, reading, curve in curves if curve is not None]
    if len(known) == len(curves):  # else a line says that they are worked out
        st.plotly_chart(
            curves_figure(known), key="try_curves", config=CHART_CONFIG, alt="Both reading curves."
        )


def changes_words(original: Reading, changed: Reading) -> str:
    """Which words differ, in a sentence."""
    old = [original.word(index) for index in range(original.words_read)]
    new = [changed.word(index) for index in range(changed.words_read)]
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    parts = []
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind == "replace":
            parts.append(f"“{_joined(old[i:j])}” became “{_joined(new[k:m])}”")
        elif kind == "delete":
            parts.append(f"“{_joined(old[i:j])}” was left out")
        elif kind == "insert":
            parts.append(f"“{_joined(new[k:m])}” was put in")
    if not parts:
        return "The same words so far. Change one: put “not” before it, or leave it out."
    more = len(parts) - _MOST_CHANGES
    if more > 0:
        parts = [*parts[:_MOST_CHANGES], f"{more} more changes"]
    return "; ".join(parts) + "."


def _joined(words: list[str]) -> str:
    shown = " ".join(words)
    return shown if len(shown) <= 60 else f"{shown[:60]}…"


def _edited(original: str) -> str:
    """What stands in the box: the original until it is changed."""
    if not runtime.exists():
        return original
    of = sha256(original.encode("utf-8", "replace")).hexdigest()[:16]
    result = _renderer()(
        key=_KEY,
        data={"text": original, "of": of},
        default={"edit": {"of": of, "text": original}},
        on_edit_change=lambda: None,
        height="content",
    )
    edit = result["edit"]
    is_text = isinstance(edit, dict) and isinstance(edit.get("text"), str)
    return edit["text"] if is_text and edit.get("of") == of else original


@cache
def _renderer() -> ComponentRenderer:
    folder = Path(__file__).parent
    css, js = ((folder / f"variations.{kind}").read_text("utf-8") for kind in ("css", "js"))
    html = (
        '<label>Change a word; both verdicts follow<textarea spellcheck="false"></textarea></label>'
    )
    return component("imdb_rnn_studio_try", html=html, css=css, js=js)
