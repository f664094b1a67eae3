"""The pages for those who see little, tell few colours apart, or have no mouse."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.axe import grave_faults_in_light_and_dark
from tests.browser.conftest import OpenTab
from tests.browser.homes import lend, runs
from tests.browser.server import Server
from tests.browser.tab import ENDLESS, Tab

pytestmark = pytest.mark.browser

SAMPLE = {"source": "sample", **ENDLESS}
TRAIN_PAGE = (
    "setting_preset",
    "setting_embedding_dim",
    "setting_hidden_size",
    "setting_patience",
    "train",
    "retrain",
    "pause",
    "stop",
    "chart_options",
    "loss_chart",
)
"""Keys of the Train page's controls while a run trains, in the order that one reads them."""

_FOCUSED = """() => {
  const at = document.activeElement;
  const keyed = at.closest('[class*=st-key-]');
  const key = [...(keyed?.classList ?? [])].find(name => name.startsWith('st-key-')) ?? '';
  return [key.slice('st-key-'.length), at.getAttribute('aria-label') || at.innerText || ''];
}"""


def test_axe_finds_no_grave_fault_on_the_train_page(
    server: Server, open_tab: OpenTab, sample_home: Path
) -> None:
    lend(sample_home, "sample", server.home)
    server.start()
    tab = open_tab()
    faults = {}

    tab.open_with(**SAMPLE)
    expect(tab.text(" an epoch")).to_be_visible()
    faults["first visit"] = grave_faults_in_light_and_dark(tab)

    tab.button("train").click()
    tab.sees_run("Training")
    tab.curves(least=2)
    tab.button("pause").click()
    tab.sees_run("Paused")
    tab.sees("Learning rate from here on")
    faults["paused"] = grave_faults_in_light_and_dark(tab)

    tab.button("stop").click()
    tab.sees_run("Stopped")
    tab.sees("Stopped by you")
    faults["stopped"] = grave_faults_in_light_and_dark(tab)
    assert {when: found for when, found in faults.items() if found} == {}


def tab_stops(tab: Tab) -> list[tuple[str, str]]:
    """Key and name of all that the Tab key reaches, from the page's top to its end."""
    tab.page.get_by_role("link", name="Skip to main content").focus()
    stops: list[tuple[str, str]] = []
    while len(stops) < 100:
        tab.page.keyboard.press("Tab")
        key, name = tab.page.evaluate(_FOCUSED)
        if name.startswith("Skip to main content"):  # the first link, or the whole page
            break
        stops.append((key, name))
    return stops


def test_the_train_page_can_be_used_without_a_mouse(
    server: Server, open_tab: OpenTab, sample_home: Path
) -> None:
    lend(sample_home, "sample", server.home)
    server.start()
    tab = open_tab()
    tab.open_with(**SAMPLE)
    page = tab.page

    # Settings.
    tab.keyed("setting_hidden_size").locator("input[type=range]").press("ArrowRight")
    expect(page).to_have_url(re.compile("hidden_size=10"))
    page.get_by_role("radio", name="Quick").press("Space")
    expect(page).to_have_url(re.compile("preset=quick"))
    page.get_by_role("radio", name="Notebook").press("Space")
    expect(page).not_to_have_url(re.compile("preset="))
    for fold, inside in (("More settings", "Seed"), ("Pin reviews", "It will stop after epoch")):
        page.locator("summary", has_text=fold).press("Enter")
        expect(page.get_by_label(inside).first).to_be_visible()
        page.locator("summary", has_text=fold).press("Enter")
    retrain = page.get_by_role("switch", name="Retrain when a slider is let go")
    retrain.press("Space")
    expect(retrain).to_be_checked()
    retrain.press("Space")
    expect(retrain).not_to_be_checked()

    # A run.
    tab.open_with(**SAMPLE)
    tab.button("train").press("Enter")
    run_id = tab.sees_run("Training")
    tab.curves(least=2)
    reached = [key for key, _ in tab_stops(tab)]
    assert [key for key in dict.fromkeys(reached) if key in TRAIN_PAGE] == list(TRAIN_PAGE)
    tab.button("pause").press("Space")
    tab.sees_run("Paused", run_id)
    epochs = len(runs(server.home)[0].epochs)
    reached = [key for key, _ in tab_stops(tab)]
    assert {"resume", "step", "stop"} <= set(reached)
    tab.button("step").press("Enter")
    tab.curves(least=epochs + 1)
    tab.sees_run("Paused", run_id)
    page.get_by_label("Patience from here on").fill("5")
    page.get_by_label("Patience from here on").press("Enter")
    tab.sees("patience 5.")
    tab.button("resume").press("Enter")
    tab.sees_run("Training", run_id)
    tab.button("stop").press("Space")
    tab.sees_run("Stopped", run_id)

    # The chart.
    tab.button("chart_options").press("Enter")
    log_scale = page.get_by_role("switch", name="Logarithmic loss")
    log_scale.press("Space")
    page.wait_for_function(
        "() => document.querySelector('.js-plotly-plot').layout.yaxis.type === 'log'"
    )
    page.keyboard.press("Escape")
    expect(log_scale).to_be_hidden()
    for kind in ("PNG", "SVG", "CSV"):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=re.compile(f"as an? {kind} ")).press("Enter")
        assert waiting.value.suggested_filename == f"{run_id}.{kind.lower()}"
    page.get_by_role("link", name="Score a review with these weights").press("Enter")
    expect(page).to_have_title("Score · IMDB RNN Studio")
