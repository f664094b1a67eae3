"""A real browser, a real server, and what they had to say when a test fails."""

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, BrowserType, Error, expect, sync_playwright

from tests.browser.server import Server
from tests.browser.tab import Tab

_FLAGS = ["--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"]
_LIMIT_MS = 90_000  # a loaded machine with two cores takes half a minute to parse Plotly

expect.set_options(timeout=_LIMIT_MS)


class OpenTab(Protocol):
    """Opens a tab of a new visitor, with a browser context of its own.

    Args:
        beside: open it in that tab's context instead, as the same visitor.
        url: another address of the server.
        options: of the new context.
    """

    def __call__(
        self, *, beside: Tab | None = None, url: str | None = None, **options: Any
    ) -> Tab: ...


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what the tabs showed and the server's last lines to a failed test's report."""
    report = yield
    if report.when == "call" and report.failed:
        for number, tab in enumerate(item.funcargs.get("tabs", []), start=1):
            report.sections.append((f"tab {number}", tab.describe()))
        if "server" in item.funcargs:
            report.sections.append(("server log", item.funcargs["server"].log_tail()))
    return report


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = _launch(playwright.chromium)
        yield browser
        browser.close()


def _launch(chromium: BrowserType) -> Browser:
    """Debian's Chromium, or else Playwright's own; without either there is nothing to test."""
    flags = [*_FLAGS, "--no-sandbox"] if os.geteuid() == 0 else _FLAGS
    try:
        return chromium.launch(executable_path=shutil.which("chromium"), args=flags)
    except Error as error:
        reason = f"no browser: {error.message.splitlines()[0]}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Not started yet, so that a test can fill its home first; may not have failed by the end."""
    home = tmp_path / "home"
    home.mkdir()
    server = Server(home)
    yield server
    server.kill()
    assert server.failures() == []


@pytest.fixture
def tabs(browser: Browser) -> Iterator[list[Tab]]:
    """All tabs that a test opened; none may have met a fault by its end."""
    tabs: list[Tab] = []
    yield tabs
    faults = [fault for tab in tabs for fault in tab.faults]
    for tab in tabs:
        tab.context.close()
    assert faults == []


@pytest.fixture
def open_tab(browser: Browser, server: Server, tabs: list[Tab]) -> OpenTab:
    def open_tab(*, beside: Tab | None = None, url: str | None = None, **options: Any) -> Tab:
        # So tall that nothing has to be scrolled to: scrolling closes an open list.
        options = {"viewport": {"width": 1280, "height": 2400}} | options
        context = beside.context if beside else browser.new_context(**options)
        context.set_default_timeout(_LIMIT_MS)
        tabs.append(Tab(context, url or server.url, server.home))
        return tabs[-1]

    return open_tab
