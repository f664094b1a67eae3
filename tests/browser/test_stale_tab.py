"""Two visitors of one server."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocketRoute

from tests.browser.conftest import OpenTab
from tests.browser.homes import find, lend, states
from tests.browser.server import Server
from tests.browser.tab import ENDLESS, SYNTHETIC

pytestmark = pytest.mark.browser


class SlowLine:
    """What the server says to a page arrives late; what the page says arrives at once."""

    def __init__(self, page: Page) -> None:
        self._held: list[tuple[WebSocketRoute, str | bytes]] | None = None
        page.route_web_socket("**/_stcore/stream", self._connect)

    def hold(self) -> None:
        self._held = []

    def let_go(self) -> None:
        held, self._held = self._held or [], None
        for browser_side, message in held:
            browser_side.send(message)

    def _connect(self, browser_side: WebSocketRoute) -> None:
        def pass_on(message: str | bytes) -> None:
            if self._held is None:
                browser_side.send(message)
            else:
                self._held.append((browser_side, message))

        browser_side.connect_to_server().on_message(pass_on)


def test_of_two_tabs_that_both_click_train_one_trains_and_the_other_queues(
    server: Server, open_tab: OpenTab, sample_home: Path
) -> None:
    lend(sample_home, "sample", server.home)
    server.start()
    first, stale = open_tab(), open_tab()
    line = SlowLine(stale.page)
    for tab in (first, stale):
        tab.open_with(source="sample", **ENDLESS)
        tab.sees(SYNTHETIC)

    # One tab has not heard yet what the other one does.
    line.hold()
    first.button("train").click()
    running = first.sees_run("Training")
    stale.sees("No run yet")
    stale.button("train").click()
    first.sees("1 more waiting.")
    stale.sees("No run yet")
    line.let_go()

    # Each sees their own.
    waiting = stale.sees_run("Waiting")
    stale.sees(f"Yours is next. Now training: {find(server.home, running).name}")
    first.sees_run("Training", running)
    assert states(server.home) == ["training", "queued"]
    first.button("stop").click()
    first.sees_run("Finished", running)
    stale.sees_run("Training", waiting)
    assert states(server.home) == ["finished", "training"]
