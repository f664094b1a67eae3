"""Every page where a damaged run, the newest, stands beside a whole one."""

import shutil
from pathlib import Path

import pytest

from tests.pages.conftest import PAGES, OpenPage

DAMAGED = "2099-01-01_000000_dmgd"
GARBAGE = b'\x00\xff{"seq": \n\n]'


@pytest.fixture(params=["events.jsonl", "run.json", "best.safetensors", "vocabulary.json"])
def file(request: pytest.FixtureRequest) -> str:
    """The file that holds garbage."""
    name: str = request.param
    return name


@pytest.fixture
def home(home_with_a_run: Path, file: str) -> Path:
    (run_folder,) = (home_with_a_run / "runs").glob("2*")
    damaged = Path(shutil.copytree(run_folder, run_folder.with_name(DAMAGED)))
    (damaged / file).write_bytes(GARBAGE)
    return home_with_a_run


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs(page: str, open_page: OpenPage) -> None:
    open_page(page)


def test_score_says_which_run_is_damaged(open_page: OpenPage) -> None:
    (fault,) = open_page("pages/1_Score.py", run=DAMAGED).error
    assert DAMAGED in fault.value.replace("\\", "")


@pytest.mark.parametrize("file", ["events.jsonl", "run.json"], indirect=True)
def test_the_runs_page_says_which_run_it_cannot_list(open_page: OpenPage) -> None:
    (warning,) = open_page("pages/3_Runs.py").warning
    assert DAMAGED in warning.value.replace("\\", "")
