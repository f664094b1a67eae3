"""From a pasted review to why, what if, which epoch, and a whole file."""

import csv
import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from imdb_core.config import TrainConfig
from imdb_core.data import plain_text
from imdb_core.runs.store import RunStore
from tests.browser.conftest import OpenTab
from tests.browser.homes import lend, train
from tests.browser.server import Server
from tests.browser.tab import Tab

pytestmark = pytest.mark.browser

HOSTILE = (
    "<img src=x onerror=alert(1)> <b>good</b> **bold** [l](http://evil.example) $x$ :red[a] "
    "\u202egood\u202c film\x07 zzyzx \N{SLIGHTLY SMILING FACE} <script>alert(2)</script> bad"
)
LONG = "zzyzx " * 50 + "good film. " * 50
SHOTS = os.environ.get("SCORE_SHOTS")


def test_a_review_is_judged_explained_changed_and_seen_by_other_networks(
    server: Server, open_tab: OpenTab, sample_home: Path, tmp_path: Path
) -> None:
    lend(sample_home, "sample", server.home)
    config = TrainConfig(source="sample", max_epochs=4, learning_rate=0.005)
    train(server.home, config.changed(bidirectional=True, cell="gru"), label="<b>both</b> ways")
    train(server.home, config, label="plain")
    server.start()
    tab = open_tab()
    tab.open("Score")
    tab.choose("Network", "plain")
    tab.sees("The verdict appears here.")

    # What was typed stands there in plain signs, and nothing of it is interpreted.
    write(tab, HOSTILE)
    words = tab.keyed("reading_words")
    expect(words.locator(".text")).to_have_text(plain_text(HOSTILE))
    expect(words.locator(".text .unknown", has_text="zzyzx")).to_be_visible()
    expect(words.locator(".text :not(span)")).to_have_count(0)
    expect(words.get_by_text("struck through")).to_be_visible()
    expect(tab.page.locator("img[src='x'], a[href*=evil]")).to_have_count(0)

    # The last words are read; the others are grey.
    write(tab, LONG)
    tab.sees("100 of 150 words read, the last ones")
    expect(words.locator(".text .cut")).to_contain_text("zzyzx")
    expect(words.locator(".text .word").last).to_have_text("film")

    write(tab, "The film was good. I liked it very much, but the end was bad.")
    expect(words.locator(".text")).to_contain_text("liked it very much")
    words.locator(".text .word", has_text="good").hover()
    expect(words.locator(".told")).to_contain_text(re.compile(r"“good” took it from \d+% to"))
    words.locator(".text").press("ArrowLeft")
    expect(words.locator(".told")).to_contain_text(re.compile(r"“was” took it from \d+% to"))

    unfold(tab, "why")
    tab.sees("error of the sum")
    tab.keyed("why_way").get_by_text("Leaving each word out").click()
    tab.sees("All effects together")

    # A change shows while it is typed.
    unfold(tab, "try")
    box = tab.keyed("try_text").locator("textarea")
    box.press("Control+End")
    box.press_sequentially(" Awful")
    tab.sees("“Awful” was put in.")
    expect(tab.text("As you changed it")).to_be_visible()

    unfold(tab, "others")
    expect(tab.keyed("through_epochs").locator(".js-plotly-plot")).to_be_visible()
    tab.sees_rest()
    tab.choose("Beside it", re.compile("both"))
    tab.page.keyboard.press("Escape")
    expect(tab.keyed("beside_curves").locator(".js-plotly-plot")).to_be_visible()
    tab.sees("Through its training")

    # Another epoch's weights judge.
    slider = tab.page.get_by_role("slider", name="Epoch")
    slider.focus()
    slider.press("Home")
    tab.sees(re.compile("Epoch 1 of plain"))

    scores_a_file(tab, tmp_path)
    photograph(tab)


def scores_a_file(tab: Tab, folder: Path) -> None:
    """Upload, choose nothing more, score, look, download."""
    path = folder / "reviews.csv"
    with path.open("w", newline="", encoding="cp1252") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["id", "review"])
        writer.writerows([number, f"The film was good, déjà vu {number}"] for number in range(300))
        writer.writerow(["=1+1", "..."])
    unfold(tab, "many")
    tab.keyed("many").locator("input[type=file]").set_input_files(path)
    tab.sees("The file is read as Windows-1252, cells separated by semicolons.")
    tab.click_below_table("score_file", "many")
    tab.sees(re.compile(r"300 rows scored by .*; 1 could not be scored\."))
    with tab.page.expect_download() as download:
        tab.keyed("download_scores").get_by_role("button").click()
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 301
    assert rows[0]["review"] == "The film was good, déjà vu 0"
    assert rows[300]["id"] == "'=1+1"
    assert "no word" in rows[300]["not scored"]

    # Another visitor's file is not shown; one's own outlives a reload.
    tab.page.reload()
    unfold(tab, "many")
    tab.sees(re.compile("300 rows scored by"))


def test_the_chosen_network_stays_chosen_while_it_gets_better(
    server: Server, open_tab: OpenTab, sample_home: Path
) -> None:
    lend(sample_home, "sample", server.home)
    chosen, other = (train(server.home, label=label) for label in ("chosen", "other"))
    assert chosen.best == other.best._replace(  # type: ignore[union-attr]
        train_seconds=chosen.best.train_seconds,
        val_seconds=chosen.best.val_seconds,  # type: ignore[union-attr]
    )  # so that the newer one is the best
    server.start()
    tab = open_tab()
    tab.open("Score")
    tab.choose("Network", "chosen")
    write(tab, "The film was good.")
    tab.sees(re.compile("Epoch 2 of chosen"))
    log = RunStore(server.home / "runs").log(chosen.id)
    network = tab.page.get_by_role("combobox", name="Network")
    for epoch, accuracy in ((3, 0.91), (4, 0.92)):
        record = chosen.epochs[-1]._replace(epoch=epoch, val_accuracy=accuracy, best_epoch=epoch)
        log.append("epoch", **record._asdict())
        write(tab, f"The film was good {epoch} times.")
        expect(network).to_have_value(re.compile("^chosen · training"))
        tab.sees(re.compile("Epoch 2 of chosen"))
    log.append("stopped", reason="user")
    write(tab, "The film was good in the end.")
    expect(network).to_have_value(re.compile(f"^chosen · {accuracy:.1%}"))


def write(tab: Tab, text: str) -> None:
    tab.keyed("review").locator("textarea").fill(text)
    tab.button("score").click()


def unfold(tab: Tab, key: str) -> None:
    tab.keyed(key).locator("summary").click()


def photograph(tab: Tab) -> None:
    """Screenshots for whoever wants to look at them (SCORE_SHOTS names a folder)."""
    if not SHOTS:
        return
    write(tab, "The film was good. I liked it very much, but the end was bad. zzyzx")
    expect(tab.keyed("reading_words").locator(".text")).to_contain_text("zzyzx")
    for width in (1400, 390):
        for scheme in ("light", "dark"):
            tab.page.set_viewport_size({"width": width, "height": 3200})
            tab.page.emulate_media(color_scheme=scheme)
            tab.page.screenshot(path=f"{SHOTS}/story_{width}_{scheme}.png")
