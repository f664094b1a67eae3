"""What every page has around it: its title, the bar of pages, errors as sentences."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from imdb_core.errors import ConfigError, StudioError
from imdb_core.studio import Studio, the_studio
from imdb_core.ui import live
from imdb_core.ui.wording import as_markdown

_PAGES = (
    ("app.py", "Train", ":material/show_chart:"),
    ("pages/1_Score.py", "Score", ":material/rate_review:"),
    ("pages/2_Evaluate.py", "Evaluate", ":material/fact_check:"),
    ("pages/3_Runs.py", "Runs", ":material/folder_open:"),
    ("pages/4_Data.py", "Data", ":material/database:"),
)

# Drawn here, and handed over as an address: Streamlit would fetch a Material icon or an
# emoji from the internet, and import Pillow for a picture.
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="7" fill="#0c615c"/>'
    '<path d="M6 9c5 11 11 14 20 14" stroke="#fcfbf8" stroke-width="3" fill="none"/>'
    '<path d="M6 8c5 9 9 10 12 10s5-1 8-3" stroke="#f0a04b" stroke-width="3" fill="none"/></svg>'
)

_STYLE = """
<style>
.block-container { padding: 1.25rem 2rem 3rem; max-width: 90rem; }
/* Streamlit's header lies over the bar of pages; only its menu is to be clicked. */
[data-testid="stHeader"] { background: transparent; height: 2.5rem; pointer-events: none; }
[data-testid="stHeader"] * { pointer-events: none; }
[data-testid="stHeader"] button { pointer-events: auto; }
.st-key-pages { border-bottom: 1px solid var(--st-border-color, rgba(128,128,128,.25));
  padding-bottom: .5rem; margin-bottom: .25rem; }
.st-key-pages p { font-size: 1rem; }
.st-key-brand p { font-weight: 700; font-size: 1.05rem; letter-spacing: -.01em; }
[data-testid="stMetricValue"] { font-variant-numeric: tabular-nums; font-size: 1.6rem; }
[data-testid="stMetric"] + div, [data-testid="stColumn"] .stMetric { margin-bottom: -.75rem; }
/* Streamlit's own shades of these fall short of the contrast that WCAG asks for. */
[data-testid="stCaptionContainer"] { opacity: .75; }
[data-testid^="stBaseButton-primary"],
[data-testid="stMultiSelectTagsContainer"] > :not(input) {
  color: light-dark(#fcfbf8, #14181d);
  /* What opens over the page does not know the theme: light where text is dark, and so on. */
  color: oklch(from currentcolor clamp(.2, (.6 - l) * 100, .98) 0 0); }
[data-testid="stMultiSelectTagsContainer"] > :not(input) * { color: inherit; }
.st-key-run_bar { justify-content: space-between; row-gap: .5rem; }
.st-key-run_settings { row-gap: 0; }
.st-key-run_settings > :has(button) { flex: none; }
@media (min-width: 641px) { .st-key-run_settings { flex-wrap: nowrap; } }
.st-key-run_settings [data-testid="stCaptionContainer"] { margin-bottom: 0; }
/* Two lines: one that grows from one to two would push the settings below it about. */
.st-key-cost [data-testid="stCaptionContainer"] { min-height: 2.9rem; }
@media (max-width: 640px) {
  .block-container { padding: .75rem .9rem 2rem; }
  .st-key-brand { display: none; }
  [data-testid="stTable"] :is(th, td) { padding: .25rem .15rem; }
  [data-testid="stTable"] :is(th, td, p) { font-size: .75rem; }
  .st-key-numbers [data-testid="stColumn"] { min-width: 45%; flex: 1 1 45%; }
  .st-key-pages { gap: 0; padding-right: 2rem; flex-wrap: nowrap; }
  .st-key-pages p { font-size: .9rem; }
  .st-key-pages a { padding: .25rem .45rem; }
  .st-key-pages a span:has(> [data-testid="stIconMaterial"]) { display: none; }
}
</style>
"""


@contextmanager
def page(title: str) -> Iterator[Studio]:
    """A page's frame around the block that draws it; must be its first Streamlit call.

    Once the first page is drawn, the studio warms up: started any earlier, the import of
    PyTorch would keep the visitor waiting.
    """
    _begin(title)
    studio = the_studio()
    try:
        with live.drawing(studio.changes), errors_as_sentences():
            yield studio
    finally:
        studio.warm_up()


def _begin(title: str) -> None:
    st.set_page_config(
        page_title=f"{title} · IMDB RNN Studio",
        page_icon="data:image/svg+xml;base64," + b64encode(_ICON.encode()).decode(),
        layout="wide",
        initial_sidebar_state="collapsed",
    )
    st.html(_STYLE)
    with st.container(key="pages", horizontal=True, vertical_alignment="center", gap="medium"):
        with st.container(key="brand", width="content"):
            st.markdown("IMDB RNN Studio")
        for path, label, icon in _PAGES:
            st.page_link(path, label=label, icon=icon)


@contextmanager
def errors_as_sentences() -> Iterator[None]:
    """Show a StudioError of the block in its place, and go on after the block.

    Of a fragment it must be inside: Streamlit shows what a fragment raises itself.
    """
    try:
        yield
    except StudioError as error:
        show_error(error)


def show_error(error: StudioError) -> None:
    """Show what happened and what to do, each fault on a line of its own."""
    faults = error.faults if isinstance(error, ConfigError) else [str(error)]
    st.error("\n\n".join(as_markdown(fault) for fault in faults), icon=":material/error:")


def synthetic_notice() -> None:
    """Say that what is shown rests on the sample."""
    st.warning(
        "Synthetic sample, not IMDB: made-up reviews to try the program without the internet.",
        icon=":material/science:",
    )
