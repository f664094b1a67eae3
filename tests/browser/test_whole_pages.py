"""Each page with all that unfolds on it, on the real reviews where they are: what it says is
what the program's own functions say, and axe-core finds no grave fault anywhere.
"""

import csv
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from imdb_core.comparison import Judged, verdicts
from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary, Dataset
from imdb_core.data.search import rows_with
from imdb_core.evaluation import evaluate
from imdb_core.runs.run import Run
from imdb_core.scoring import Scorer
from imdb_core.ui.wording import with_line_breaks
from tests.browser.axe import grave_faults_in_light_and_dark
from tests.browser.conftest import OpenTab
from tests.browser.homes import lend, train
from tests.browser.server import Server
from tests.browser.tab import Tab
from tests.conftest import settings_in

pytestmark = pytest.mark.browser

_QUERY = '"the film" bad'

Look = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Stock:
    """A home with reviews and two runs; read-only."""

    home: Path
    dataset: Dataset
    steady: Run
    hasty: Run


@pytest.fixture(scope="module")
def stock(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stock:
    try:
        prepared, source = request.getfixturevalue("aclimdb_prepared_home"), "aclimdb"
    except pytest.skip.Exception:
        prepared, source = request.getfixturevalue("sample_home"), "sample"
    home = tmp_path_factory.mktemp("stock") / "home"
    lend(prepared, source, home)
    config = TrainConfig(source=source, max_epochs=6)
    return Stock(
        home=home,
        dataset=DataLibrary(settings_in(prepared)).load(source),
        steady=train(home, config.changed(learning_rate=0.002), label="steady"),
        hasty=train(home, config.changed(learning_rate=0.02, patience=1), label="hasty"),
    )


@pytest.fixture
def tab(stock: Stock, server: Server, open_tab: OpenTab) -> Tab:
    """Of a server that has the runs, the older of which is the steady one."""
    shutil.copytree(stock.home, server.home, symlinks=True, dirs_exist_ok=True)
    server.start()
    return open_tab(viewport={"width": 1280, "height": 3200})


@pytest.fixture
def faults() -> dict[str, list[str]]:
    """By what was open."""
    return {}


@pytest.fixture
def look(tab: Tab, faults: dict[str, list[str]]) -> Look:
    def look(at: str) -> None:
        found = grave_faults_in_light_and_dark(tab)
        if found:
            faults[at] = found

    return look


def test_score(
    stock: Stock, tab: Tab, look: Look, faults: dict[str, list[str]], tmp_path: Path
) -> None:
    test = stock.dataset.test
    row = int(np.argmin(np.abs(test.lengths - 90)))
    text = stock.dataset.text(test, row)
    scorers = [Scorer.load(run) for run in (stock.steady, stock.hasty)]
    scores = [scorer.score(text) for scorer in scorers]

    tab.open(f"Score?run={stock.steady.id}")
    tab.keyed("review").locator("textarea").fill(text)
    tab.button("score").click()
    tab.sees(re.compile(f"{scores[0].words_read} of {scores[0].words} words read"))
    tab.sees(f"{scores[0].probability:.1%}")
    expect(tab.keyed("reading_words").locator(".text")).to_have_text(text, use_inner_text=False)
    curve = scorers[0].curve(scorers[0].read(text))
    for turn in curve.turning_words():
        tab.sees(re.compile(f"from {turn.before:.0%} to {turn.after:.0%}"))

    unfold(tab, "why")
    found = scorers[0].integrated_gradients(scorers[0].read(text))
    tab.sees(re.compile(re.escape(f"All words together: {found.total:+.3f}")))
    look("why")
    tab.keyed("why_way").get_by_text("Leaving each word out").click()
    tab.sees("All effects together")
    unfold(tab, "try")
    tab.keyed("try_text").locator("textarea").press_sequentially("Awful ")
    tab.sees("“Awful” was put in.")
    unfold(tab, "others")
    tab.sees("Through its training")
    tab.sees_rest()
    tab.choose("Beside it", re.compile("hasty"))
    tab.page.keyboard.press("Escape")
    expect(tab.keyed("beside_curves").locator(".js-plotly-plot")).to_be_visible()
    expect(tab.keyed("others").get_by_text(f"{scores[1].probability:.1%}").first).to_be_visible()
    tab.sees("Through its training")
    unfold(tab, "many")
    path = tmp_path / "reviews.csv"
    texts = [stock.dataset.text(test, row) for row in range(40)]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["review"], *([each] for each in texts)])
    tab.keyed("many").locator("input[type=file]").set_input_files(path)
    tab.click_below_table("score_file", "many")
    tab.sees(re.compile("40 rows scored by"))
    look("all")
    with tab.page.expect_download() as download:
        tab.keyed("download_scores").get_by_role("button").click()
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as file:
        given = [float(line["P(positive)"]) for line in csv.DictReader(file)]
    ours = [scorers[0].score(each).probability for each in texts]
    assert given == pytest.approx(ours, abs=1e-6)
    assert faults == {}


def test_evaluate(stock: Stock, tab: Tab, look: Look, faults: dict[str, list[str]]) -> None:
    tab.open(f"Evaluate?run={stock.steady.id}")
    judged = tab.text(re.compile(r"of [\d,]+ validation reviews"))
    expect(judged).to_be_visible()
    expect(tab.text(re.compile("only the bag of words"))).to_be_visible()
    for name, content in (
        ("Threshold", "Call a review positive when"),
        ("Calibration", "Calibration error (ECE)"),
        ("Weak spots", "By length in words"),
        ("Mistakes", "are judged wrong"),
        ("Flips", re.compile("right|last epoch")),
    ):
        tab.page.get_by_role("tab", name=name).click()
        tab.sees(content)
        folds = tab.page.get_by_role("tabpanel").locator("summary")
        if name == "Mistakes":
            folds.first.click()
            tab.sees(re.compile(r"Row [\d,]+ of the training part\."))
        look(name)
    tab.keyed("evaluated_split").get_by_text("Test").click()
    tab.sees("Look here last.")
    look("test")
    assert faults == {}


def test_runs(stock: Stock, tab: Tab, look: Look, faults: dict[str, list[str]]) -> None:
    tab.open("Runs")
    tab.sees_cell("steady")
    tab.tick_row(0)
    expect(tab.page.get_by_role("heading", level=3)).to_have_text("hasty")
    for name, content in (
        ("Filter", "State"),
        ("Import", "A run's zip"),
        ("Name, notes, tags", "Notes"),
    ):
        tab.page.get_by_role("button", name=name, exact=True).first.click()
        expect(tab.page.get_by_label(content, exact=True).last).to_be_visible()
        look(name)
        tab.page.keyboard.press("Escape")
        expect(tab.page.get_by_label(content, exact=True)).to_have_count(0)

    tab.tick_row(1)
    tab.sees("2 runs compared")
    (verdict,) = verdicts([(run, judged(stock, run)) for run in (stock.hasty, stock.steady)])
    expect(tab.text(verdict.headline)).to_be_visible()
    tab.sees(verdict.reasons)
    unfold(tab, "replay")
    tab.sees(re.compile("^Patience 1 on 2 runs"))
    unfold(tab, "scatter")
    tab.sees_axis("scatter_chart", "Learning rate")
    look("compared")

    tab.button("delete").click()
    tab.sees("Deleted 2 runs.")
    tab.page.get_by_role("button", name="Bin (2)").click()
    tab.sees("Deleted runs are removed for good")
    look("bin")
    assert faults == {}


def judged(stock: Stock, run: Run) -> Judged:
    evaluation = evaluate(run, DataLibrary(settings_in(stock.home)), "validation")
    return Judged(rows=evaluation.rows, is_right=evaluation.is_right)


def test_data(stock: Stock, tab: Tab, look: Look, faults: dict[str, list[str]]) -> None:
    train = stock.dataset.train
    tab.open("Data")
    tab.sees(f"{len(train):,} reviews to learn from, {len(stock.dataset.test):,} to test")
    tab.sees("How many words are known")
    tab.sees("An example to fill in")
    expect(tab.page.locator(".js-plotly-plot")).to_have_count(3)
    look("numbers")

    tab.page.get_by_text("Read them").click()
    tab.sees(f"{len(train):,} of {len(train):,} reviews")
    look("reviews")
    search = tab.page.get_by_role("searchbox", name="Search")
    search.fill(_QUERY)
    search.press("Enter")
    rows = rows_with(train, stock.dataset.vocabulary, _QUERY)
    tab.sees(f"{len(rows):,} of {len(train):,} reviews")
    tab.keyed("data_label").get_by_text("Negative").click()
    rows = rows[train.labels[rows] == 0]
    tab.sees(f"{len(rows):,} of {len(train):,} reviews")
    review = tab.keyed(f"data_review_{rows[0]}")
    assert train.stars is not None
    expect(review).to_contain_text(f"★ {train.stars[rows[0]]}")
    expect(review.get_by_test_id("stText")).to_have_text(
        with_line_breaks(stock.dataset.text(train, int(rows[0])))
    )
    assert faults == {}


def unfold(tab: Tab, key: str) -> None:
    tab.keyed(key).locator("summary").click()
