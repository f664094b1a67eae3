"""Every page where a run has finished."""

from pathlib import Path

import pytest

from imdb_core.studio import Studio
from tests.pages.conftest import PAGES, OpenPage


@pytest.fixture
def home(home_with_a_run: Path) -> Path:
    return home_with_a_run


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs(page: str, open_page: OpenPage) -> None:
    assert not open_page(page).error


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("run_id", ["2020-01-01_000000_none", "../..", "<b>", ""])
def test_a_page_runs_whatever_run_its_address_names(
    page: str, run_id: str, open_page: OpenPage
) -> None:
    open_page(page, run=run_id)


@pytest.mark.parametrize("run_id", ["2020-01-01_000000_none", "../.."])
def test_score_says_that_there_is_no_such_run_and_offers_the_best(
    run_id: str, open_page: OpenPage, studio: Studio
) -> None:
    score = open_page("pages/1_Score.py", run=run_id)
    assert score.error[0].value.startswith("There is no run")
    assert score.selectbox[0].value == studio.store.all()[0].id


def test_an_example_is_scored_by_a_click(open_page: OpenPage) -> None:
    score = open_page("pages/1_Score.py")
    score.button_group(key="example").set_value("Praise").run()
    assert not score.exception
    assert score.metric[0].label == "P(positive)"
