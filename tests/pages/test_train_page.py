"""What the Train page says and does beside drawing a run."""

import re
from pathlib import Path
from typing import Any

import pytest
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from imdb_core.config import TrainConfig
from imdb_core.runs.run import Run
from imdb_core.studio import Studio
from imdb_core.ui.train import chart
from imdb_core.ui.train.numbers import queue_lines, run_numbers
from imdb_core.visitors import Visitor
from tests.browser.homes import lend
from tests.conftest import PROJECT
from tests.limits import LIMIT_S
from tests.pages.conftest import ELSEWHERE, OpenPage

SLOW = TrainConfig(source="sample", learning_rate=1e-5, patience=20, max_epochs=10)
SHORT = SLOW.changed(max_epochs=2)
ENDLESS = SLOW.changed(max_epochs=2000, max_length=400)
ANOTHER = Visitor(id="another")


@pytest.fixture
def home(tmp_path: Path, sample_home: Path) -> Path:
    lend(sample_home, "sample", tmp_path / "home")
    return tmp_path / "home"


def visit(**query: str) -> AppTest:
    """The first script of a visit, with this address."""
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=LIMIT_S)
    app.query_params.update(query)
    app.run()
    assert not app.exception, app.exception
    return app


def wait_for_all(studio: Studio) -> None:
    for run in studio.queue():
        job = studio.job(run.id)
        assert job is None or job.wait(LIMIT_S)


def after_first_epoch(studio: Studio, run: Run) -> None:
    """Wait until the run, which goes on by itself, has an epoch."""
    job = studio.job(run.id)
    assert job is not None
    while not studio.store.get(run.id).epochs:
        assert not job.wait(0.01), studio.store.get(run.id).ending


def shown(app: AppTest) -> str:
    """All texts, as they are read."""
    texts = "\n".join(element.value for element in [*app.markdown, *app.caption])
    return re.sub(r":small\[(.*)\]", r"\1", texts.replace("\\", ""))


def test_what_cannot_be_changed_is_said_until_it_is_mended(
    studio: Studio, open_page: OpenPage
) -> None:
    run = studio.start(ENDLESS)
    after_first_epoch(studio, run)
    studio.pause(run.id)
    wait_for_all(studio)
    app = open_page()
    app.number_input(key=f"new_patience_{run.id}_0").set_value(99)
    app.button(key="FormSubmitter:changes-Change").click().run()
    for _ in range(2):
        (fault,) = app.error
        assert "is 99, but must be a whole number from 1 to 20" in fault.value.replace("\\", "")
        app.run()
    app.number_input(key=f"new_patience_{run.id}_0").set_value(9)
    app.button(key="FormSubmitter:changes-Change").click().run()
    assert not app.error
    assert studio.store.get(run.id).config_in_force.patience == 9
    assert "Changed after epoch" in shown(app)


@pytest.mark.usefixtures("studio")
def test_an_address_fills_the_form() -> None:
    app = visit(preset="quick", hidden_size="16", seed="7", bidirectional="true")
    assert app.button_group(key="setting_preset").value == "quick"
    assert app.slider(key="setting_hidden_size").value == 16
    assert app.number_input(key="setting_seed").value == 7
    assert app.toggle(key="setting_bidirectional").value is True
    assert app.query_params["hidden_size"] == "16"


@pytest.mark.usefixtures("studio")
def test_what_an_address_asks_for_and_cannot_be_had_is_said_and_the_rest_is_taken() -> None:
    app = visit(preset="none", hidden_size="7777", patience="3", colour="red")
    said = app.warning[0].value.replace("\\", "")
    assert "There is no preset 'none'" in said
    assert "Hidden units (hidden_size) is '7777'" in said
    assert "There is no setting 'colour'" in said
    assert app.slider(key="setting_hidden_size").value == 8
    assert app.slider(key="setting_patience").value == 3
    assert app.run().warning
    app.slider(key="setting_patience").set_value(4).run()
    assert not app.run().warning


def test_a_curve_that_comes_out_as_its_link_says_is_called_the_same(studio: Studio) -> None:
    config = {"source": "sample", "max_epochs": "2"}
    app = visit(**config)
    app.button(key="train").click().run()
    wait_for_all(studio)
    app.run()
    link = dict(app.query_params)
    assert "curve" in link

    other = visit(**link)
    other.button(key="train").click().run()
    wait_for_all(studio)
    assert "The same curve as the link's, bit for bit" in shown(other.run())


def test_the_coach_names_a_low_learning_rate_and_its_button_sets_a_higher_one(
    studio: Studio, open_page: OpenPage
) -> None:
    studio.start(SLOW)
    wait_for_all(studio)
    app = open_page()
    assert "Try a higher learning rate, 0.0001." in shown(app)
    assert app.number_input(key="setting_learning_rate").value == 2e-4
    app.button(key="coach_rate_too_low").click().run()
    assert app.number_input(key="setting_learning_rate").value == 1e-4


def test_a_guess_stands_beside_the_truth(studio: Studio, open_page: OpenPage) -> None:
    studio.start(SLOW.changed(max_epochs=3), guess=2)
    wait_for_all(studio)
    assert "Your guess was epoch 2; it was 3: 1 off." in shown(open_page())


def test_a_change_of_the_form_retrains_only_with_the_switch_on(
    studio: Studio, open_page: OpenPage
) -> None:
    app = open_page(source="sample", max_epochs="1")
    app.selectbox(key="setting_source").set_value("sample")
    app.number_input(key="setting_max_epochs").set_value(1).run()
    assert studio.store.all() == []
    app.toggle(key="retrain").set_value(True).run()
    assert studio.store.all() == []
    app.slider(key="setting_hidden_size").set_value(4).run()
    wait_for_all(studio)
    app.run()
    assert [run.config.hidden_size for run in studio.store.all()] == [4]


def test_while_one_retrains_the_faint_curve_is_ones_own_last_run(
    studio: Studio, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, Any]] = []
    monkeypatch.setattr(chart, "live_chart", lambda run_id, view, key: seen.append(view))
    app = open_page()
    own = app.session_state["visitor"]
    first = studio.start(SHORT, visitor=Visitor(id=own))
    other = studio.start(SHORT, visitor=ANOTHER)
    studio.start(SHORT, visitor=Visitor(id=own))
    wait_for_all(studio)

    app.toggle(key="retrain").set_value(True).run()
    assert [ghost["id"] for ghost in seen[-1]["ghosts"]] == [first.id]
    app.toggle(key="show_ghosts").set_value(True).run()
    assert [ghost["id"] for ghost in seen[-1]["ghosts"]] == [other.id, first.id]


def test_what_keeps_a_retraining_from_starting_ends_nothing_and_stays_to_be_read(
    studio: Studio, open_page: OpenPage
) -> None:
    app = open_page()
    run = studio.start(ENDLESS, visitor=Visitor(id=app.session_state["visitor"]))
    after_first_epoch(studio, run)
    app.toggle(key="retrain").set_value(True).run()
    app.text_input(key="pin_1").set_value("...").run()
    app.slider(key="setting_hidden_size").set_value(4).run()
    app.run()

    assert [each.id for each in studio.queue()] == [run.id]
    assert "no word" in app.error[0].value, app.error[0].value


def test_one_line_says_to_everyone_what_trains_for_how_long_and_how_many_wait(
    studio: Studio,
) -> None:
    assert queue_lines(studio.queue()) == {"": ""}
    at_work = studio.start(ENDLESS)
    after_first_epoch(studio, at_work)
    now = (
        rf"Now training: {at_work.name}, at most [\d.hmins ]+ left"
        r"(, could stop in [\d.hmins ]+)?\."
    )
    lines = queue_lines(studio.queue())
    assert re.fullmatch(now, lines[""])
    assert lines[at_work.id] == ""

    following, last = studio.start(SLOW), studio.start(SLOW)
    lines = queue_lines(studio.queue())
    assert re.fullmatch(rf"{now} 2 more waiting\.", lines[""])
    assert lines[at_work.id] == "2 more waiting."
    assert re.fullmatch(rf"Yours is next\. {now} 1 more waiting\.", lines[following.id])
    assert re.fullmatch(rf"Yours is number 2 in the queue\. {now} 1 more waiting\.", lines[last.id])


def test_the_page_shows_ones_own_run_beside_the_queue(studio: Studio, open_page: OpenPage) -> None:
    app = open_page()
    own = app.session_state["visitor"]
    mine = studio.start(SHORT, visitor=Visitor(id=own))
    wait_for_all(studio)
    after_first_epoch(studio, studio.start(ENDLESS, visitor=ANOTHER))
    assert f"Finished · {mine.name}" in shown(app.run())
    queued = studio.start(SLOW, visitor=Visitor(id=own))
    assert f"Waiting · {queued.name}" in shown(app.run())


@pytest.mark.parametrize("key", ["pause", "stop"])
def test_a_forged_click_from_elsewhere_stops_nobodys_run(
    studio: Studio, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    theirs = studio.start(ENDLESS, visitor=ANOTHER)
    after_first_epoch(studio, theirs)
    app = open_page()  # at the computer, where the buttons are live
    monkeypatch.setattr(ContextProxy, "headers", ELSEWHERE)
    app.button(key=key).click().run()
    job = studio.job(theirs.id)
    assert job is not None
    assert not job.is_stop_requested


@pytest.fixture
def elsewhere(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """The visitor does not sit at the server's computer."""
    monkeypatch.setattr(ContextProxy, "headers", ELSEWHERE)


@pytest.mark.usefixtures("elsewhere")
def test_a_newcomer_sees_no_strangers_run_as_theirs_and_may_watch_it(
    studio: Studio, open_page: OpenPage
) -> None:
    theirs = studio.start(ENDLESS, visitor=ANOTHER, pinned_texts=["a secret of theirs"])
    after_first_epoch(studio, theirs)
    app = open_page()
    assert "No run yet. Click Train to start one." in shown(app)
    assert "Someone else's run." in shown(app)

    app.button(key="watch_run").click().run()
    assert f"Training · {theirs.name}" in shown(app)
    assert "Someone else's run · " in shown(app)
    assert app.button(key="stop").disabled

    studio.pause(theirs.id, visitor=ANOTHER)
    next_one = studio.start(ENDLESS, visitor=ANOTHER)
    after_first_epoch(studio, next_one)
    app.run()
    assert f"Paused · {theirs.name}" in shown(app)
    assert app.button(key="watch_run").label == "Watch it"
    app.button(key="watch_own").click().run()
    assert "No run yet. Click Train to start one." in shown(app)


@pytest.mark.usefixtures("elsewhere")
def test_ones_own_run_is_called_so_and_shown_before_the_one_that_was_watched(
    studio: Studio,
) -> None:
    theirs = studio.start(ENDLESS, visitor=ANOTHER)
    after_first_epoch(studio, theirs)
    app = visit(source="sample", max_epochs="3")
    app.button(key="watch_run").click().run()
    app.button(key="train").click().run()
    (mine,) = {run.id for run in studio.queue()} - {theirs.id}
    assert f"Waiting · {studio.store.get(mine).name}" in shown(app)
    assert "Your run · " in shown(app)
    assert f"{studio.store.get(mine).name} is next." in shown(app)  # right below the button


def test_the_same_request_twice_queues_one_run(
    studio: Studio,
) -> None:
    studio.start(ENDLESS, visitor=ANOTHER)
    app = visit(source="sample", max_epochs="3")
    for _ in range(2):
        app.session_state["last_click"] = "", None  # however far apart
        app.button(key="train").click().run()
    assert len(studio.queue()) == 2
    assert "is waiting already with just these settings" in shown(app)
    app.slider(key="setting_hidden_size").set_value(4).run()
    app.session_state["last_click"] = "", None
    app.button(key="train").click().run()
    assert len(studio.queue()) == 3


def test_a_guess_beyond_the_epochs_that_there_are_is_said_and_starts_nothing(
    studio: Studio,
) -> None:
    app = visit(source="sample", max_epochs="3")
    app.number_input(key="guess").set_value(4).run()
    assert "The guess is epoch 4, but the settings allow epochs 1 to 3" in app.error[0].value
    app.button(key="train").click().run()
    assert studio.store.all() == []


def test_a_run_that_is_kept_going_and_paused_says_one_thing_of_patience(
    studio: Studio, open_page: OpenPage
) -> None:
    run = studio.start(SLOW.changed(learning_rate=0.05, patience=1, max_epochs=40))
    wait_for_all(studio)
    studio.keep_going(run.id, 500)
    after_first_epoch(studio, run)
    studio.pause(run.id)
    wait_for_all(studio)
    paused = studio.store.get(run.id)
    assert paused.state == "paused"
    told = {label: (value, words) for label, value, words in run_numbers(paused)}
    goes_on = f"It goes on to epoch {paused.last_epoch}, whatever the patience says."
    assert told["Patience left"] == ("–", goes_on)
    app = open_page()
    assert [field.label for field in app.number_input if "from here on" in field.label] == [
        "Learning rate from here on"
    ]
