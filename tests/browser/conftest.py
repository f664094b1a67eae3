"""A real browser, a real server, and what they had to say when a test fails."""

import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    BrowserType,
    Error,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.browser.server import Server
from tests.browser.tab import Tab

_FLAGS = ["--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"]
# So tall that nothing has to be scrolled to: scrolling closes an open list.
_VIEWPORT: ViewportSize = {"width": 1280, "height": 2400}
_LIMIT_MS = 90_000  # a loaded machine with two cores takes half a minute to parse Plotly

expect.set_options(timeout=_LIMIT_MS)


class OpenTab(Protocol):
    """Opens a tab of a new visitor.

    A test's first tab is in a browser that has the scripts of Streamlit and Plotly in its cache;
    any other, and one with options, in a new context that has nothing.

    Args:
        beside: open it in that tab's context instead, as the same visitor.
        url: another address of the server.
        is_first_visit: in a new context, even the first.
        options: of the new context.
    """

    def __call__(
        self,
        *,
        beside: Tab | None = None,
        url: str | None = None,
        is_first_visit: bool = False,
        **options: Any,
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
def chromium() -> Iterator[BrowserType]:
    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="session")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a browser keeps its cache."""
    return tmp_path_factory.mktemp("browser")


@pytest.fixture(scope="module")
def known_browser(chromium: BrowserType, profile: Path) -> Iterator[BrowserContext]:
    """A browser that has been here before."""
    with _needs_a_browser():
        context = chromium.launch_persistent_context(profile, viewport=_VIEWPORT, **_launching())
    yield context
    context.close()


@pytest.fixture(scope="module")
def browser(chromium: BrowserType) -> Iterator[Browser]:
    """A browser whose contexts begin with nothing."""
    with _needs_a_browser():
        browser = chromium.launch(**_launching())
    yield browser
    browser.close()


def _launching() -> dict[str, Any]:
    """Debian's Chromium, or else Playwright's own."""
    flags = [*_FLAGS, "--no-sandbox"] if os.geteuid() == 0 else _FLAGS
    return {"executable_path": shutil.which("chromium"), "args": flags}


@contextmanager
def _needs_a_browser() -> Iterator[None]:
    """Without one there is nothing to test."""
    try:
        yield
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
def tabs(known_browser: BrowserContext, server: Server) -> Iterator[list[Tab]]:
    """All tabs that a test opened; none may have met a fault by its end."""
    blank, *_ = known_browser.pages  # the browser ends with its last page
    known_browser.clear_cookies()
    forgotten = {"origin": server.url, "storageTypes": "local_storage,indexeddb,service_workers"}
    known_browser.new_cdp_session(blank).send("Storage.clearDataForOrigin", forgotten)
    tabs: list[Tab] = []
    yield tabs
    faults = [fault for tab in tabs for fault in tab.faults]
    for context in {tab.context for tab in tabs} - {known_browser}:
        context.close()
    for page in known_browser.pages:
        if page != blank:
            page.close()
    assert faults == []


@pytest.fixture
def open_tab(
    request: pytest.FixtureRequest, known_browser: BrowserContext, server: Server, tabs: list[Tab]
) -> OpenTab:
    def open_tab(
        *,
        beside: Tab | None = None,
        url: str | None = None,
        is_first_visit: bool = False,
        **options: Any,
    ) -> Tab:
        if beside:
            context = beside.context
        elif tabs or options or is_first_visit:
            browser: Browser = request.getfixturevalue("browser")
            context = browser.new_context(**{"viewport": _VIEWPORT} | options)
        else:
            context = known_browser
        context.set_default_timeout(_LIMIT_MS)
        tabs.append(Tab(context, url or server.url, server.home))
        return tabs[-1]

    return open_tab
