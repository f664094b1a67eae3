"""One visitor's tab: what a person does and sees, found by stable keys and visible words."""

import re
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Locator,
    Page,
    Request,
    TimeoutError,
    expect,
)

from tests.browser.homes import find
from tests.browser.record import recorded, shown
from tests.limits import LIMIT_S

_RUN_NAME = r"(RNN|GRU|LSTM)-\d+ [a-z0-9]{4}"  # of a run without a label
SYNTHETIC = "Synthetic sample, not IMDB"

ENDLESS = {
    "learning_rate": "0.00001",
    "patience": "20",
    "max_epochs": "2000",
    "max_length": "1000",
    "batch_size": "8",
}
"""Settings of a run that takes minutes to end by itself: only a visitor ends it."""

SLOW_BATCHES = {
    "source": "sample",
    "engine": "torch",
    "cell": "gru",
    "bidirectional": "true",
    "num_layers": "2",
    "max_length": "1000",
    "batch_size": "128",
}
"""A batch takes a second, so that one sees what is asked for before it has happened."""

_CURVES = """least => {
  const plot = document.querySelector('.st-key-loss_chart .js-plotly-plot');
  const points = of => Array.from(of ?? []);
  const curves = ['train', 'validation'].map(uid => {
    const curve = (plot?.data ?? []).find(each => each.uid === uid);
    // The losses of a later epoch may be there before it is drawn.
    return [uid, points(curve?.x), points(curve?.y).slice(0, curve?.x.length)];
  });
  return curves.every(([, x]) => x.length >= least) ? curves : false;
}"""
# The module that the page's own parts have, once they have it: it tells all who ask.
_FEED = """const found = () => performance.getEntriesByType('resource')
    .find(({ name }) => /imdb_rnn_studio.live.feed.js/.test(name));
  while (!found()) await new Promise(done => setTimeout(done, 50));
  const feed = await import(found().name);"""
_HEARS_OF_EPOCH = f"""async ([run, epoch]) => {{
  {_FEED}
  let end;
  await new Promise(resolve => {{
    end = feed.onEvents(run, events => events.some(each => each.epoch >= epoch) && resolve());
  }});
  end();
}}"""
_HEARS_OF = f"""async ([topic, after]) => {{
  {_FEED}
  let end;
  const version = await new Promise(resolve => {{
    end = feed.onChange(topic, ({{ version }}) => version > after && resolve(version));
  }});
  end();
  return version;
}}"""
_GRID_ROW_PX = 35
_OPENED_AGAIN, _LIST_LIMIT_MS = 4, 20_000
_WORD_JOINER = "\N{WORD JOINER}"


def literally(text: str) -> str:
    """A pattern for `text` as the app shows it: between letters may stand what takes no place,
    and keeps Streamlit from making icons and links of them.
    """
    return f"{_WORD_JOINER}?".join(map(re.escape, text))


@dataclass(frozen=True)
class Curves:
    """The loss chart's points: epoch to loss."""

    train: dict[int, float]
    validation: dict[int, float]

    def up_to(self, epoch: int) -> "Curves":
        """The part that a tab which looked earlier can have, too."""
        return Curves(_cut(self.train, epoch), _cut(self.validation, epoch))


class Tab:
    """A page of a visitor's browser, and the faults that it noticed.

    Attributes:
        faults: console errors, script errors, dialogs, and requests that left the host.
    """

    def __init__(self, context: BrowserContext, url: str, home: Path) -> None:
        self.context = context
        self._home = home
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        self._url = url
        self._host = urlsplit(url).netloc
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.faults.append(f"script error: {error}"))
        self.page.on("dialog", self._on_dialog)
        self.page.on("request", self._on_request)

    def open(self, path: str = "") -> None:
        self.page.goto(f"{self._url}/{path}")
        expect(self.keyed("pages")).to_be_visible()

    def open_with(self, **settings: str) -> None:
        """The Train page by a link that sets its form."""
        self.open(f"?{urlencode(settings)}")
        self.sees_chart()

    def reload(self) -> None:
        """The Train page, until all its scripts have arrived."""
        self.page.reload()
        self.sees_chart()

    def sees_chart(self) -> None:
        """Wait until the Train page's chart is drawn, with or without a curve."""
        expect(self.keyed("loss_chart").locator(".js-plotly-plot .xtick").first).to_be_visible()

    def go(self, title: str) -> None:
        """By the bar of pages; returns once the browser shows that page's title."""
        self.keyed("pages").get_by_role("link", name=title).click()
        expect(self.page).to_have_title(f"{title} · IMDB RNN Studio")

    def keyed(self, key: str) -> Locator:
        return self.page.locator(f".st-key-{key}")

    def button(self, key: str) -> Locator:
        return self.keyed(key).get_by_role("button")

    def text(self, text: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_text(text).first

    def sees(self, text: str | re.Pattern[str]) -> None:
        expect(self.text(text)).to_be_visible()

    def sees_rest(self) -> None:
        """Wait until the page's script has run to its end."""
        app = self.page.get_by_test_id("stApp")
        expect(app).to_have_attribute("data-test-script-state", "notRunning")

    def settle(self, *, source: str | None = None, **values: str) -> None:
        """Set what stands under 'More settings' on the Train page."""
        self.page.locator("summary", has_text="More settings").click()
        if source is not None:
            self.choose("Data", source)
        for name, value in values.items():
            field = self.keyed(f"setting_{name}").locator("input")
            field.fill(value)
            field.press("Enter")

    def choose(self, label: str, option: str | re.Pattern[str]) -> None:
        wanted = self.page.get_by_role("option", name=option)
        for _ in range(_OPENED_AGAIN):
            self.page.get_by_role("combobox", name=label).click()
            # A part of the page that is drawn anew closes an open list, for a person, too.
            with suppress(TimeoutError):
                wanted.click(timeout=_LIST_LIMIT_MS)
                return
        raise AssertionError(f"{label} has no option {option}")

    def sees_run(self, word: str, called: str | None = None, *, is_own: bool = True) -> str:
        """Wait for the Train page to say `word · name`, with the buttons that the run's folder
        then asks for; returns the run's id.

        Args:
            word: the state's, as a pattern.
            called: the run's id or label; any run without a label if it is not told.
            is_own: whether this visitor may act on the run.
        """
        pattern = _RUN_NAME if called is None else literally(find(self._home, called).name)
        expect(self.heading).to_have_text(re.compile(f"{word} · {pattern}$"))
        seen = find(self._home, called or self.heading.inner_text().rpartition(" · ")[2]).id
        self._agrees_with_record(seen, is_own=is_own)
        return seen

    def sees_another_run_than(self, run_id: str) -> None:
        """Wait for the Train page to have turned to another run."""
        name = re.compile(literally(find(self._home, run_id).name))
        expect(self.heading).not_to_have_text(name)

    @property
    def heading(self) -> Locator:
        """What the Train page says of the run in view."""
        return self.page.get_by_role("heading", level=5)

    def _agrees_with_record(self, run_id: str, *, is_own: bool) -> None:
        """Between an event and the page that shows it may lie a tick, or a slow machine's few."""
        give_up_at = time.monotonic() + LIMIT_S
        while True:
            found = shown(self.page)
            expected = recorded(self._home, run_id, word=found.word, is_own=is_own)
            if found == expected:
                return
            assert time.monotonic() < give_up_at, f"{found} is shown, but recorded is {expected}"
            self.page.evaluate("() => new Promise(requestAnimationFrame)")

    def curves(self, *, least: int) -> Curves:
        """The chart's points, once it has `least` epochs."""
        drawn = self.page.wait_for_function(_CURVES, arg=least).json_value()
        points = {name: dict(zip(x, y, strict=True)) for name, x, y in drawn}
        return Curves(points["train"], points["validation"])

    def hears_of_epoch(self, run_id: str, epoch: int) -> None:
        """Wait until the feed has brought the epoch, whatever is made of it."""
        self.page.evaluate(_HEARS_OF_EPOCH, [run_id, epoch])

    def hears_of(self, topic: str, *, after: int) -> int:
        """Wait until the feed has told of a topic that it came to a version after this one."""
        version: int = self.page.evaluate(_HEARS_OF, [topic, after])
        return version

    def sees_cell(self, text: str) -> None:
        """Wait for a table's cell; it is painted, and stands in the page for screen readers."""
        cell = self.page.locator("[data-testid=stDataFrame] [role=gridcell]", has_text=text)
        expect(cell.first).to_be_attached()

    def click_below_table(self, key: str, part: str) -> None:
        """Click a button below a part's table: one that is still being drawn pushes it about."""
        expect(self.keyed(part).locator("[data-testid=stDataFrame] canvas").first).to_be_visible()
        self.sees_rest()
        self.button(key).click()

    def sees_axis(self, chart: str, title: str) -> None:
        """Wait for a chart's x axis to bear a title; the old one may stand below it for a while."""
        expect(self.keyed(chart).locator(".xtitle", has_text=title)).to_be_visible()

    def tick_row(self, row: int) -> None:
        """Choose a row of the painted table, from 0."""
        table = self.page.locator("[data-testid=stDataFrame] .dvn-scroller")
        table.click(position={"x": 15, "y": _GRID_ROW_PX * (row + 1.5)})

    def describe(self) -> str:
        """What it shows and met, for whoever wonders why a test failed."""
        shown = "(closed)" if self.page.is_closed() else self.page.locator("body").inner_text()
        return "\n".join([self.page.url, *self.faults, shown])

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not _is_base_path_probe(message.location["url"]):
            self.faults.append(f"console: {message.text} ({message.location})")

    def _on_dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _on_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.netloc != self._host:
            self.faults.append(f"request left the host: {request.url}")


def _cut(curve: dict[int, float], epoch: int) -> dict[int, float]:
    return {at: loss for at, loss in curve.items() if at <= epoch}


def _is_base_path_probe(url: str) -> bool:
    """On a deep link, Streamlit first looks for its server below the page's path."""
    page, _, _ = urlsplit(url).path.partition("/_stcore/")
    return url.endswith(("/_stcore/health", "/_stcore/host-config")) and page != ""
