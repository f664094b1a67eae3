"""What Streamlit's Markdown makes of text that is meant to stand as it is."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.literal_texts import TEXTS
from tests.browser.server import Server
from tests.browser.tab import literally

pytestmark = pytest.mark.browser


def test_text_given_as_markdown_is_read_as_it_was_typed(server: Server, open_tab: OpenTab) -> None:
    server.start("tests/browser/literal_texts_page.py")
    tab = open_tab()
    tab.page.goto(server.url)
    shown = tab.page.get_by_test_id("stMarkdownContainer")
    patterns = [literally(" ".join(text.split())) for text in TEXTS]
    expect(shown).to_have_text([re.compile(f"^{pattern}$") for pattern in patterns])
    expect(shown.locator(":not(p)")).to_have_count(0)
