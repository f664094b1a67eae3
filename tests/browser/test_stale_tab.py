"""Two visitors of one server."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.browser.conftest import OpenTab
from tests.browser.homes import lend, runs, states
from tests.browser.server import Server
from tests.browser.tab import ENDLESS, SYNTHETIC

pytestmark = pytest.mark.browser


def test_of_two_tabs_that_both_click_train_one_trains_and_the_other_queues(
    server: Server, open_tab: OpenTab, sample_home: Path
) -> None:
    lend(sample_home, "sample", server.home)
    server.start()
    first, stale = open_tab(), open_tab()
    stale.page.clock.install()
    for tab in (first, stale):
        tab.open()
        tab.settle(source="Synthetic sample", **ENDLESS)
        tab.sees(SYNTHETIC)

    # A tab whose timers stand still learns nothing of what the other one does.
    stale.page.clock.pause_at(datetime.now() + timedelta(seconds=5))
    first.button("train").click()
    first.sees_run("Training")
    stale.sees("No run yet")
    stale.button("train").click()
    stale.page.clock.resume()

    for tab in (first, stale):
        tab.sees_run("Training")
        tab.sees("1 more waiting.")
    assert states(server.home) == ["training", "queued"]
    first.button("stop").click()
    first.sees_run("Training", runs(server.home)[1].id)
    assert states(server.home) == ["finished", "training"]
