"""A home that cannot be written can still be looked at."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pages.conftest import PAGES, OpenPage
from tests.unit.disk import read_only, watched

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="watches files by /proc")


@pytest.fixture
def home(home_with_a_run: Path) -> Iterator[Path]:
    with watched(home_with_a_run, read_only):
        yield home_with_a_run


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs(page: str, open_page: OpenPage) -> None:
    open_page(page)


def test_train_says_in_one_sentence_why_it_cannot(open_page: OpenPage) -> None:
    app = open_page()
    app.button(key="train").click().run()

    assert not app.exception
    (fault,) = app.error
    assert "its disk is read-only" in fault.value.replace("\\", "")
