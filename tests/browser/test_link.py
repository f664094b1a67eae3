"""Settings and seed travel in the address, and so does the mark of the curve they gave."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.homes import lend, runs
from tests.browser.server import Server
from tests.browser.tab import Tab, literally

pytestmark = pytest.mark.browser

TYPED = {
    "learning_rate": "0.004",
    "max_length": "60",
    "max_epochs": "2",
    "dropout": "0.1",
    "seed": "7",
}
FAULTS = (
    "Hidden units (hidden_size) is '7000', but must be a whole number from 2 to 256.",
    "Cell (cell) is 'brain', but must be one of rnn, gru, lstm.",
    "There is no setting 'colour'",
)


def sees_slider(tab: Tab, name: str, value: str) -> None:
    expect(tab.keyed(f"setting_{name}").locator("input[type=range]")).to_have_value(value)


def test_a_link_opens_the_form_as_it_was_and_tells_whether_the_curve_is_the_same(
    server: Server, open_tab: OpenTab, sample_home: Path
) -> None:
    lend(sample_home, "sample", server.home)
    server.start()
    sender, receiver = open_tab(), open_tab()
    sender.open_with(source="sample", cell="gru", bidirectional="true")
    sender.settle(**TYPED)
    sender.keyed("setting_embedding_dim").locator("input[type=range]").press("ArrowRight")
    expect(sender.page).to_have_url(re.compile("embedding_dim=18"))
    sender.button("train").click()
    first = sender.sees_run("Finished")
    expect(sender.page).to_have_url(re.compile("curve=1-2-"))

    link = sender.page.url
    receiver.page.goto(link)
    receiver.sees_run("Finished", first)  # with no run of one's own, one sees the last
    receiver.page.locator("summary", has_text="More settings").click()
    for name, value in TYPED.items():
        expect(receiver.keyed(f"setting_{name}").locator("input")).to_have_value(value)
    sees_slider(receiver, "embedding_dim", "18")
    sees_slider(receiver, "hidden_size", "8")
    expect(receiver.page.get_by_role("switch", name="Read both ways")).to_be_checked()
    expect(receiver.page.get_by_role("combobox", name="Cell")).to_have_value("GRU")

    receiver.button("train").click()
    receiver.sees_another_run_than(first)
    second = receiver.sees_run("Finished")
    receiver.sees(re.compile(literally("The same curve as the link's, bit for bit: 2 epochs")))
    one, other = runs(server.home)
    assert (one.id, other.id) == (first, second)
    assert one.config == other.config
    assert [each.val_loss for each in one.epochs] == [each.val_loss for each in other.epochs]

    receiver.keyed("setting_seed").locator("input").fill("8")
    receiver.keyed("setting_seed").locator("input").press("Enter")
    expect(receiver.page).to_have_url(re.compile("seed=8"))
    expect(receiver.page).not_to_have_url(re.compile("curve="))


def test_what_a_link_cannot_have_is_said_and_ignored(server: Server, open_tab: OpenTab) -> None:
    server.start()
    tab = open_tab()
    tab.open_with(source="sample", seed="5", hidden_size="7000", cell="brain", colour="red")
    for fault in FAULTS:
        tab.sees(re.compile(literally(fault)))
    sees_slider(tab, "hidden_size", "8")
    tab.page.locator("summary", has_text="More settings").click()
    expect(tab.page.get_by_role("combobox", name="Cell")).to_have_value("RNN")
    expect(tab.keyed("setting_seed").locator("input")).to_have_value("5")
    expect(tab.page).to_have_url(re.compile(r"\?(seed=5&source=sample|source=sample&seed=5)$"))
    expect(tab.button("train")).to_be_enabled()
