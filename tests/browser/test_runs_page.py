"""What can be done with a run on the Runs page."""

import csv
import re
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from playwright.sync_api import expect

from imdb_core.runs.store import RunStore
from tests.browser.conftest import OpenTab
from tests.browser.homes import SHORT, lend, train
from tests.browser.server import Server
from tests.browser.tab import Tab, literally

pytestmark = pytest.mark.browser

LABEL = "**x** <b>y</b> <img src=x onerror=alert(1)> [z](http://evil.example) :red[w] $v$"
MADE_OF_LABEL = "img[src='x'], a[href*=evil], a[*|href*=evil], .katex"

NOTEBOOK_SHAPES = {
    "embedding.weight": (500, 16),
    "rnn.weight_ih_l0": (8, 16),
    "rnn.weight_hh_l0": (8, 8),
    "rnn.bias_ih_l0": (8,),
    "rnn.bias_hh_l0": (8,),
    "dense.weight": (1, 8),
    "dense.bias": (1,),
}


def test_a_label_is_shown_as_it_was_typed_on_every_page(
    server: Server, open_tab: OpenTab, sample_home: Path
) -> None:
    lend(sample_home, "sample", server.home)
    train(server.home, label="another")
    run = train(server.home)
    server.start()
    tab = open_tab()
    tab.open("Runs")
    tab.tick_row(0)
    tab.page.get_by_role("button", name="Name, notes, tags").click()
    tab.page.get_by_label("Name", exact=True).fill(LABEL)
    tab.page.get_by_label("Notes", exact=True).fill(LABEL)
    tab.page.get_by_role("button", name="Save").click()
    expect(tab.page.get_by_label("Name", exact=True)).to_be_hidden()

    expect(tab.page.get_by_role("heading", level=3)).to_have_text(
        re.compile(f"^{literally(LABEL)}$")
    )
    tab.sees_cell(LABEL)
    assert RunStore(server.home / "runs").get(run.id).label == LABEL
    tab.open("Runs")
    legend = tab.keyed("overlay").locator(".legendtext")
    expect(legend).to_have_text([f"{LABEL[:39]}…", "another"])
    expect(tab.page.locator(MADE_OF_LABEL)).to_have_count(0)

    tab.go("Train")
    tab.sees_run("Finished", LABEL)
    tab.go("Score")
    tab.choose("Network", LABEL)
    tab.keyed("review").locator("textarea").fill("A good film.")
    tab.button("score").click()
    tab.sees(re.compile(f"Epoch 2 of {literally(LABEL)}, trained on"))
    expect(tab.page.locator(MADE_OF_LABEL)).to_have_count(0)


def test_a_deleted_run_comes_back_by_undo_or_from_the_bin_until_that_is_emptied(
    server: Server, open_tab: OpenTab, sample_home: Path
) -> None:
    lend(sample_home, "sample", server.home)
    run = train(server.home, label="unloved")
    server.start()
    tab = open_tab()
    tab.open("Runs")
    tab.button("delete").click()
    tab.sees("Deleted unloved.")
    tab.sees("Nothing was trained yet.")
    assert not run.folder.exists()

    tab.button("undo").click()
    tab.sees_cell("unloved")
    expect(tab.button("undo")).to_have_count(0)
    assert run.folder.exists()

    # By a visitor who has not deleted it.
    tab.button("delete").click()
    tab.sees("Deleted unloved.")
    tab.open("Runs")
    tab.page.get_by_role("button", name="Bin (1)").click()
    tab.choose("Deleted runs", re.compile("unloved"))
    tab.button("restore").click()
    tab.sees_cell("unloved")
    expect(tab.page.get_by_role("button", name="Bin")).to_have_count(0)
    assert RunStore(server.home / "runs").get(run.id).epochs == run.epochs

    tab.button("delete").click()
    tab.page.get_by_role("button", name="Bin (1)").click()
    tab.button("empty_bin").click()
    tab.sees("Remove this run for good?")
    tab.button("empty_bin_now").click()
    tab.sees("Nothing was trained yet.")
    for gone in ("undo", "bin"):
        expect(tab.keyed(gone)).to_have_count(0)
    assert not run.folder.exists()
    assert RunStore(server.home / "runs").deleted() == []


def test_runs_are_chosen_compared_and_tested_on_the_same_reviews(
    server: Server, open_tab: OpenTab, sample_home: Path
) -> None:
    lend(sample_home, "sample", server.home)
    train(server.home, SHORT.changed(hidden_size=4), label="small")
    train(server.home, SHORT.changed(cell="gru"), label="gated")
    server.start()
    tab = open_tab()
    tab.open("Runs")
    for row in (0, 1):
        tab.tick_row(row)
    tab.sees("2 runs compared")
    tab.sees(re.compile("^(gated|small) (and (gated|small): within noise|beats (gated|small))$"))
    tab.sees(re.compile("of 800 validation reviews"))
    expect(tab.page.get_by_role("table")).to_contain_text(re.compile("Hidden units(84|48)"))
    tab.text("by seconds").click()
    tab.sees_axis("overlay", "seconds of training")

    tab.page.locator("summary", has_text="What if patience had been").click()
    tab.sees(re.compile("^Patience 2 on 2 runs: as many epochs in all; all keep"))
    # By keyboard: what unfolds above it pushes it away from under a mouse.
    tab.page.locator("summary", has_text="What does a setting bring").press("Enter")
    tab.sees_axis("scatter_chart", "Cell")


def test_a_whole_run_travels_to_another_installation(
    server: Server, open_tab: OpenTab, sample_home: Path, tmp_path: Path
) -> None:
    lend(sample_home, "sample", server.home)
    run = train(server.home, label="traveller")
    server.start()
    tab = open_tab()
    tab.open("Runs")
    archive = download(tab, "zip", tmp_path / f"{run.id}.zip")
    tab.button("delete").click()
    tab.sees("Nothing was trained yet.")

    upload(tab, archive)
    tab.sees_cell("traveller")
    expect(tab.keyed("import_file")).to_be_hidden()
    assert RunStore(server.home / "runs").get(run.id).epochs == run.epochs

    (tmp_path / "evil.zip").write_bytes(archive.read_bytes()[:-100])
    upload(tab, tmp_path / "evil.zip")
    tab.sees(re.compile("The file is no zip of a run"))
    assert len(RunStore(server.home / "runs").all()) == 1


def upload(tab: Tab, archive: Path) -> None:
    tab.keyed("import").get_by_role("button", name="Import").click()
    tab.keyed("import_file").locator("input[type=file]").set_input_files(archive)
    tab.sees(re.compile(r"\d[KM]B$"))
    tab.button("import_run").click()


def test_downloads_are_files_that_their_readers_can_read(
    server: Server, open_tab: OpenTab, sample_home: Path, tmp_path: Path
) -> None:
    lend(sample_home, "sample", server.home)
    run = train(server.home)
    server.start()
    tab = open_tab()
    tab.open("Runs")

    weights = torch.load(download(tab, "pt", tmp_path / "best_rnn_model.pt"), weights_only=True)
    assert {name: tuple(tensor.shape) for name, tensor in weights.items()} == NOTEBOOK_SHAPES

    session = onnxruntime.InferenceSession(download(tab, "onnx", tmp_path / "best_rnn_model.onnx"))
    (probabilities,) = session.run(None, {"token_ids": np.ones((2, 5), dtype=np.int64)})
    assert probabilities.shape == (2,)

    with download(tab, "csv", tmp_path / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["val_loss"]) for row in rows] == [epoch.val_loss for epoch in run.epochs]


def download(tab: Tab, format: str, target: Path) -> Path:
    """Click the button of a format; the file keeps the name that the page suggests."""
    with tab.page.expect_download() as waiting:
        tab.button(f"download_{format}").click()
    assert waiting.value.suggested_filename == target.name
    waiting.value.save_as(target)
    return target
