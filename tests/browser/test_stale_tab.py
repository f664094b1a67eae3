"""Tabs and a server that are out of step: what one says reaches the other late."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.conftest import OpenTab
from tests.browser.homes import find, lend, states
from tests.browser.server import Server
from tests.browser.tab import ENDLESS, SYNTHETIC

pytestmark = pytest.mark.browser


class SlowLine:
    """What the server says to a page arrives late; what the page says arrives at once.

    Attributes:
        said: all that the page told the server.
    """

    def __init__(self, page: Page) -> None:
        self.said: list[BackMsg] = []
        self._loses_drawings = False
        self._page = page
        self._held: list[tuple[WebSocketRoute, str | bytes]] | None = None
        page.route_web_socket("**/_stcore/stream", self._connect)

    def hold(self) -> None:
        self._held = []

    def waits_for(self, word: str) -> None:
        """Wait until something that is held has it."""
        while not any(word.encode() in message for _, message in self._held or []):
            self._page.evaluate("() => new Promise(requestAnimationFrame)")

    def let_go(self) -> None:
        held, self._held = self._held or [], None
        for browser_side, message in held:
            browser_side.send(message)

    def lose_a_drawing(self) -> None:
        """What the next script draws never arrives, but its beginning and its end do."""
        self._loses_drawings = True

    def say(self, message: BackMsg) -> None:
        self._server_side.send(message.SerializeToString())

    def _connect(self, browser_side: WebSocketRoute) -> None:
        def note(message: str | bytes) -> None:
            if isinstance(message, bytes):
                self.said.append(BackMsg.FromString(message))
            self._server_side.send(message)

        def pass_on(message: str | bytes) -> None:
            assert isinstance(message, bytes)
            kind = ForwardMsg.FromString(message).WhichOneof("type")
            if self._loses_drawings and kind in ("delta", "ref_hash"):
                return
            self._loses_drawings = self._loses_drawings and kind != "script_finished"
            if self._held is None:
                browser_side.send(message)
            else:
                self._held.append((browser_side, message))

        self._server_side = browser_side.connect_to_server()
        self._server_side.on_message(pass_on)
        browser_side.on_message(note)


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
    first.sees_run("Stopped", running)
    stale.sees_run("Training", waiting)
    assert states(server.home) == ["stopped", "training"]


def test_what_pages_said_may_arrive_once_the_visitor_has_left_them(
    server: Server, open_tab: OpenTab, sample_home: Path
) -> None:
    lend(sample_home, "sample", server.home)
    server.start()
    tab = open_tab()
    line = SlowLine(tab.page)
    tab.open_with(source="sample", **ENDLESS)
    tab.button("train").click()
    run_id = tab.sees_run("Training")
    tab.button("pause").click()
    tab.sees_run("Paused", run_id)
    tab.page.get_by_role("button", name="Change").click()
    tab.keyed("setting_preset").get_by_role("radio", name="Quick").click()
    expect(tab.page).to_have_url(re.compile("preset=quick"))
    tab.go("Runs")
    tab.tick_row(0)
    tab.page.get_by_role("button", name="Name, notes, tags").click()
    tab.page.get_by_label("Name", exact=True).fill("renamed")
    tab.page.get_by_role("button", name="Save").click()
    tab.sees_cell("renamed")

    tab.go("Data")
    tab.sees_rest()
    new_page = line.said[-1].rerun_script.page_script_hash
    acts = ("-watch", "trigger_value: true", "Quick")
    for message in [each for each in line.said if any(act in str(each) for act in acts)]:
        # As the server sees it that has put a request of the old page and the step to the new
        # one into one.
        message.rerun_script.page_script_hash = new_page
        message.rerun_script.fragment_id = ""
        line.say(message)
    tab.go("Score")
    tab.sees("The verdict appears here.")  # and the server noted no fault, as its fixture checks


def test_a_page_that_lost_what_was_drawn_comes_back_by_itself(
    server: Server, open_tab: OpenTab
) -> None:
    server.start()
    tab = open_tab()
    line = SlowLine(tab.page)
    tab.open("Data")
    tab.sees("Reviews added here")
    tab.sees_rest()

    line.lose_a_drawing()
    tab.keyed("pages").get_by_role("link", name="Runs").click()

    tab.sees("Nothing was trained yet.")
    expect(tab.page).to_have_title("Runs · IMDB RNN Studio")


def test_a_page_whose_scripts_did_not_arrive_is_loaded_anew(
    server: Server, open_tab: OpenTab
) -> None:
    server.start()
    tab = open_tab()
    address = "**/imdb_rnn_studio.live/memory.js"
    tab.page.route(address, lambda route: route.abort(), times=1)
    tab.open()
    tab.sees_chart()
    tab.faults.clear()  # the browser says in its console what was missing


def test_a_page_that_is_being_left_calls_nobody_back(
    server: Server, open_tab: OpenTab, sample_home: Path
) -> None:
    lend(sample_home, "sample", server.home)
    server.start()
    tab, other = open_tab(), open_tab()
    line = SlowLine(tab.page)
    for each in (tab, other):
        each.open_with(source="sample", **ENDLESS)
        each.sees_rest()
    other.button("train").click()
    run_id = tab.sees_run("Training")
    assert any("-watch" in str(message) for message in line.said)  # that is how a page asks
    known = tab.hears_of(f"run/{run_id}", after=0)
    line.hold()
    tab.keyed("pages").get_by_role("link", name="Data").click()
    said = len(line.said)
    other.button("stop").click()
    tab.hears_of(f"run/{run_id}", after=known)  # for which the page would have been drawn again
    assert not any("-watch" in str(message) for message in line.said[said:])
    line.let_go()
    expect(tab.page).to_have_title("Data · IMDB RNN Studio")
    tab.sees_rest()
    tab.sees("Reviews added here")
    other.sees_run("Stopped", run_id)
