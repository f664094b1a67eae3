"""The main job, from the first click to the last look, on the real reviews."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.homes import find, lend, runs, states
from tests.browser.server import Server
from tests.browser.tab import ENDLESS

pytestmark = [pytest.mark.browser, pytest.mark.imdb]

REVIEW = "A wonderful film, and not a minute too long."


def test_a_run_on_the_real_reviews_is_the_same_for_all_who_look(
    server: Server, open_tab: OpenTab, keras_prepared_home: Path
) -> None:
    lend(keras_prepared_home, "imdb", server.home)
    server.start()
    tab = open_tab()
    tab.open()
    expect(tab.button("train")).to_be_in_viewport()
    tab.settle(**ENDLESS)

    # It moves without a click.
    tab.button("train").click()
    expect(tab.button("stop")).to_contain_text("Stop")
    first = tab.sees_run("Training")
    early = tab.curves(least=2)

    # A reload and another browser show the same run, with the same points.
    tab.page.reload()
    assert tab.sees_run("Training") == first
    reloaded = tab.curves(least=len(early.train))
    assert reloaded.up_to(len(early.train)) == early
    other = open_tab()
    other.open()
    assert other.sees_run("Training") == first
    seen_there = other.curves(least=len(reloaded.train))
    assert seen_there.up_to(len(reloaded.train)) == reloaded

    # Another run waits for the first, and its owner looks at it from now on.
    expect(other.button("train")).to_contain_text("Queue another run")
    other.button("train").click()
    second = other.sees_run("Waiting")
    assert second != first
    other.sees(
        re.compile(f"Yours is next. Now training: {find(server.home, first).name}, at most .* left")
    )
    tab.sees("1 more waiting.")
    assert tab.sees_run("Training") == first
    assert states(server.home) == ["training", "queued"]

    # And starts by itself when that is stopped.
    tab.button("stop").click()
    tab.sees_run("Stopped", first)
    other.sees_run("Training", second)
    assert states(server.home) == ["stopped", "training"]
    other.curves(least=1)
    other.button("stop").click()
    other.sees_run("Stopped", second)
    other.sees(re.compile(r"Stopped by you after epoch \d+\. Epoch \d+ was best"))
    best = runs(server.home)[1].best
    assert best is not None

    other.page.get_by_role("link", name="Score a review with these weights").click()
    other.keyed("review").locator("textarea").fill(REVIEW)
    other.button("score").click()
    other.sees("9 of 9 words read")
    other.sees(re.compile(r"(Positive|Negative)$"))
    other.sees(
        f"Epoch {best.epoch} of {find(server.home, second).name}, "
        "trained on IMDB reviews, from Keras's files"
    )

    tab.go("Runs")
    for run_id in (first, second):
        tab.sees_cell(find(server.home, run_id).name)
    tab.go("Data")
    tab.sees("25,000 reviews to learn from, 25,000 to test, 88,584 different words")
