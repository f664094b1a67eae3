"""A page that shows `TEXTS` as the app shows what a user typed."""

import streamlit as st

from imdb_core.ui.wording import as_markdown
from tests.browser.literal_texts import TEXTS

for text in TEXTS:
    st.markdown(as_markdown(text))
