"""How far something is that goes on beside the page."""

from __future__ import annotations

import streamlit as st

from imdb_core.data import Progress
from imdb_core.ui.wording import as_markdown


def draw_progress(progress: Progress) -> None:
    """A bar for one stage of a preparation."""
    share = min(progress.done / progress.total, 1.0) if progress.total else 0.0
    st.progress(share, text=as_markdown(f"{progress.stage} {_amount(progress)}"))


def _amount(progress: Progress) -> str:
    if not progress.done:
        return "…"
    if progress.unit == "bytes":
        total = f" of {progress.total / 1e6:.1f}" if progress.total else ""
        return f"({progress.done / 1e6:.1f}{total} MB)"
    total = f" of {progress.total:,}" if progress.total else ""
    return f"({progress.done:,}{total} {progress.unit})"
