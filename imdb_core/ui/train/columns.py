"""The Train page's two columns: on a narrow screen, what one watches comes first."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

# Streamlit lays columns below each other up to this width. The boxes around the Train button
# give way, so that it can stand elsewhere than the sliders above it.
_RUN_FIRST = """
<style>
@media (max-width: 640px) {
  [data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"] .st-key-train) {
    flex-flow: column; gap: 1rem;
    > [data-testid="stColumn"] { order: -1; flex: none; width: 100%; }
    > [data-testid="stColumn"]:has(.st-key-train),
    > [data-testid="stColumn"] :has(.st-key-train) { display: contents; }
    .st-key-train { order: -2; }
  }
}
</style>
"""


def form_and_stage(*, has_run: bool) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Places for the settings and for the run.

    Where there is no room for them side by side, the settings come first until there is a
    run; then the Train button, the run, and the settings last.
    """
    if has_run:
        st.html(_RUN_FIRST)
    form, stage = st.columns([1, 2.6], gap="large")
    return form, stage
