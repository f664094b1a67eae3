"""A machine without the internet and without any reviews."""

import pytest

from tests.browser.conftest import OpenTab
from tests.browser.server import Server
from tests.browser.tab import ENDLESS, SYNTHETIC

pytestmark = pytest.mark.browser


def test_without_any_data_the_sample_is_offered_and_labelled_on_every_page(
    server: Server, open_tab: OpenTab
) -> None:
    server.start()
    tab = open_tab()
    tab.open_with(**ENDLESS)

    tab.button("train").click()
    tab.sees("could not be downloaded")
    tab.sees_run("Failed")
    assert "Traceback" not in tab.page.locator("body").inner_text()

    tab.page.get_by_role("button", name="Use the synthetic sample instead").click()
    tab.sees(SYNTHETIC)
    tab.button("train").click()
    run_id = tab.sees_run("Training")
    tab.curves(least=3)
    tab.button("stop").click()
    tab.sees_run("Stopped", run_id)
    tab.sees(SYNTHETIC)

    tab.page.get_by_role("link", name="Score a review with these weights").click()
    tab.sees(SYNTHETIC)
    tab.go("Runs")
    tab.sees_cell("synthetic sample, not IMDB")
    tab.go("Data")
    tab.sees(SYNTHETIC)
