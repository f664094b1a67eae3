"""Two visitors of one server."""

from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import expect

from imdb_core.runs.store import RunStore
from tests.browser.conftest import OpenTab
from tests.browser.homes import lend
from tests.browser.server import Server
from tests.browser.tab import ENDLESS

pytestmark = pytest.mark.browser


def test_of_two_tabs_that_both_click_train_one_trains_and_the_other_queues(
    server: Server, open_tab: OpenTab, sample_home: Path
) -> None:
    lend(sample_home, "sample", server.home)
    server.start()
    first, second = open_tab(), open_tab()
    for tab in (first, second):
        tab.open()
        tab.settle(source="Synthetic sample", **ENDLESS)
        expect(tab.button("train")).to_contain_text("Train")

    first.button("train").click()
    second.button("train").click()

    for tab in (first, second):
        tab.sees_run("Training")
        tab.sees("1 more waiting.")
    assert states(server) == {"training": 1, "queued": 1}
    first.button("stop").click()
    first.sees_no("more waiting")
    assert states(server) == {"training": 1, "finished": 1}


def states(server: Server) -> Counter[str]:
    return Counter(run.state for run in RunStore(server.home / "runs").all())
