"""What each page waits for: whatever it says may have become untrue."""

from pathlib import Path
from typing import Any

import pytest

from imdb_core.ui.live import waiting
from tests.browser.written_run import WrittenRun
from tests.other_program import OtherProgram
from tests.pages.conftest import OpenPage
from tests.unit.training.recorded_curves import recorded_curve


@pytest.fixture
def topics(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Those of the page that was drawn last."""
    found: list[str] = []

    def note(*, topics: list[str], **_: Any) -> None:
        found[:] = topics

    monkeypatch.setattr(waiting, "mount_watch", note)
    return found


@pytest.mark.parametrize("page", ["pages/1_Score.py", "pages/2_Evaluate.py"])
def test_a_page_without_a_network_waits_for_one(
    open_page: OpenPage, topics: list[str], page: str
) -> None:
    open_page(page)

    assert "runs" in topics


@pytest.mark.parametrize("page", ["pages/1_Score.py", "pages/2_Evaluate.py", "pages/3_Runs.py"])
def test_a_page_about_a_run_at_work_waits_for_its_end(
    home: Path, open_page: OpenPage, topics: list[str], other_program: OtherProgram, page: str
) -> None:
    run = other_program.begin(home)
    run.train_to(2)

    open_page(page)

    assert f"run/{run.id}" in topics


def test_a_filter_that_no_run_passes_lets_the_page_hear_of_others(
    home: Path, open_page: OpenPage, topics: list[str]
) -> None:
    WrittenRun(home, recorded_curve("notebook"))
    page = open_page("pages/3_Runs.py")
    page.text_input(key="search").set_value("no run is called this").run()

    assert [info.value for info in page.info] == ["No run passes the filter."]
    assert "runs" in topics
