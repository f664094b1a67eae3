"""What visitors paste into the Score page."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from imdb_core.data import plain_text, tokenize
from tests.browser.conftest import OpenTab
from tests.browser.homes import lend, train
from tests.browser.server import Server
from tests.browser.tab import Tab

pytestmark = pytest.mark.browser

HTML = '<script>alert("one")</script> good <img src=x onerror=alert(2)> <b>quokka</b> film'
MARKDOWN = (
    "# Zebra\n**quokka** _zebra_ good [film](http://evil.example/) ![i](http://evil.example/i.png)"
)
EMOJI = "😀 🎬👍🏽 😭"
KOREAN = "정말 재미있는 영화 였다"
ONE_MEGABYTE = "good film " * 100_000

MADE_OF_TEXT = "img[src='x'], [src*=evil], a[href*=evil]"
EMPHASIS = "h1, b:not(.word), strong, i, em"
# The page itself puts no word in bold but those that turned the score.
MARKED_WORDS = re.compile("zebra|quokka", re.IGNORECASE)


def test_every_text_gets_a_sensible_answer_and_none_is_interpreted(
    server: Server, open_tab: OpenTab, sample_home: Path
) -> None:
    lend(sample_home, "sample", server.home)
    run = train(server.home)
    server.start()
    tab = open_tab()
    tab.open("Score")
    tab.sees("The verdict appears here.")

    for text in ("The film was good. I liked it.", HTML, MARKDOWN, EMOJI, KOREAN):
        words = len(tokenize(plain_text(text)))
        answer(tab, text, f"{words} of {words} words read")
        tab.sees(re.compile(r"^(thumb_up|thumb_down)? ?(Positive|Negative)$"))
        tab.sees(f"Epoch 2 of {run.name}")
        expect(tab.text("The network knows none of these words")).to_be_visible(
            visible=text in (EMOJI, KOREAN)
        )
        expect(tab.page.locator(MADE_OF_TEXT)).to_have_count(0)
        expect(tab.page.locator(EMPHASIS, has_text=MARKED_WORDS)).to_have_count(0)

    answer(tab, ONE_MEGABYTE, "100 of 200,000 words read, the last ones")
    answer(tab, "x" * 2_000_001, "The text has 2,000,001 characters; the limit is 2,000,000.")
    answer(tab, " \n ", "The verdict appears here.")
    answer(tab, "... !!! ???", "There is no word to read in this text.")
    answer(tab, "", "The verdict appears here.")


def answer(tab: Tab, text: str, expected: str) -> None:
    tab.keyed("review").locator("textarea").fill(text)
    tab.button("score").click()
    tab.sees(expected)
