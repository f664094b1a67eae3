"""A chart of a run that grows in place: zoom, hover and legend choices outlive every tick.

`st.plotly_chart` builds its figure anew whenever the data change. This component keeps one
Plotly figure for the life of the page, and is sent only the epochs that it does not have.
"""

from __future__ import annotations

import streamlit as st

from imdb_core.ui.train.live_chart.assets import mount
from imdb_core.ui.train.live_chart.messages import Holding, as_holding, message, plot_height
from imdb_core.ui.train.live_chart.view import Baseline, ChartView, Ghost

__all__ = ["Baseline", "ChartView", "Ghost", "live_chart"]

_BAR_HEIGHT = 44


def live_chart(view: ChartView, *, key: str) -> None:
    """Draw `view`, or bring the chart that stands there already up to it.

    To be called again and again, mostly in a fragment that runs by itself. The browser tells
    now and then how far it has come, which runs the fragment (or the page) an extra time.

    Args:
        view: what is to be seen.
        key: unique on the page, and the same on each run; also a CSS class, `st-key-<key>`.
    """
    holding_key, reports_key = f"{key}__holding", f"{key}__reports"

    def note_report() -> None:
        # A report can arrive when the visitor has gone to another page, where no chart is known.
        report = st.session_state.get(key, {}).get("report")
        st.session_state[holding_key] = as_holding(report)
        st.session_state[reports_key] = st.session_state.get(reports_key, 0) + 1

    holding: Holding | None = st.session_state.get(holding_key)
    # The count keeps apart what would else be the same long message sent twice: Streamlit
    # sends only a hash of a message that it takes to be in the browser's cache, and breaks
    # the connection when it has just been dropped there.
    reports = st.session_state.get(reports_key, 0)
    mount(
        key=key,
        # In a list: in a dictionary, Streamlit looks for data frames, and for that imports pandas.
        data=[message(view, holding) | {"key": key, "reports": reports}],
        # The page keeps its shape while the scripts are still on their way.
        height=plot_height(view) + _BAR_HEIGHT,
        on_report_change=note_report,
    )
