"""How the network read one review of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from imdb_core.errors import StudioError, TextError
from imdb_core.runs.run import Run
from imdb_core.ui import frame
from imdb_core.ui.score_charts import CHART_CONFIG, curve_figure, curves_figure
from imdb_core.ui.wording import HTML_BREAK, as_markdown, with_line_breaks

if TYPE_CHECKING:
    from imdb_core.scoring import Reading, ReadingCurve, ScorerCache

_SHADE = '<style>[class*="st-key-unread"] { opacity: .68; }</style>'
_scorers: list[ScorerCache] = []


def draw_reading(run: Run, text: str, key: str, *, last_epoch: int | None = None) -> None:
    """P(positive) after each word of `text`, then the text, what was not read in grey.

    Args:
        run: whose best weights read.
        text: as the source has it.
        key: unique on the page.
        last_epoch: another epoch whose reading is drawn beside it.
    """
    try:
        with st.spinner("Reading it word by word …"):
            scorer = _cache().get(run)
            reading = scorer.read(text)
            curve = scorer.curve(reading)
            last_curve = None if last_epoch is None else _of_epoch(run, last_epoch, reading)
    except TextError as error:
        frame.show_error(error)
        return
    if last_curve is None:
        figure = curve_figure(reading, curve, unsure=None)
    else:
        best = f"epoch {scorer.epoch} (best)", reading, curve
        figure = curves_figure([best, (f"epoch {last_epoch}", reading, last_curve)])
    st.plotly_chart(
        figure,
        key=f"curve_{key}",
        config=CHART_CONFIG,
        alt=f"P(positive) after each of {reading.words_read} words; at the end "
        f"{curve.points[-1]:.1%}.",
    )
    _draw_turns(reading, curve)
    _draw_text(reading, key)


def _cache() -> ScorerCache:
    # Imported where it is needed: the page's first screen does not wait for PyTorch.
    from imdb_core.scoring import ScorerCache

    if not _scorers:
        _scorers.append(ScorerCache())
    return _scorers[0]


def _of_epoch(run: Run, epoch: int, reading: Reading) -> ReadingCurve | None:
    """The curve by another epoch's weights; None where they were not kept."""
    try:
        return _cache().get(run, epoch).curve(reading)
    except StudioError:
        return None


def _draw_turns(reading: Reading, curve: ReadingCurve) -> None:
    turns = [
        f"**{as_markdown(reading.word(turn.index))}** (word {reading.number(turn.index):,}, "
        f"{turn.before:.0%} → {turn.after:.0%})"
        for turn in curve.turning_words()
    ]
    if turns:
        st.markdown("It turned at " + ", ".join(turns) + ".")


def _draw_text(reading: Reading, key: str) -> None:
    cut = reading.spans[0][0] if reading.words_cut else 0
    if reading.text.startswith(HTML_BREAK, max(cut - 1, 0)):  # its "br" is the first word read
        cut -= 1
    if cut:
        st.html(_SHADE)
        st.caption("The grey part was not read.")
        with st.container(key=f"unread_{key}"):
            st.text(with_line_breaks(reading.text[:cut]))
    st.text(with_line_breaks(reading.text[cut:]))
