"""A fresh installation: the kernels still compile when the first visitor clicks."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from imdb_core.evaluation import cached
from tests.browser.conftest import OpenTab
from tests.browser.homes import lend, train
from tests.browser.server import Server
from tests.browser.tab import ENDLESS

pytestmark = pytest.mark.browser


def test_a_training_and_an_evaluation_say_that_they_wait_for_the_compiler_and_can_be_ended(
    server: Server,
    open_tab: OpenTab,
    sample_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lend(sample_home, "sample", server.home)
    run = train(server.home)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cold"))
    server.start(is_fresh=True)
    tab = open_tab()

    tab.open(f"Evaluate?run={run.id}")
    tab.sees("Getting ready; the first time compiles what judges")
    tab.button("cancel_evaluation").click()
    tab.sees("The evaluation was cancelled; nothing is kept.")
    expect(tab.button("cancel_evaluation")).to_have_count(0)
    assert cached(run, "validation") is None
    tab.button("evaluate").click()  # again
    expect(tab.button("cancel_evaluation")).to_be_visible()

    tab.open_with(source="sample", **ENDLESS)
    tab.button("train").click()
    tab.sees("Getting the network ready; the first time compiles its kernels")
    run_id = tab.sees_run("Training")
    tab.button("stop").click()
    tab.sees_run("Stopped", run_id)
