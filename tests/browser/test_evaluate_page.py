"""A run on the real reviews, looked at from all sides."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, expect
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from imdb_core.config import TrainConfig
from imdb_core.evaluation import Evaluation, cached
from imdb_core.evaluation.listing import flips, mistakes
from tests.browser.conftest import OpenTab
from tests.browser.homes import lend, train
from tests.browser.server import Server
from tests.browser.tab import Tab

pytestmark = [pytest.mark.browser, pytest.mark.imdb]

WORSE_AT_LAST = TrainConfig(source="aclimdb", learning_rate=0.02, patience=1)


def test_a_run_on_the_real_reviews_is_evaluated_and_its_mistakes_are_read(
    server: Server, open_tab: OpenTab, aclimdb_prepared_home: Path, tmp_path: Path
) -> None:
    lend(aclimdb_prepared_home, "aclimdb", server.home)
    run = train(server.home, WORSE_AT_LAST, label="**not** <b>bold</b>")
    server.start()
    tab = open_tab()
    tab.open(f"Evaluate?run={run.id}")

    # The number first, then what it is held against.
    judged = tab.text(re.compile(r"of 5,000 validation reviews"))
    expect(judged).to_be_visible()
    evaluation = cached(run, "validation")
    assert evaluation is not None
    expect(tab.keyed("headline")).to_contain_text(f"{evaluation.accuracy:.1%}")
    expect(tab.text(re.compile("only the bag of words"))).to_be_visible()
    tab.sees(re.compile(r"of \*\*not\*\* <b>bold</b>, the best of"))

    # A slider that moves the counts at once, and a file to compute them again from.
    labels, given = exported(tab, tmp_path / "judged.csv")
    slider = tab.keyed("threshold").locator("input[type=range]")
    shows_counts_of(tab.keyed("threshold"), labels, given, 0.5)
    for _ in range(23):
        slider.press("ArrowRight")
    shows_counts_of(tab.keyed("threshold"), labels, given, 0.73)
    slider.press("Home")
    shows_counts_of(tab.keyed("threshold"), labels, given, 0.0)
    tab.page.get_by_role("button", name="Back to 0.50").click()
    shows_counts_of(tab.keyed("threshold"), labels, given, 0.5)

    tab.page.get_by_role("tab", name="Calibration").click()
    tab.sees("Calibration error (ECE)")
    tab.page.get_by_role("tab", name="Weak spots").click()
    for key in ("slices_stars", "slices_length", "slices_negations"):
        expect(tab.keyed(key).locator(".js-plotly-plot")).to_be_visible()

    # Mistakes and flips, each in full with its curve.
    tab.page.get_by_role("tab", name="Mistakes").click()
    reads_in_full(tab, evaluation, "mistakes", int(mistakes(evaluation)[0]))
    tab.page.get_by_role("tab", name="Flips").click()
    tab.sees(f"and wrong by epoch {run.epochs[-1].epoch}, the last one")
    reads_in_full(tab, evaluation, "flips", int(flips(evaluation)[0]))

    # The test reviews only after a warning and a click; the address follows.
    tab.keyed("evaluated_split").get_by_text("Test").click()
    tab.sees("No run has been looked at on these test reviews so far.")
    tab.button("evaluate").click()
    tab.sees(re.compile(r"of 25,000 test reviews"))
    tab.page.reload()
    tab.sees(re.compile(r"of 25,000 test reviews"))
    tab.sees("1 run has been looked at on these test reviews so far.")
    assert cached(run, "test") is not None


def exported(tab: Tab, target: Path) -> tuple[np.ndarray, np.ndarray]:
    """Labels and P(positive) from the file that the page hands out."""
    with tab.page.expect_download() as waiting:
        tab.button("download_judgements").click()
    waiting.value.save_as(target)
    with target.open(newline="") as file:
        rows = list(csv.DictReader(file))
    labels = np.array([int(row["label"]) for row in rows])
    return labels, np.array([float(row["probability"]) for row in rows])


def shows_counts_of(
    threshold: Locator, labels: np.ndarray, given: np.ndarray, value: float
) -> None:
    """What stands beside the slider is what scikit-learn says of the exported file."""
    called = given > value
    (tn, fp), (fn, tp) = confusion_matrix(labels, called).tolist()
    precision, recall, f1, _ = precision_recall_fscore_support(labels, called, average="binary")
    wanted = {
        "threshold": f"{value:.2f}",
        "tp": f"{tp:,}", "fp": f"{fp:,}", "tn": f"{tn:,}", "fn": f"{fn:,}",
    }  # fmt: skip
    for name, text in wanted.items():
        expect(threshold.locator(f"[data-part={name}]")).to_have_text(text)
    for name, share in (("precision", precision), ("recall", recall), ("f1", f1)):
        shown = threshold.locator(f"[data-part={name}]").inner_text().rstrip("%")
        assert float(shown) == pytest.approx(100 * share, abs=0.051)


def reads_in_full(tab: Tab, evaluation: Evaluation, kind: str, place: int) -> None:
    """Unfold the first review of a list: its curve, and its row to find it again by."""
    row = int(evaluation.rows[place])
    review = tab.keyed(f"{kind}_validation_{row}")
    review.locator("summary").click()
    expect(tab.keyed(f"curve_{kind}_validation_{row}").locator(".js-plotly-plot")).to_be_visible()
    expect(review.get_by_text(f"Row {row:,} of the training part.")).to_be_visible()
    expect(review.get_by_text(f"{evaluation.probabilities[place]:.1%} by epoch")).to_be_visible()
