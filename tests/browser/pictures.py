"""Screenshots of all pages, Train in each of its states: `python -m tests.browser.pictures FOLDER`.

Each is shown light and dark, 1400 and 390 pixels wide, on the real reviews where they are
(IMDB_TEST_DATA), else on the sample. README's pictures are `train.png`, `states.png`,
`score.png` and `evaluate.png`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

from imdb_core.data import DataLibrary
from tests.browser.homes import runs
from tests.browser.server import Server
from tests.browser.tab import ENDLESS, Tab
from tests.conftest import PROJECT, settings_in

_PIN = "It is not bad at all, far from perfect, yet never dull."
_ON_SHEET = (
    "first_wide_light",
    "training_wide_dark",
    "paused_wide_light",
    "coach_wide_dark",
    "failed_wide_light",
    "queue_wide_dark",
)
_HEIGHT = "() => document.querySelector('[data-testid=stMain]').scrollHeight"
_HAS_ITS_THEME = """() => {
  const plot = document.querySelector('.st-key-loss_chart .js-plotly-plot');
  const background = plot && getComputedStyle(plot).getPropertyValue('--st-background-color');
  return !plot || plot.layout.paper_bgcolor === background.trim();
}"""
_SIZES = {"wide": {"width": 1400, "height": 900}, "phone": {"width": 390, "height": 844}}


@dataclass(frozen=True)
class Studio:
    """A browser before a server that has reviews, and where its pictures go."""

    browser: Browser
    server: Server
    source: str
    folder: Path

    def visit(self, **settings: str) -> Tab:
        """A new visitor's Train page."""
        context = self.browser.new_context(viewport={"width": 1400, "height": 900})
        tab = Tab(context, self.server.url, self.server.home)
        tab.open_with(**{"source": self.source} | settings)
        return tab

    def take(self, tab: Tab, state: str) -> None:
        """The page as it is, at both widths and in both themes."""
        tab.page.mouse.move(0, 0)
        for size, viewport in _SIZES.items():
            for scheme in ("light", "dark"):
                tab.page.set_viewport_size(viewport)
                height = tab.page.evaluate(_HEIGHT)
                tab.page.set_viewport_size(viewport | {"height": max(viewport["height"], height)})
                tab.page.emulate_media(color_scheme=scheme)
                tab.sees_rest()
                tab.page.wait_for_function("() => document.fonts.status === 'loaded'")
                tab.page.wait_for_function(_HAS_ITS_THEME)
                path = self.folder / f"{state}_{size}_{scheme}.png"
                tab.page.screenshot(path=path)
        tab.page.set_viewport_size(_SIZES["wide"])
        tab.page.emulate_media(color_scheme="light")


def take_all(studio: Studio) -> None:
    """From the first visit to the queue."""
    tab = studio.visit()
    expect(tab.text("an epoch")).to_be_visible()
    studio.take(tab, "first")
    tab.page.locator("summary", has_text="Pin reviews").click()
    tab.page.get_by_label("Pinned review 1").fill(_PIN)
    tab.page.get_by_label("Pinned review 1").press("Enter")
    tab.page.locator("summary", has_text="Pin reviews").click()
    tab.button("train").click()
    tab.sees_run("Finished")
    expect(tab.page.get_by_text("bag of words").first).to_be_visible()
    studio.take(tab, "stopped")

    tab = studio.visit(max_length="400", patience="5", max_epochs="2000")
    tab.button("train").click()
    tab.sees_run("Training")
    tab.curves(least=25)
    studio.take(tab, "training")
    tab.button("pause").press("Enter")
    tab.sees_run("Paused")
    studio.take(tab, "paused")

    busy, waiting = studio.visit(**ENDLESS), studio.visit(hidden_size="16")
    busy.button("train").click()
    busy.sees_run("Training")
    waiting.button("train").click()
    waiting.sees_run("Waiting")
    studio.take(waiting, "queue")
    waiting.button("stop").click()
    busy.button("stop").click()
    busy.sees_run("Finished")

    tab = studio.visit(learning_rate="0.05", hidden_size="16", patience="3")
    last = runs(studio.server.home)[-1].id
    tab.button("train").click()
    tab.sees_another_run_than(last)
    tab.sees_run("Finished")
    studio.take(tab, "coach")
    _take_other_pages(studio)
    shutil.rmtree(studio.server.home / "data")  # and there is no way out to the internet
    tab = studio.visit(source="imdb")
    tab.button("train").click()
    tab.sees_run("Failed")
    studio.take(tab, "failed")


def _take_other_pages(studio: Studio) -> None:
    """What a run of the Quick preset has to tell on each of them."""
    tab = studio.visit(preset="quick")
    last = runs(studio.server.home)[-1].id
    tab.button("train").click()
    tab.sees_another_run_than(last)
    tab.sees_run("Finished")
    tab.text("Score a review with these weights").click()
    tab.page.get_by_role("radio", name="Mixed").click()
    tab.sees("It turned here")
    tab.sees("it was right")
    studio.take(tab, "score")
    tab.go("Evaluate")
    tab.sees("on the same reviews")
    studio.take(tab, "evaluate")
    tab.go("Runs")
    tab.tick_row(0)
    tab.tick_row(3)
    expect(tab.keyed("overlay").locator(".legendtext")).to_have_count(2)
    tab.sees_rest()
    studio.take(tab, "runs")
    tab.go("Data")
    expect(tab.keyed("coverage").locator(".js-plotly-plot")).to_be_visible()
    studio.take(tab, "data")


def make_readme_pictures(folder: Path) -> None:
    """One state large, and six small ones on a sheet, with colours few enough for a repository."""
    for state, name in (("stopped", "train"), ("score", "score"), ("evaluate", "evaluate")):
        picture = Image.open(folder / f"{state}_wide_light.png")
        _small(picture).save(folder / f"{name}.png", optimize=True)
    width, height = 840, 640
    sheet = Image.new("RGB", (2 * width, 3 * height), "white")
    for index, name in enumerate(_ON_SHEET):
        picture = Image.open(folder / f"{name}.png").convert("RGB")
        picture = picture.resize((width, width * picture.height // picture.width), Image.LANCZOS)
        tile = Image.new("RGB", (width, height), picture.getpixel((2, picture.height - 2)))
        tile.paste(picture, (0, 0))
        sheet.paste(tile, (index % 2 * width, index // 2 * height))
    _small(sheet).save(folder / "states.png", optimize=True)


def _small(picture: Image.Image) -> Image.Image:
    return picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)


@contextmanager
def _studio(folder: Path) -> Iterator[Studio]:
    data = Path(os.environ.get("IMDB_TEST_DATA") or PROJECT.parent / "shared" / "imdb")
    archive = data / "aclImdb_v1.tar.gz"
    source = "aclimdb" if archive.is_file() else "sample"
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        home = Path(temporary) / "home"
        home.mkdir()
        library = DataLibrary(settings_in(home))
        library.prepare(source, path=archive if source == "aclimdb" else None)
        server = Server(home)
        server.start()
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            yield Studio(browser, server, source, folder)
        finally:
            browser.close()
            server.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=120_000)
    with _studio(folder) as studio:
        take_all(studio)
    make_readme_pictures(folder)
