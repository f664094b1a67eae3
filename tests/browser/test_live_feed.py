"""Pages follow a run by themselves, whatever happens between the server and the browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.homes import lend
from tests.browser.proxy import Proxy
from tests.browser.server import Server
from tests.browser.tab import ENDLESS, Tab
from tests.browser.walks import pauses, walk
from tests.browser.written_run import WrittenRun
from tests.other_program import OtherProgram
from tests.unit.training.recorded_curves import recorded_curve

pytestmark = pytest.mark.browser

CURVE = recorded_curve("notebook_patience20")
TABS = 10  # over HTTP/1.1 a browser opens six connections to a server, no more
WALKS = 12  # `python -m tests.browser.walks` takes 500
WITHOUT_SHARED_WORKER = "delete window.SharedWorker"


@pytest.fixture
def run(server: Server) -> WrittenRun:
    """A run of another process than the server's, after five epochs; the server runs."""
    run = WrittenRun(server.home, CURVE)
    run.train_to(5)
    server.start()
    return run


@pytest.fixture
def proxy(server: Server, run: WrittenRun) -> Iterator[Proxy]:
    with Proxy(server.port) as proxy:
        yield proxy


def follows(tab: Tab, run: WrittenRun, epoch: int) -> None:
    """Wait until the chart has the epoch; then it has each one before, as they were written."""
    curves = tab.curves(least=epoch)
    written = run.record.epochs[:epoch]
    assert curves.train == {each.epoch: each.train_loss for each in written}
    assert curves.validation == {each.epoch: each.val_loss for each in written}


def test_ten_tabs_of_one_browser_follow_a_run(run: WrittenRun, open_tab: OpenTab) -> None:
    first = open_tab()
    first.open()
    tabs = [first]
    for _ in range(TABS - 1):
        tabs.append(open_tab(beside=first))
        tabs[-1].open("Runs")  # which loads faster than a chart
        tabs[-1].sees_rest()
    for epoch in (6, 7):
        run.train_to(epoch)
        for tab in tabs:
            tab.hears_of_epoch(run.id, epoch)
    follows(first, run, 7)


def test_what_came_while_the_feed_was_cut_is_not_missing(
    run: WrittenRun, proxy: Proxy, open_tab: OpenTab
) -> None:
    tab = open_tab(url=proxy.url)
    tab.open()
    follows(tab, run, 5)
    for cut in range(3):
        proxy.cut()
        run.train_to(7 + 2 * cut)
        proxy.restore()
        follows(tab, run, 7 + 2 * cut)
        run.train_to(8 + 2 * cut)
        follows(tab, run, 8 + 2 * cut)
    tab.faults.clear()  # the browser says in its console that the server was away


def test_the_feed_comes_through_a_proxy_that_holds_answers_back(
    server: Server, run: WrittenRun, open_tab: OpenTab
) -> None:
    with Proxy(server.port, holds_back=True) as proxy:
        tab = open_tab(url=proxy.url)
        tab.open()
        for epoch in (5, 6, 7):
            run.train_to(epoch)
            follows(tab, run, epoch)


@pytest.mark.parametrize("is_shared", [True, False])
def test_a_server_that_was_killed_and_started_again_is_found(
    server: Server, run: WrittenRun, open_tab: OpenTab, is_shared: bool
) -> None:
    tab = open_tab()
    if not is_shared:
        tab.page.add_init_script(WITHOUT_SHARED_WORKER)
    tab.open()
    follows(tab, run, 5)
    server.kill()
    run.train_to(8)
    server.start()
    follows(tab, run, 8)
    run.train_to(9)
    follows(tab, run, 9)
    tab.faults.clear()  # the browser says in its console that the server was away


def test_after_a_minute_asleep_a_page_notices_that_its_connection_is_dead(
    run: WrittenRun, proxy: Proxy, open_tab: OpenTab
) -> None:
    tab = open_tab(url=proxy.url, is_first_visit=True)  # its clock is the whole browser's
    tab.page.add_init_script(WITHOUT_SHARED_WORKER)  # it would have a clock of its own
    tab.page.clock.install()
    tab.open()
    follows(tab, run, 5)
    proxy.swallow_feeds()
    run.train_to(8)
    asked = proxy.feeds
    tab.page.clock.fast_forward(60_000)
    follows(tab, run, 8)
    assert proxy.feeds > asked


def test_a_page_that_was_frozen_goes_on(run: WrittenRun, open_tab: OpenTab) -> None:
    tab = open_tab()
    tab.open()
    follows(tab, run, 5)
    devtools = tab.context.new_cdp_session(tab.page)
    devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
    run.train_to(9)
    devtools.send("Page.setWebLifecycleState", {"state": "active"})
    follows(tab, run, 9)


def test_below_a_path_of_the_address_it_is_the_same(server: Server, open_tab: OpenTab) -> None:
    run = WrittenRun(server.home, CURVE)
    run.train_to(2)
    server.start(base="class/rnn")
    tab = open_tab(url=f"{server.url}/class/rnn")
    tab.open()
    follows(tab, run, 2)
    run.train_to(3)
    follows(tab, run, 3)


def test_a_run_whose_process_was_killed_is_called_interrupted(
    server: Server, open_tab: OpenTab
) -> None:
    program = OtherProgram()
    run = program.begin(server.home)
    run.train_to(3)
    server.start()
    tab = open_tab()
    tab.open()
    expect(tab.heading).to_have_text(re.compile("Training · "))
    program.kill()
    expect(tab.heading).to_have_text(re.compile("Interrupted · "))
    tab.sees("Epoch 3 was best")


def test_fast_walks_between_pages_leave_none_empty(
    server: Server, open_tab: OpenTab, sample_home: Path
) -> None:
    lend(sample_home, "sample", server.home)
    server.start()
    tab = open_tab()
    tab.open_with(source="sample", **ENDLESS)
    tab.button("train").click()
    tab.curves(least=1)
    for number in range(WALKS):
        walk(tab.page, *pauses(number))
    assert tab.faults == []
    assert server.failures() == []
