"""The live chart stays itself while epochs arrive, however many."""

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import CDPSession, expect

from tests.browser.conftest import OpenTab
from tests.browser.server import Server
from tests.browser.tab import Tab
from tests.browser.written_run import WrittenRun, endless
from tests.unit.training.recorded_curves import recorded_curve

pytestmark = pytest.mark.browser

BASELINES = [
    {"name": "always one answer", "loss": 0.6931, "accuracy": 0.5},
    {"name": "bag of words", "loss": 0.44, "accuracy": 0.85},
]
CROWDED = {
    "close": ((0.501, 0.7), (0.5, 0.7)),
    "both too low": ((0.05, 0.1), (0.04, 0.11)),
    "both too high": ((3.0, 0.99), (3.1, 1.0)),
    "low and too low": ((0.46, 0.6), (0.1, 0.62)),
    "high and too high": ((0.71, 0.64), (2.0, 0.66)),
}
"""Loss and accuracy of two baselines for a chart of two epochs."""
CURVE = endless(recorded_curve("notebook"))
LITERAL = "<b>bold</b> %{x} &amp; <a href='#'>it</a>"
EPOCHS_AT_ONCE = 100
MOST_HEAP_GROWTH_BYTES = 10_000_000  # 5 to 7 MB measured, 2 of them data, and levelling off

_PLOT = "document.querySelector('.st-key-loss_chart .js-plotly-plot')"
_CURVE = f"name => {_PLOT}.data.find(curve => curve.name === name)"
_DRAWN = ".st-key-loss_chart [role=img][aria-label*='over {} epoch']"
_EMPTY = ".st-key-loss_chart [role=img][aria-label*='no epoch has finished']"
_RANGES = f"""() => {{
  const {{ xaxis, yaxis, yaxis2 }} = {_PLOT}.layout;
  return [xaxis, yaxis, yaxis2].map(axis => axis.range);
}}"""

_NOTES = """([word, count]) => {
  const notes = Array.from(document.querySelectorAll('.js-plotly-plot .annotation'));
  const boxes = notes.filter(note => note.textContent.includes(word))
    .map(note => note.querySelector('rect').getBoundingClientRect());
  return boxes.length === count && boxes.map(({ top, bottom }) => [top, bottom]);
}"""


class Stage:
    """The chart on the test's page, the run that it follows, and what the script says of it.

    Attributes:
        run: another process's, for the server.
    """

    def __init__(self, tab: Tab, home: Path) -> None:
        self.tab = tab
        self.page = tab.page
        self._home = home
        self._scene: dict[str, Any] = {}
        self._is_open = False

    def begin(self, pinned_texts: Sequence[str] = ()) -> None:
        """Have a new run followed, which has no epoch yet."""
        self.run = WrittenRun(self._home, CURVE, pinned_texts=pinned_texts)
        self.tell(run=self.run.id, pinned_texts=list(pinned_texts))

    def ghost(self, name: str, epochs: int) -> dict[str, str]:
        """An earlier run, for `tell`."""
        earlier = WrittenRun(self._home, CURVE)
        earlier.train_to(epochs)
        return {"id": earlier.id, "name": name}

    def tell(self, **changes: Any) -> None:
        """Change what the page's script shows, and have it run."""
        self._scene |= changes
        (self._home / "scene.json").write_text(json.dumps(self._scene), "utf-8")
        if self._is_open:
            # Not by the mouse, which may rest upon the chart.
            self.page.evaluate("document.querySelector('.st-key-look button').click()")

    def open(self, url: str) -> None:
        self.page.goto(url)
        self.sees(len(self.run.record.epochs))
        self._is_open = True

    def show(self, epochs: int) -> None:
        """Train to so many epochs, and wait until they are drawn."""
        self.run.train_to(epochs)
        self.sees(epochs)

    def sees(self, epochs: int) -> None:
        """Wait until they are drawn: the chart describes itself then."""
        expect(self.page.locator(_DRAWN.format(epochs) if epochs else _EMPTY)).to_be_visible()

    def ranges(self) -> list[list[float]]:
        ranges: list[list[float]] = self.page.evaluate(_RANGES)
        return ranges

    def point(self, right: float, down: float) -> tuple[float, float]:
        """A place on the page, as a part of the chart's width and height."""
        box = self.page.locator(".js-plotly-plot").bounding_box()
        assert box is not None
        return box["x"] + box["width"] * right, box["y"] + box["height"] * down


def spans(stage: Stage, word: str, count: int) -> list[tuple[float, float]]:
    """Top and bottom of the `count` notes in the chart that have `word` in them, from the top."""
    found = stage.page.wait_for_function(_NOTES, arg=[word, count]).json_value()
    return sorted((top, bottom) for top, bottom in found)


@pytest.fixture
def stage(server: Server, open_tab: OpenTab) -> Stage:
    stage = Stage(open_tab(), server.home)
    stage.begin()
    stage.run.train_to(30)
    stage.tell(baselines=BASELINES, patience=0)
    server.start("tests/browser/live_chart_app.py")
    return stage


def test_by_keyboard_one_zooms_and_moves_along_the_epochs(stage: Stage, server: Server) -> None:
    stage.open(server.url)
    page, plot = stage.page, stage.page.locator(".js-plotly-plot")
    (first, last), *_ = stage.ranges()
    half, quarter = (last - first) / 2, (last - first) / 8
    is_shown = f"wanted => {_PLOT}.layout.xaxis.range.every((at, end) => at === wanted[end])"

    plot.focus()
    for key, wanted in (
        ("+", [last - half, last]),
        ("ArrowLeft", [last - half - quarter, last - quarter]),
        ("ArrowRight", [last - half, last]),
        ("ArrowRight", [last - half, last]),  # nothing is beyond it
        ("-", [first, last]),
        ("+", [last - half, last]),
        ("Escape", [first, last]),
    ):
        page.keyboard.press(key)
        page.wait_for_function(is_shown, arg=wanted)
    expect(page.get_by_role("button", name="Reset axes")).to_be_disabled()


def test_zoom_hover_and_the_legends_choices_outlive_updates(stage: Stage, server: Server) -> None:
    stage.open(server.url)
    page = stage.page
    page.evaluate(f"{_PLOT}.isMarked = true")
    unzoomed = stage.ranges()
    page.mouse.move(*stage.point(0.3, 0.2))
    page.mouse.down()
    page.mouse.move(*stage.point(0.6, 0.5), steps=4)
    page.mouse.up()
    page.wait_for_function(f"before => {_PLOT}.layout.xaxis.range[1] < before", arg=unzoomed[0][1])
    page.locator(".legend .traces", has_text="train").locator("rect").click()
    page.wait_for_function(f"() => ({_CURVE})('train').visible === 'legendonly'")
    page.mouse.move(*stage.point(0.45, 0.35), steps=4)
    expect(page.locator(".hoverlayer")).to_contain_text("validation")
    zoomed = stage.ranges()

    for epochs in range(31, 41):
        stage.show(epochs)

    assert stage.ranges()[:2] == zoomed[:2]
    assert page.evaluate(f"{_PLOT}.isMarked")
    assert page.evaluate(f"({_CURVE})('train').visible") == "legendonly"
    expect(page.locator(".hoverlayer")).to_contain_text("validation")

    page.mouse.dblclick(*stage.point(0.45, 0.35))
    page.wait_for_function(f"() => {_PLOT}.layout.xaxis.range[1] === 41.5")
    stage.show(45)
    assert stage.ranges()[0] == [0.5, 46.5]


def test_on_the_train_page_a_zoom_outlives_ten_epochs_of_a_run(
    server: Server, open_tab: OpenTab
) -> None:
    run = WrittenRun(server.home, recorded_curve("notebook"))
    run.train_to(20)
    server.start()
    stage = Stage(open_tab(), server.home)
    stage.tab.open()
    stage.tab.curves(least=20)
    stage.page.evaluate(f"{_PLOT}.isMarked = true")
    unzoomed = stage.ranges()
    stage.page.mouse.move(*stage.point(0.3, 0.2))
    stage.page.mouse.down()
    stage.page.mouse.move(*stage.point(0.6, 0.5), steps=4)
    stage.page.mouse.up()
    stage.page.wait_for_function(
        f"before => {_PLOT}.layout.xaxis.range[1] < before", arg=unzoomed[0][1]
    )
    zoomed = stage.ranges()

    for epoch in range(21, 31):
        run.train_to(epoch)
        stage.tab.curves(least=epoch)

    assert stage.ranges()[:2] == zoomed[:2]
    assert stage.page.evaluate(f"{_PLOT}.isMarked")

    # And by the keyboard back to all of it.
    stage.page.get_by_role("button", name="Reset axes").press("Enter")
    stage.page.wait_for_function(f"() => {_PLOT}.layout.xaxis.range[1] === 32.5")


@pytest.mark.parametrize("width", [1280, 390])
def test_no_baselines_name_lies_over_the_others(stage: Stage, server: Server, width: int) -> None:
    stage.page.set_viewport_size({"width": width, "height": 900})
    stage.begin()
    stage.run.train_to(2)
    stage.tell(baselines=[])
    stage.open(server.url)
    for case, values in CROWDED.items():
        for log_scale in (False, True):
            word = f"{case} {'log' if log_scale else 'lin'}"[-14:]
            named = [
                {"name": f"{letter} {word}", "loss": loss, "accuracy": accuracy}
                for letter, (loss, accuracy) in zip("ab", values, strict=True)
            ]
            stage.tell(baselines=named, log_scale=log_scale)
            found = spans(stage, word, 4)
            gaps = [top - bottom for (_, bottom), (top, _) in pairwise(found)]
            assert min(gaps) >= -1, (word, found)


def test_whatever_is_not_training_is_spoken_at_once(stage: Stage, server: Server) -> None:
    stage.tell(phase="training", word="Training")
    stage.open(server.url)
    spoken = stage.page.locator(".live-chart [role=status]")
    expect(spoken).to_contain_text("Training. Train and validation loss over 30 epochs.")
    stage.show(31)
    stage.tell(phase="paused", word="Paused")
    for epochs in (33, 34):  # then stepped: the page may never have heard that it trains
        stage.run.train_to(epochs)
        expect(spoken).to_contain_text(f"Paused. Train and validation loss over {epochs} epochs.")


def test_the_first_epoch_is_spoken_though_the_chart_was_drawn_before(
    stage: Stage, server: Server
) -> None:
    stage.begin()
    stage.tell(phase="training", word="Training")
    stage.open(server.url)
    spoken = stage.page.locator(".live-chart [role=status]")
    expect(spoken).to_contain_text("no epoch has finished yet")
    stage.show(1)
    expect(spoken).to_contain_text("Train and validation loss over 1 epoch.")


def test_panels_that_appear_before_their_curves_are_no_fault(stage: Stage, server: Server) -> None:
    stage.tell(show_accuracy=False)
    stage.open(server.url)
    stage.tell(show_accuracy=True)
    stage.begin(pinned_texts=["one"])
    stage.sees(0)
    expect(stage.page.locator(".js-plotly-plot .y3tick").first).to_be_visible()
    stage.show(1)  # and `tabs` knows of no error by then


def test_a_box_in_the_making_is_left_alone(stage: Stage, server: Server) -> None:
    stage.open(server.url)
    page = stage.page
    page.mouse.move(*stage.point(0.3, 0.2))
    page.mouse.down()
    page.mouse.move(*stage.point(0.6, 0.5), steps=4)
    box = page.locator(".zoomlayer .zoombox")
    drawn = box.get_attribute("d")

    stage.run.train_to(31)
    stage.tab.hears_of_epoch(stage.run.id, 31)

    assert box.get_attribute("d") == drawn
    stage.sees(30)
    page.mouse.up()
    stage.sees(31)
    assert stage.ranges()[0][1] < 30


def test_another_run_takes_the_place_and_plotly_is_fetched_once(
    stage: Stage, server: Server
) -> None:
    stage.open(server.url)
    stage.page.evaluate(f"{_PLOT}.isMarked = true")
    stage.begin()
    stage.show(3)
    assert stage.page.evaluate(f"{_PLOT}.isMarked")

    stage.page.reload()
    stage.sees(3)
    fetched = "performance.getEntriesByType('resource').find(e => e.name.includes('api/plotly-'))"
    assert stage.page.evaluate(f"{fetched}.transferSize") == 0, "not from the browser's cache"


def test_late_in_a_long_run_no_script_runs_and_the_browser_stays_lean(
    stage: Stage, server: Server
) -> None:
    received: list[str | bytes] = []
    stage.page.on(
        "websocket", lambda socket: socket.on("framereceived", lambda data: received.append(data))
    )
    stage.begin(pinned_texts=["one", "two", "three"])
    stage.run.train_to(200)
    stage.tell(ghosts=[stage.ghost("earlier", 2000)])
    stage.open(server.url)
    stage.tab.sees_rest()
    devtools = stage.page.context.new_cdp_session(stage.page)
    early = heap_bytes(devtools)

    received.clear()
    for epochs in range(200 + EPOCHS_AT_ONCE, 2001, EPOCHS_AT_ONCE):
        stage.show(epochs)

    growth = heap_bytes(devtools) - early
    print(f"heap {early / 1e6:.1f} MB and {growth / 1e6:.1f} MB more")
    assert received == []
    assert growth <= MOST_HEAP_GROWTH_BYTES


def heap_bytes(devtools: CDPSession) -> int:
    """What JavaScript holds on to once all garbage is gone."""
    devtools.send("HeapProfiler.collectGarbage")
    used: int = devtools.send("Runtime.getHeapUsage")["usedSize"]
    return used


def test_texts_stand_in_the_chart_as_they_were_typed(stage: Stage, server: Server) -> None:
    stage.begin(pinned_texts=[LITERAL])
    stage.run.train_to(30)
    stage.tell(
        ghosts=[stage.ghost(LITERAL, 20)],
        stopped_at=30,
        stopped_words=LITERAL,
        baselines=[{"name": "<b>x</b>", "loss": 0.5}],
    )
    stage.open(server.url)
    plot = stage.page.locator(".js-plotly-plot")
    expect(plot.locator(".legend")).to_contain_text(LITERAL[:20])
    expect(plot.locator(".legend2")).to_contain_text(LITERAL[:20])
    expect(plot.locator(".annotation", has_text="<b>x</b>")).to_be_visible()
    expect(plot.locator(".annotation", has_text=LITERAL)).to_be_visible()
    expect(plot.locator("a")).to_have_count(0)
