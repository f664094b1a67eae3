"""The Train page on a phone, where its columns stand below each other."""

from pathlib import Path

import pytest
from playwright.sync_api import ViewportSize

from tests.browser.axe import grave_faults
from tests.browser.conftest import OpenTab
from tests.browser.homes import lend, train
from tests.browser.server import Server
from tests.browser.tab import Tab

pytestmark = pytest.mark.browser

PHONE: ViewportSize = {"width": 390, "height": 844}


def tops(tab: Tab) -> dict[str, float]:
    """Where things begin, from the page's top, once the chart is drawn."""
    keys = ("train", "loss_chart", "setting_hidden_size")
    tab.keyed("loss_chart").locator(".js-plotly-plot .xtick").first.wait_for()
    boxes = {key: tab.keyed(key).bounding_box() for key in keys}
    return {key: box["y"] for key, box in boxes.items() if box}


def in_order(tab: Tab) -> list[str]:
    found = tops(tab)
    return sorted(found, key=lambda key: found[key])


def test_on_a_phone_the_button_and_the_chart_come_first_once_there_is_a_run(
    server: Server, open_tab: OpenTab, sample_home: Path
) -> None:
    lend(sample_home, "sample", server.home)
    server.start()
    tab = open_tab(viewport=PHONE)
    tab.open("?source=sample&max_epochs=2")
    assert in_order(tab) == ["setting_hidden_size", "train", "loss_chart"]

    tab.button("train").click()
    tab.sees_run("Finished")
    assert in_order(tab) == ["train", "loss_chart", "setting_hidden_size"]
    assert grave_faults(tab) == []


def test_on_a_wide_screen_a_run_moves_no_setting(
    server: Server, open_tab: OpenTab, sample_home: Path
) -> None:
    lend(sample_home, "sample", server.home)
    server.start()
    tab = open_tab(viewport={"width": 1280, "height": 844})
    tab.open()
    before = tops(tab)
    assert before["loss_chart"] < before["setting_hidden_size"] < before["train"]
    train(server.home, label="first")
    tab.open()
    tab.sees_run("Finished", "first")
    after = tops(tab)
    assert all(after[key] == before[key] for key in ("setting_hidden_size", "train"))
