"""What the Train page tells, against the record: of recorded real curves and of its own runs."""

import csv
import math
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from imdb_core.baselines import cached
from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary
from imdb_core.errors import NonFiniteLossError
from imdb_core.intervals import wilson_interval
from imdb_core.model import SentimentRNN
from imdb_core.runs.run import Run
from imdb_core.training.coach import Note, notes
from imdb_core.training.device import resolve_device
from imdb_core.training.engines import engine_name
from imdb_core.training.footprint import footprint_bytes
from imdb_core.training.records import StopReason
from imdb_core.training.replay import replay
from imdb_core.training.stopping import check_finite
from imdb_core.training.time_left import time_left
from imdb_core.ui.charts import BEST_COLOR, TRAIN_COLOR, VALIDATION_COLOR
from imdb_core.ui.wording import duration
from tests.browser.axe import grave_faults, grave_faults_in_light_and_dark
from tests.browser.chart_files import colors, drawing
from tests.browser.conftest import OpenTab
from tests.browser.homes import lend, runs
from tests.browser.server import Server
from tests.browser.tab import Tab, literally
from tests.browser.written_run import WrittenRun, slowed
from tests.conftest import settings_in
from tests.unit.training.recorded_curves import recorded_curve

pytestmark = pytest.mark.browser

HEARTS = {
    0: ("♥♥♥♥♥", "5 more epochs without improvement stop it."),
    2: ("♥♥♥♡♡", "3 more epochs without improvement stop it."),
    3: ("♥♥♡♡♡", "2 more epochs without improvement stop it."),
    4: ("♥♡♡♡♡", "One more epoch without improvement stops it."),
    5: ("♡♡♡♡♡", "Patience has run out."),
}
"""What is said of a patience of 5, by the epochs without improvement."""

TEXTS = (
    "A wonderful film, and not a minute too long.",
    "Dull, bad and boring; the worst acting of the year.",
    "It is <b>not</b> bad at all, yet never great.",
)
REMARKABLE: tuple[tuple[str, int, StopReason | None, list[str]], ...] = (
    ("notebook_lr1e-1", 13, None, ["rate_too_high"]),
    ("notebook_lr1e-5", 60, None, ["rate_too_low"]),
    ("lstm32_over", 17, None, ["overfitting"]),
    ("notebook_patience20", 150, "user", ["still_improving", "plateau"]),
)
"""A curve, how much of it, what ended it if not what did, and the rules that speak then."""
SHORT = TrainConfig(source="sample", max_epochs=5)

_MARKS = """() => {
  const plot = document.querySelector('.st-key-loss_chart .js-plotly-plot');
  const { shapes, annotations } = plot.layout;
  const shaded = shapes.find(({ name, visible }) => name === 'patience window' && visible);
  const ends = shapes.filter(({ x0, x1, line }) => x0 === x1 && line.dash === 'dash');
  return {
    shaded: shaded ? [shaded.x0, shaded.x1] : null,
    star: plot.data.find(({ uid }) => uid === 'best').x,
    ends: [...new Set(ends.map(({ x0 }) => x0))],
    words: annotations.map(({ text }) => text),
  };
}"""
_PINNED = """() => {
  const { data, layout } = document.querySelector('.st-key-loss_chart .js-plotly-plot');
  const curves = data.filter(({ uid }) => uid.startsWith('pinned_'));
  return {
    curves: curves.map(({ x, y }) => [Array.from(x), Array.from(y)]),
    isUnderLoss: layout.yaxis3.domain[1] < layout.yaxis.domain[0],
  };
}"""
_BASELINES = """() => {
  const plot = document.querySelector('.st-key-loss_chart .js-plotly-plot');
  const { shapes, annotations } = plot.layout;
  const lines = axis => shapes
    .filter(({ type, yref, y0, y1 }) => type === 'line' && yref === axis && y0 === y1)
    .map(({ y0 }) => y0);
  const names = annotations.map(({ text }) => text);
  return { losses: lines('y'), accuracies: lines('y2'), names };
}"""
_GHOSTS = """() => {
  const { data } = document.querySelector('.st-key-loss_chart .js-plotly-plot');
  const ghosts = data.filter(({ uid }) => uid.startsWith('ghost_') && !uid.endsWith('_train'));
  return ghosts.map(({ uid, y }) => [uid.slice('ghost_'.length), Array.from(y)]);
}"""


def sees_numbers(tab: Tab, run: Run) -> None:
    """Wait for the numbers below the chart to be those of `run`, its patience 5."""
    assert run.best is not None
    values = tab.keyed("run_numbers").locator(".live-number-value")
    hearts, words = HEARTS[run.bad_epochs]
    expect(values.nth(0)).to_have_text(str(len(run.epochs)))
    expect(values.nth(2)).to_have_text(hearts)
    expect(values.nth(3)).to_have_text(str(run.best.epoch))
    expect(tab.keyed("numbers")).to_contain_text(words)
    expect(tab.keyed("numbers")).to_contain_text(
        f"loss {run.best.val_loss:.4f}, accuracy {run.best.val_accuracy:.1%}"
    )


def sees_time_left(tab: Tab, run: Run) -> None:
    """Wait for both ends of the range, once the epoch under way has taken its time."""
    left = time_left(
        run.epochs,
        max_epochs=run.config.max_epochs,
        patience=run.config_in_force.patience,
        since_last_s=1e9,
        between_s=run.between_epochs_s,
    )
    assert left is not None
    most, least = duration(left.seconds_at_most), duration(left.seconds_at_least)
    expect(tab.keyed("numbers")).to_contain_text(f"at most {most} left, could stop in {least}")


def sees_state(tab: Tab, run: Run, word: str) -> None:
    """Wait for the heading alone: nobody can press the buttons of another program's run."""
    expect(tab.heading).to_have_text(re.compile(f"{word} · {run.name}$"))


def why_it_stopped(run: Run, rule: str) -> str:
    """The sentence, from the record's own numbers."""
    best, reviews = min(run.epochs, key=lambda each: each.val_loss), 5_000
    low, high = wilson_interval(round(best.val_accuracy * reviews), reviews)
    return (
        f"{rule} Epoch {best.epoch} was best: validation loss {best.val_loss:.4f}, "
        f"accuracy {best.val_accuracy:.1%} on 5,000 reviews "
        f"(95% interval {low:.1%} to {high:.1%}). Its weights are kept, and will score reviews."
    )


def says(place: Locator, text: str) -> None:
    expect(place).to_contain_text(re.compile(literally(text)))


def sees_why_not(tab: Tab, button: str, reason: str) -> None:
    """Point at a button that cannot be pressed, and away from it again."""
    expect(tab.button(button)).to_be_disabled()
    tab.keyed(button).hover()
    tab.sees(reason)
    tab.page.mouse.move(0, 0)
    expect(tab.text(reason)).to_be_hidden()


def downloaded(tab: Tab, button: str) -> Path:
    """The file that one of the chart's buttons hands out."""
    with tab.page.expect_download() as waiting:
        tab.page.get_by_role("button", name=button).click()
    return waiting.value.path()


def exported(tab: Tab) -> list[list[float]]:
    """The rows of the chart's CSV file."""
    with downloaded(tab, "as a CSV table").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["epoch", "train_loss", "val_loss", "val_accuracy"]
    return [[float(cell) for cell in row] for row in rows]


def slide(slider: Locator, *, to: int) -> None:
    """With the arrow keys, to a whole number."""
    now, step = int(slider.input_value()), int(slider.get_attribute("step") or 1)
    for _ in range(abs(to - now) // step):
        slider.press("ArrowRight" if to > now else "ArrowLeft")
    expect(slider).to_have_value(str(to))


def test_a_real_curve_is_told_as_it_grows_pauses_and_ends(
    server: Server, open_tab: OpenTab
) -> None:
    curve = slowed(recorded_curve("gru16"), 0.4)
    written = WrittenRun(server.home, curve, guess=17)
    written.train_to(10)
    server.start()
    tab = open_tab()
    tab.open()

    # Who trains it, patience and time left, while it trains, and nothing jumps.
    sees_why_not(tab, "stop", "Another program trains it, for instance a command line.")
    places = []
    for epoch in (11, 13, 16):
        run = written.train_to(epoch)
        sees_numbers(tab, run)
        sees_time_left(tab, run)
        places.append([tab.keyed(key).bounding_box() for key in ("loss_chart", "numbers")])
    assert run.bad_epochs == 3
    assert places[1:] == places[:-1]
    marks = tab.page.evaluate(_MARKS)
    assert (marks["star"], marks["shaded"], marks["ends"]) == ([13], [13, 18], [])
    tab.button("reading_help").first.click()
    tab.sees("Early stopping")
    assert grave_faults(tab) == []
    tab.page.keyboard.press("Escape")

    # Paused: what one sees and what one hears speak of the same epochs, and no time runs.
    written.pause()
    sees_state(tab, run, "Paused")
    sees_numbers(tab, run)
    expect(tab.keyed("numbers")).not_to_contain_text(" left,")
    spoken = tab.keyed("loss_chart").get_by_role("status")
    expect(spoken).to_contain_text("Paused. Train and validation loss over 16 epochs.")
    written.resume()
    for epoch in (17, 21):
        run = written.train_to(epoch)
        sees_numbers(tab, run)
        sees_time_left(tab, run)

    # Why it stopped, why nothing can be paused, and the guess beside the truth.
    written.train_to(22)
    run = written.stop()
    sees_state(tab, run, "Finished")
    sees_numbers(tab, run)
    expect(tab.keyed("numbers")).not_to_contain_text(" left,")
    rule = (
        "Stopped after epoch 22: 5 epochs in a row without a better validation loss (patience 5)."
    )
    says(tab.keyed("ending"), why_it_stopped(run, rule))
    says(tab.keyed("ending"), "Your guess was epoch 17; it was 22: 5 off.")
    expect(spoken).to_contain_text("Finished. Train and validation loss over 22 epochs.")
    for button in ("pause", "step", "stop"):
        sees_why_not(tab, button, "Nothing is training.")
    marks = tab.page.evaluate(_MARKS)
    assert (marks["star"], marks["shaded"], marks["ends"]) == ([17], [17, 22], [22])
    assert "patience ran out" in marks["words"]
    assert exported(tab) == [
        [each.epoch, each.train_loss, each.val_loss, each.val_accuracy] for each in run.epochs
    ]
    drawn = drawing(downloaded(tab, "as an SVG drawing"))
    assert drawn.words >= {"train", "validation", "best epoch", "patience ran out", "loss (nats)"}
    assert drawn.points == {"train": 22, "validation": 22, "best": 1, "accuracy": 22}
    painted = colors(downloaded(tab, "as a PNG picture"), least_width=800)
    assert painted >= {TRAIN_COLOR, VALIDATION_COLOR, BEST_COLOR}

    # Another patience.
    tab.page.locator("summary", has_text="What if patience had been").click()
    slider = tab.keyed(f"replay_{run.id}").locator("input[type=range]")
    for patience in (5, 2, 1, 6):
        slide(slider, to=patience)
        told = replay(run.epochs, patience=patience, max_epochs=run.config.max_epochs)
        assert told is not None
        tab.sees(re.compile(literally(told.sentence)))
    assert grave_faults_in_light_and_dark(tab) == []


def sees_notes(tab: Tab, expected: list[Note]) -> None:
    lines = tab.page.locator("p", has=tab.page.locator("em")).filter(has_text="Epoch")
    expect(lines).to_have_count(len(expected))
    for line, note in zip(lines.all(), expected, strict=True):
        one = note.first_epoch == note.last_epoch
        epochs = (
            f"Epoch {note.first_epoch}" if one else (f"Epochs {note.first_epoch}–{note.last_epoch}")
        )
        says(line, f"{epochs}. {note.text} {note.advice}")


def set_it(tab: Tab, note: Note) -> None:
    """Press the note's button; the form and the address have the setting then."""
    tab.button(f"coach_{note.rule}").press("Enter")
    for name, value in note.changes.items():
        expect(tab.page).to_have_url(re.compile(rf"[?&]{name}={re.escape(str(value))}(&|$)"))
        field = tab.keyed(f"setting_{name}").locator("input")
        if name == "cell":
            expect(field).to_have_value(str(value).upper())
        else:
            expect(field).to_have_value(f"{value:g}")


def test_the_coach_speaks_of_real_curves_and_its_buttons_set_the_form(
    server: Server, open_tab: OpenTab
) -> None:
    server.start()
    tab = open_tab()
    tab.open()
    tab.page.locator("summary", has_text="More settings").click()
    for name, epochs, reason, rules in REMARKABLE:
        written = WrittenRun(server.home, recorded_curve(name))
        written.train_to(epochs)
        run = written.stop(reason)
        sees_state(tab, run, "Stopped" if reason == "user" else "Finished")
        said = notes(run.config, run.epochs, ended=run.reason)
        assert [note.rule for note in said] == rules
        sees_notes(tab, said)
        for note in said:
            if note.changes:
                set_it(tab, note)
    assert grave_faults_in_light_and_dark(tab) == []  # with notes, buttons and all settings

    # The runs so far, faintly, once one asks for them.
    assert tab.page.evaluate(_GHOSTS) == []
    tab.button("chart_options").first.click()
    tab.page.get_by_role("switch", name="Earlier runs").press("Space")
    *_, last = runs(server.home)
    expected = [[each.id, rounded(e.val_loss for e in each.epochs)] for each in runs(server.home)]
    tab.page.wait_for_function(f"count => ({_GHOSTS})().length === count", arg=len(expected) - 1)
    tab.page.wait_for_function(f"() => ({_GHOSTS})().every(([, losses]) => losses.length)")
    assert sorted(tab.page.evaluate(_GHOSTS)) == expected[:-1]
    assert max(tab.curves(least=1).validation) == len(last.epochs)

    # The second panel can be hidden, and stays so; the form goes back to its preset.
    accuracies = tab.keyed("loss_chart").locator(".y2tick")
    expect(accuracies).not_to_have_count(0)
    tab.page.get_by_role("switch", name="Validation accuracy").press("Space")
    expect(accuracies).to_have_count(0)
    tab.page.keyboard.press("Escape")
    tab.page.get_by_role("button", name="Reset", exact=True).press("Enter")
    expect(tab.page).to_have_url(f"{server.url}/")
    expect(tab.keyed("setting_learning_rate").locator("input")).to_have_value("0.0002")
    tab.go("Runs")
    tab.go("Train")
    sees_state(tab, last, "Stopped")
    tab.curves(least=len(last.epochs))
    expect(accuracies).to_have_count(0)

    # A loss that is no number.
    curve = recorded_curve("notebook_lr1e-1")
    written = WrittenRun(server.home, curve)
    written.train_to(3)
    with pytest.raises(NonFiniteLossError) as caught:
        check_finite(math.nan, "training loss", 4)
    run = written.fail(caught.value)
    sees_state(tab, run, "Failed")
    tab.sees(str(caught.value))
    (note,) = notes(run.config, run.epochs, ended="not_finite")
    sees_notes(tab, [note])
    set_it(tab, note)
    assert grave_faults_in_light_and_dark(tab) == []


def rounded(values: Iterable[float]) -> list[float]:
    """As the browser is sent what it draws but never exports."""
    return [float(f"{value:.5g}") for value in values]


def parameters(config: TrainConfig) -> str:
    return f"{sum(each.numel() for each in SentimentRNN.empty(config).parameters()):,} parameters"


def sees_cost(tab: Tab, config: TrainConfig, reviews: tuple[int, int]) -> None:
    """Wait for the line above the Train button to speak of these settings, measured."""
    line = tab.page.locator("p", has_text=" parameters")
    expect(line).to_contain_text(parameters(config))
    expect(line).to_contain_text(" an epoch")
    told = re.search(r"(\d\.\d\d) s an epoch · at most (\d+\.\d) s · (\d+) MB$", line.inner_text())
    assert told is not None, line.inner_text()
    an_epoch, at_most, megabytes = map(float, told.groups())
    assert at_most == pytest.approx(
        config.max_epochs * an_epoch, abs=0.005 * config.max_epochs + 0.05
    )
    engine = engine_name(config, resolve_device(config))
    assert megabytes == round(footprint_bytes(config, engine, *reviews) / 1e6)


def sees_baselines(tab: Tab, home: Path, config: TrainConfig) -> None:
    """Wait for the simpler judges' names, and hold their lines against what was worked out."""
    names = tab.keyed("loss_chart").locator(".annotation", has_text="bag of words")
    expect(names).to_have_count(2)
    settings = settings_in(home)
    found = cached(DataLibrary(settings).load("sample"), config, settings.data_folder)
    assert found is not None
    drawn = tab.page.evaluate(_BASELINES)
    judges = {"guessing": found.majority, "bag of words": found.bag_of_words}
    assert sorted(drawn["accuracies"]) == sorted(judge.accuracy for judge in judges.values())
    for name, judge in judges.items():
        far_off = [
            text for text in drawn["names"] if re.match(rf"{name}<br>{judge.loss:.2f} [↓↑]", text)
        ]
        assert (judge.loss in drawn["losses"]) != bool(far_off), drawn


def test_cost_pins_and_guess_before_a_run_and_what_became_of_them(
    server: Server, open_tab: OpenTab, sample_home: Path
) -> None:
    lend(sample_home, "sample", server.home)
    server.start()
    tab = open_tab()
    tab.open_with(source="sample", max_epochs="5")
    reviews = 3_200, 800

    # What it would cost, for the sliders as they stand.
    sees_cost(tab, SHORT, reviews)
    slide(tab.keyed("setting_hidden_size").locator("input[type=range]"), to=10)
    config = SHORT.changed(hidden_size=10)
    sees_cost(tab, config, reviews)

    # Three texts and no fourth, and a guess.
    tab.page.locator("summary", has_text="Pin reviews, guess the stop").click()
    places = tab.page.get_by_label(re.compile("^Pinned review"))
    expect(places).to_have_count(len(TEXTS))
    for place, text in zip(places.all(), TEXTS, strict=True):
        place.fill(text)
        place.press("Enter")
    guess = tab.page.get_by_role("spinbutton", name="It will stop after epoch")
    guess.fill("3")
    guess.press("Enter")
    assert grave_faults(tab) == []

    tab.button("train").click()
    run_id = tab.sees_run("Finished")
    (run,) = runs(server.home)
    assert (run.id, run.config, run.pinned_texts, run.guess) == (run_id, config, TEXTS, 3)
    says(tab.keyed("ending"), "Your guess was epoch 3; it was 5: 2 off.")

    # One point an epoch for each text, under the loss.
    assert tab.curves(least=5).train.keys() == {1, 2, 3, 4, 5}
    drawn = tab.page.evaluate(_PINNED)
    assert drawn["isUnderLoss"]
    recorded = list(zip(*run.pinned, strict=True))
    assert drawn["curves"] == [[[1, 2, 3, 4, 5], list(scores)] for scores in recorded]
    expect(tab.keyed("loss_chart").locator(".legend2")).to_contain_text(TEXTS[2][:20])

    sees_baselines(tab, server.home, config)
    assert grave_faults(tab) == []
