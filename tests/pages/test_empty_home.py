"""Every page where nothing was ever done."""

import pytest

from tests.pages.conftest import PAGES, OpenPage


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs(page: str, open_page: OpenPage) -> None:
    assert not open_page(page).error


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_whatever_run_its_address_names(page: str, open_page: OpenPage) -> None:
    open_page(page, run="2020-01-01_000000_none")
