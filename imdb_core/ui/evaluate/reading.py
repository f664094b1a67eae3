"""How the network read one review of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from imdb_core.errors import StudioError, TextError
from imdb_core.runs.run import Run
from imdb_core.ui import frame
from imdb_core.ui.score.charts import CHART_CONFIG, curve_figure, curves_figure
from imdb_core.ui.wording import HTML_BREAK, as_markdown, with_line_breaks

if TYPE_CHECKING:
    from imdb_core.scoring import Reading, ReadingCurve, Scorer

_SHADE = '<style>[class*="st-key-unread"] { opacity: .68; }</style>'


def draw_reading(run: Run, text: str, key: str, *, last_epoch: int | None = None) -> None:
    """P(positive) after each word of `text`, then the text, what was not read in grey.

    Args:
        run: whose best weights read.
        text: as the source has it.
        key: unique on the page.
        last_epoch: another epoch whose reading is drawn beside it.
    """
    # Imported where it is needed: the page's first screen does not wait for PyTorch.
    from imdb_core.ui.score.state import curve_of, scorers

    try:
        with st.spinner("Reading it …"):
            scorer = scorers.get(run)
            reading = scorer.read(text, is_counted=True)
            last = None if last_epoch is None else _of_epoch(run, last_epoch)
    except TextError as error:
        frame.show_error(error)
        return
    curve = curve_of(scorer, reading)
    last_curve = None if last is None else curve_of(last, reading)
    if curve is not None and (last is None or last_curve is not None):
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


def _of_epoch(run: Run, epoch: int) -> Scorer | None:
    """What scores with another epoch's weights; None where they were not kept."""
    from imdb_core.ui.score.state import scorers

    try:
        return scorers.get(run, epoch)
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
