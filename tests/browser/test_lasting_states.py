"""A reload and a killed server in the states that few people see for long.

`test_train_states` has those in which a run trains, is paused or has been stopped by hand, and a
second tab, which is served as a reload is.
"""

from pathlib import Path

import pytest

from tests.browser.axe import grave_faults
from tests.browser.conftest import OpenTab
from tests.browser.homes import kept_from, lend, states
from tests.browser.server import Server
from tests.browser.tab import ENDLESS, SLOW_BATCHES, Tab

pytestmark = pytest.mark.browser

SAMPLE = {"source": "sample", **ENDLESS}
NOWHERE = {"source": "imdb"}


@pytest.fixture
def at_home(server: Server, sample_home: Path) -> Path:
    """The home of a server that runs, and has the sample but no way to IMDB's reviews."""
    lend(sample_home, "sample", server.home)
    server.start()
    return server.home


def start(tab: Tab, settings: dict[str, str], word: str) -> str:
    """Train with these settings; returns the run's id once the page says `word`."""
    tab.open_with(**settings)
    tab.button("train").click()
    return tab.sees_run(word)


def lasts(tab: Tab, word: str, run_id: str) -> None:
    """The same is said after a reload."""
    tab.reload()
    tab.sees_run(word, run_id)


def restart(server: Server) -> None:
    server.kill()
    server.start()


def test_preparing_and_waiting_last_and_a_kill_interrupts_both(
    server: Server, at_home: Path, open_tab: OpenTab
) -> None:
    tab, other = open_tab(), open_tab()
    with kept_from(at_home, "sample"):
        preparing = start(tab, SAMPLE, "Preparing")
        waiting = start(other, SAMPLE, "Waiting")
        lasts(tab, "Preparing", preparing)
        lasts(other, "Waiting", waiting)
        assert states(at_home) == ["preparing", "queued"]
        restart(server)
        # Whose they were is in their folders, so each sees the own.
        for each, own in ((tab, preparing), (other, waiting)):
            each.sees_run("Interrupted", own)
            each.faults.clear()  # the browser says in its console that the server was away
        assert states(at_home) == ["interrupted", "interrupted"]
        lasts(tab, "Interrupted", preparing)
        assert grave_faults(tab) == []

    tab.button("resume").click()
    tab.sees_run("Training", preparing)


def test_failed_and_finished_last_and_outlive_a_kill(
    server: Server, at_home: Path, open_tab: OpenTab
) -> None:
    tab = open_tab()
    for settings, word, said in (
        (NOWHERE, "Failed", "could not be downloaded"),
        ({"source": "sample", "max_epochs": "2"}, "Finished", "Ended after epoch 2"),
    ):
        run_id = start(tab, settings, word)
        lasts(tab, word, run_id)
        restart(server)
        lasts(tab, word, run_id)
        tab.sees(said)
        assert grave_faults(tab) == []
        tab.faults.clear()
    assert states(at_home) == ["failed", "finished"]


def test_a_kill_while_it_pauses_or_stops_interrupts_it(
    server: Server, at_home: Path, open_tab: OpenTab
) -> None:
    tab = open_tab()
    run_id = start(tab, SLOW_BATCHES, "Training")
    for button, word in (("pause", "Pausing"), ("stop", "Stopping")):
        tab.button(button).click()
        tab.sees_run(word, run_id)
        restart(server)
        tab.reload()
        tab.sees_run("Interrupted", run_id)
        tab.sees("No epoch was finished, so there are no weights.")
        tab.faults.clear()  # the browser says in its console that the server was away
        tab.button("resume").click()
        tab.sees_run("Training", run_id)
    assert states(at_home) == ["training"]
