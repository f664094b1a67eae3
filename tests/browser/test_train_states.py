"""Every state of a run on the Train page; `Tab.sees_run` holds the buttons against the record."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from imdb_core.runs.run import Run
from tests.browser.axe import grave_faults
from tests.browser.conftest import OpenTab
from tests.browser.homes import find, kept_from, lend, runs, states
from tests.browser.server import Server, own_address
from tests.browser.tab import ENDLESS, SLOW_BATCHES, Curves, Tab, literally

pytestmark = pytest.mark.browser

SAMPLE = {"source": "sample", **ENDLESS}
EARLY_STOP = {"source": "sample", "learning_rate": "0.01", "patience": "1"}

_CURVE = """uid => {
  const { data } = document.querySelector('.st-key-loss_chart .js-plotly-plot');
  const curve = data.find(each => each.uid === uid);
  return curve ? Array.from(curve.x) : null;
}"""
_DOTTED_LINES = """() => {
  const { shapes } = document.querySelector('.st-key-loss_chart .js-plotly-plot').layout;
  return shapes.filter(({ x0, x1, line }) => x0 === x1 && line.dash === 'dot').map(({ x0 }) => x0);
}"""


@pytest.fixture
def at_home(server: Server, sample_home: Path) -> Path:
    """The home of a server that runs and has the sample."""
    lend(sample_home, "sample", server.home)
    server.start()
    return server.home


def record(home: Path, run_id: str) -> Run:
    return find(home, run_id)


def recorded_curves(home: Path, run_id: str) -> Curves:
    epochs = record(home, run_id).epochs
    return Curves(
        {each.epoch: each.train_loss for each in epochs},
        {each.epoch: each.val_loss for each in epochs},
    )


def start(tab: Tab, settings: dict[str, str] = SAMPLE) -> str:
    """Train with these settings; returns the run's id once it trains."""
    tab.open_with(**settings)
    tab.button("train").click()
    return tab.sees_run("Training")


def pause(tab: Tab, home: Path, run_id: str) -> int:
    """Pause after two epochs at least; returns how many there are, once the chart has them all."""
    tab.curves(least=2)
    tab.button("pause").press("Enter")  # a message on the screen may lie over the buttons
    tab.sees_run("Paused", run_id)
    epochs = len(record(home, run_id).epochs)
    tab.curves(least=epochs)
    return epochs


def curve(tab: Tab, uid: str) -> list[int] | None:
    """The epochs of a curve in the chart, if it is there."""
    epochs: list[int] | None = tab.page.evaluate(_CURVE, uid)
    return epochs


def test_from_train_over_pause_and_step_to_stop(at_home: Path, open_tab: OpenTab) -> None:
    tab = open_tab()
    tab.open_with(**SAMPLE)
    tab.sees("No run yet. Click Train to start one.")

    with kept_from(at_home, "sample"):
        tab.button("train").dblclick()  # starts one run, all the same
        run_id = tab.sees_run("Preparing")
        assert states(at_home) == ["preparing"]
        assert grave_faults(tab) == []
    tab.sees_run("Training", run_id)
    epochs = pause(tab, at_home, run_id)

    tab.button("step").dblclick()  # takes one step, all the same
    tab.curves(least=epochs + 1)
    tab.sees_run("Paused", run_id)
    assert len(record(at_home, run_id).epochs) == epochs + 1

    tab.button("resume").click()
    tab.sees_run("Training", run_id)
    tab.curves(least=epochs + 3)
    assert grave_faults(tab) == []
    tab.button("stop").click()
    tab.sees_run("Stopped", run_id)
    tab.sees("Stopped by you after epoch")
    assert states(at_home) == ["stopped"]


def test_what_was_asked_for_is_said_until_the_batch_is_done(
    at_home: Path, open_tab: OpenTab
) -> None:
    tab = open_tab()
    run_id = start(tab, SLOW_BATCHES)
    tab.button("pause").click()
    tab.sees_run("Pausing", run_id)
    tab.sees_run("Paused", run_id)
    tab.button("resume").click()
    tab.sees_run("Training", run_id)
    tab.button("stop").click()
    tab.sees_run("Stopping", run_id)
    tab.sees_run("Stopped", run_id)
    tab.sees("No epoch was finished, so there are no weights.")


def test_a_run_that_stopped_early_keeps_going_beyond_a_grey_line(
    at_home: Path, open_tab: OpenTab
) -> None:
    tab = open_tab()
    tab.open_with(**EARLY_STOP)
    tab.button("train").click()
    run_id = tab.sees_run("Finished")
    tab.sees("one epoch without a better validation loss (patience 1)")
    before = record(at_home, run_id)
    first_stop = len(before.epochs)
    assert before.reason == "patience"
    assert tab.page.evaluate(_DOTTED_LINES) == []

    tab.button("keep_going").click()
    tab.sees(f"Went on after its stop at epoch {first_stop} to epoch {first_stop + 10}.")
    tab.sees_run("Finished", run_id)
    drawn = tab.curves(least=first_stop + 10)
    after = record(at_home, run_id)
    assert after.epochs[:first_stop] == before.epochs
    assert drawn == recorded_curves(at_home, run_id)
    assert first_stop in tab.page.evaluate(_DOTTED_LINES)
    assert after.best is not None
    assert after.best.epoch == min(drawn.validation, key=lambda epoch: drawn.validation[epoch])
    assert curve(tab, "best") == [after.best.epoch]


def test_a_waiting_run_can_be_cancelled(at_home: Path, open_tab: OpenTab) -> None:
    first, other = open_tab(), open_tab()
    running = start(first)
    other.open_with(**SAMPLE)
    other.button("train").click()
    waiting = other.sees_run("Waiting")
    other.sees(f"Yours is next. Now training: {record(at_home, running).name}")
    first.sees("1 more waiting.")
    assert grave_faults(other) == []

    other.button("stop").click()
    other.sees_run("Training", running)  # nothing is left of the one that was cancelled
    assert [run.id for run in runs(at_home)] == [running]
    assert waiting != running

    # One's own, while one looks at the run that trains.
    expect(first.page.get_by_text("1 more waiting.")).to_have_count(0)
    first.keyed("setting_hidden_size").locator("input[type=range]").press("ArrowRight")
    first.button("train").click()
    first.sees("1 more waiting.")
    queued = runs(at_home)[-1].id
    expect(first.button(f"cancel_{queued}")).to_be_visible()
    assert grave_faults(first) == []
    first.button(f"cancel_{queued}").click()
    expect(first.keyed(f"cancel_{queued}")).to_have_count(0)
    first.sees_run("Training", running)
    first.button("stop").click()
    first.sees_run("Stopped", running)
    assert states(at_home) == ["stopped"]


def test_learning_rate_and_patience_may_change_while_paused(
    at_home: Path, open_tab: OpenTab
) -> None:
    tab = open_tab()
    run_id = start(tab)
    epochs = pause(tab, at_home, run_id)
    rate = tab.page.get_by_label("Learning rate from here on")
    patience = tab.page.get_by_label("Patience from here on")

    patience.fill("99")
    tab.page.get_by_role("button", name="Change").click()
    tab.sees(
        re.compile(literally("Patience (patience) is 99, but must be a whole number from 1 to 20."))
    )
    assert record(at_home, run_id).changes == ()

    rate.fill("0.0001")  # too low to end the run while somebody looks at it
    patience.fill("19")
    tab.page.get_by_role("button", name="Change").click()
    told = re.compile(
        literally(f"Changed after epoch {epochs}: learning rate 0.0001, patience 19.")
    )
    tab.sees(told)
    tab.sees("embedding 16, patience 19")
    (change,) = record(at_home, run_id).changes
    assert (change.epoch, change.settings) == (epochs, {"learning_rate": 0.0001, "patience": 19})

    tab.button("resume").click()
    tab.curves(least=epochs + 2)
    tab.sees(told)
    tab.sees_run("Training", run_id)


def test_a_reload_and_a_second_tab_show_the_same(at_home: Path, open_tab: OpenTab) -> None:
    tab = open_tab()
    run_id = start(tab)
    tab.curves(least=2)
    same_visitor = open_tab(beside=tab)
    same_visitor.open()
    another = open_tab()
    another.open()
    everyone = (tab, same_visitor, another)

    steps = ("", "Training"), ("pause", "Paused"), ("stop", "Stopped")
    for reloaded, (button, word) in zip(everyone, steps, strict=True):
        if button:
            tab.button(button).click()
            for each in everyone:
                each.sees_run(word, run_id)
        reloaded.page.reload()
        for each in everyone:
            each.sees_run(word, run_id)
            drawn = each.curves(least=2)
            assert drawn == recorded_curves(at_home, run_id).up_to(len(drawn.train))
    assert drawn == recorded_curves(at_home, run_id)


def test_after_a_kill_the_page_shows_what_the_folders_hold(
    server: Server, at_home: Path, open_tab: OpenTab
) -> None:
    tab, other = open_tab(), open_tab()
    running = start(tab)
    tab.curves(least=2)
    other.open_with(**SAMPLE)
    other.button("train").click()
    waiting = other.sees_run("Waiting")

    def kill() -> None:
        server.kill()
        server.start()

    # While one trains and one waits: whose they were is in their folders, so each sees the own.
    kill()
    tab.sees_run("Interrupted", running)
    other.sees_run("Interrupted", waiting)
    other.sees("No epoch was finished, so there are no weights.")
    assert states(at_home) == ["interrupted", "interrupted"]
    kept = record(at_home, running).epochs
    assert len(kept) >= 2

    # While one is paused.
    other.button("resume").press("Enter")
    other.sees_run("Training", waiting)
    pause(other, at_home, waiting)
    paused = record(at_home, waiting).epochs
    kill()
    other.page.reload()  # else it would say `Paused` from before, too
    other.sees_run("Paused", waiting)
    assert other.curves(least=len(paused)) == recorded_curves(at_home, waiting)
    assert record(at_home, waiting).epochs == paused
    assert record(at_home, running).epochs == kept
    other.button("resume").press("Enter")
    other.curves(least=len(paused) + 2)
    other.sees_run("Training", waiting)
    assert record(at_home, waiting).epochs[: len(paused)] == paused
    for each in (tab, other):
        each.faults.clear()  # the browser says in its console that the server was away


def test_letting_go_of_a_slider_retrains_and_leaves_a_ghost(
    at_home: Path, open_tab: OpenTab
) -> None:
    tab = open_tab()
    first = start(tab)
    tab.curves(least=2)
    tab.page.get_by_role("switch", name="Retrain when a slider is let go").press("Space")
    assert tab.sees_run("Training") == first

    tab.keyed("setting_hidden_size").locator("input[type=range]").press("ArrowRight")
    tab.sees_another_run_than(first)
    second = tab.sees_run("Training")
    tab.curves(least=2)

    before, now = runs(at_home)
    assert (before.id, before.state, before.reason) == (first, "stopped", "user")
    assert (now.id, now.config.hidden_size) == (second, before.config.hidden_size + 2)
    ghost, epochs = f"ghost_{first}", [each.epoch for each in before.epochs]
    is_whole = f"([uid, count]) => ({_CURVE})(uid)?.length === count"
    tab.page.wait_for_function(is_whole, arg=[ghost, len(epochs)])  # the chart follows the heading
    assert curve(tab, ghost) == epochs


def test_a_visitor_from_elsewhere_has_no_hold_on_others_runs(
    server: Server, open_tab: OpenTab, sample_home: Path
) -> None:
    host = own_address()
    lend(sample_home, "sample", server.home)
    hosts = [flag for name in ("127.0.0.1", host) for flag in ("--server.allowedHosts", name)]
    server.start(flags=["--server.address", "0.0.0.0", *hosts])
    elsewhere: dict[str, Any] = {"url": server.url_at(host)}
    owner, stranger, at_the_server = open_tab(**elsewhere), open_tab(**elsewhere), open_tab()

    # Nor has anybody by calling the server as the server's own computer would.
    run_id = start(owner)
    for each in (stranger, at_the_server):
        each.open_with(**SAMPLE)
        expect(each.heading).to_have_text("No run yet. Click Train to start one.")
        each.sees(f"Now training: {record(server.home, run_id).name}")
        each.button("watch_run").click()
        each.sees_run("Training", run_id, is_own=False)
        each.sees("Someone else's run")
        each.keyed("stop").hover()
        each.sees("only whoever started it can do this")

    # But on their own.
    stranger.button("train").click()
    queued = stranger.sees_run("Waiting")
    stranger.sees(f"{record(server.home, queued).name} is next.")
    stranger.button("stop").click()
    expect(stranger.heading).to_have_text("No run yet. Click Train to start one.")
    owner.button("stop").click()
    owner.sees_run("Stopped", run_id)
    owner.sees("Stopped by you after epoch")
    at_the_server.sees("Stopped by another visitor after epoch")
