"""A server that dies in the middle of a training."""

from pathlib import Path

import pytest

from imdb_core.runs.store import RunStore
from tests.browser.conftest import OpenTab
from tests.browser.homes import lend
from tests.browser.server import Server
from tests.browser.tab import ENDLESS

pytestmark = pytest.mark.browser


def test_a_killed_server_loses_no_finished_epoch_and_the_run_can_be_resumed(
    server: Server, open_tab: OpenTab, sample_home: Path
) -> None:
    lend(sample_home, "sample", server.home)
    server.start()
    tab = open_tab(is_first_visit=True)  # which has to get all that it needs before the server dies
    tab.open_with(source="sample", **ENDLESS)
    tab.button("train").click()
    run_id = tab.sees_run("Training")
    seen = tab.curves(least=2)

    server.kill()
    server.start()

    # The open tab finds the new server by itself, and shows what the folder holds.
    tab.sees_run("Interrupted", run_id)
    kept = tab.curves(least=len(seen.train))
    assert kept.up_to(len(seen.train)) == seen
    tab.faults.clear()  # the browser says in its console that the server was away
    run = RunStore(server.home / "runs").get(run_id)
    assert [kept.train[r.epoch] for r in run.epochs] == [r.train_loss for r in run.epochs]
    assert run.best is not None
    tab.sees(f"Epoch {run.best.epoch} was best")

    tab.go("Runs")
    tab.button("leave_resume").click()
    tab.sees_run("Training", run_id)
    longer = tab.curves(least=len(kept.train) + 2)
    assert longer.up_to(len(kept.train)) == kept
    tab.button("stop").click()
    tab.sees_run("Stopped", run_id)
    tab.sees("Stopped by you after epoch")
