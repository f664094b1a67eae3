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
from tests.limits import LIMIT_MS

# Of two lists of features the last one counts: this one is for Playwright's, with what costs
# time here. Without the first, each browser draws a page of its own that nobody sees.
_WITHOUT = [
    "PreloadTopChromeWebUI", "HttpsUpgrades", "MediaRouter", "OptimizationHints", "PaintHolding",
    "Translate",
]  # fmt: skip
_FLAGS = [
    "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking",
    f"--disable-features={','.join(_WITHOUT)}",
]  # fmt: skip
# So tall that nothing has to be scrolled to: scrolling closes an open list.
_VIEWPORT: ViewportSize = {"width": 1280, "height": 2400}
_KNOWN_BROWSERS = 2  # tests with more visitors are few
_CONTEXT: dict[str, Any] = {"viewport": _VIEWPORT, "reduced_motion": "reduce"}

expect.set_options(timeout=LIMIT_MS)


class OpenTab(Protocol):
    """Opens a tab of a new visitor.

    A test's first two visitors have browsers that keep the scripts of Streamlit and Plotly, ready
    to run; any other has a new context with nothing.

    Args:
        beside: open it in that tab's context instead, as the same visitor.
        url: another address of the server.
        is_first_visit: in a new context, whoever's turn it is.
        viewport: its size.
    """

    def __call__(
        self,
        *,
        beside: Tab | None = None,
        url: str | None = None,
        is_first_visit: bool = False,
        viewport: ViewportSize = _VIEWPORT,
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


class Browsers:
    """Those of a session's visitors; each starts when a test first needs it.

    Args:
        chromium: what starts them.
        profiles: folder for what they keep.
    """

    def __init__(self, chromium: BrowserType, profiles: Path) -> None:
        self._chromium = chromium
        self._profiles = profiles
        self._known: list[BrowserContext] = []
        self._new: Browser | None = None

    def known(self, number: int, url: str) -> BrowserContext:
        """The browser of a visitor, from 0, who has been here, but has no cookie of `url`."""
        while len(self._known) <= number:
            profile = self._profiles / str(len(self._known))
            start = self._chromium.launch_persistent_context
            self._known.append(start(profile, **_launching(), **_CONTEXT))
        context = self._known[number]
        context.clear_cookies()
        stored = {"origin": url, "storageTypes": "local_storage,indexeddb,service_workers"}
        context.new_cdp_session(context.pages[0]).send("Storage.clearDataForOrigin", stored)
        return context

    def new(self) -> BrowserContext:
        """One that has nothing."""
        self._new = self._new or self._chromium.launch(**_launching())
        return self._new.new_context(**_CONTEXT)

    def close_tabs(self) -> None:
        """All but the first of each known browser, which ends with its last one."""
        for context in self._known:
            for page in context.pages[1:]:
                page.close()
        for context in self._new.contexts if self._new else ():
            context.close()

    def close(self) -> None:
        for each in (*self._known, *filter(None, [self._new])):
            each.close()


@pytest.fixture(scope="session")
def browsers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsers]:
    with sync_playwright() as playwright:
        browsers = Browsers(playwright.chromium, tmp_path_factory.mktemp("browsers"))
        yield browsers
        browsers.close()


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
def tabs(browsers: Browsers) -> Iterator[list[Tab]]:
    """All tabs that a test opened; none may have met a fault by its end."""
    tabs: list[Tab] = []
    yield tabs
    faults = [fault for tab in tabs for fault in tab.faults]
    browsers.close_tabs()
    assert faults == []


@pytest.fixture
def open_tab(browsers: Browsers, server: Server, tabs: list[Tab]) -> OpenTab:
    numbers = iter(range(_KNOWN_BROWSERS))

    def open_tab(
        *,
        beside: Tab | None = None,
        url: str | None = None,
        is_first_visit: bool = False,
        viewport: ViewportSize = _VIEWPORT,
    ) -> Tab:
        with _needs_a_browser():
            if beside:
                context = beside.context
            elif is_first_visit or (number := next(numbers, None)) is None:
                context = browsers.new()
            else:
                context = browsers.known(number, server.url)
        context.set_default_timeout(LIMIT_MS)
        tab = Tab(context, url or server.url, server.home)
        tab.page.set_viewport_size(viewport)
        tabs.append(tab)
        return tab

    return open_tab
