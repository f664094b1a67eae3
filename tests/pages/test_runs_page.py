"""The Runs page without a browser: what it lists, compares and changes."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from imdb_core.config import TrainConfig
from imdb_core.runs.archive import as_zip
from imdb_core.runs.recycling import RecycleBin
from imdb_core.runs.run import Change, DatasetInfo
from imdb_core.runs.store import RunStore
from imdb_core.studio import Studio
from imdb_core.ui.runs.charts import overlay_figure
from imdb_core.ui.runs.filter import RunFilter
from imdb_core.visitors import Visitor
from tests.browser.homes import lend, train
from tests.pages.conftest import ELSEWHERE, OpenPage

PAGE = "pages/3_Runs.py"
SHORT = TrainConfig(source="sample", max_epochs=3, learning_rate=3e-3)
ENDLESS = SHORT.changed(max_epochs=2000, patience=20, learning_rate=1e-5)
ANOTHER = Visitor(id="another")


@pytest.fixture(scope="module")
def compared_home(tmp_path_factory: pytest.TempPathFactory, sample_home: Path) -> Path:
    """Three runs: two on the same validation reviews; read-only."""
    home = tmp_path_factory.mktemp("compared") / "home"
    lend(sample_home, "sample", home)
    train(home, SHORT, label="plain")
    train(home, SHORT.changed(cell="gru", patience=5), label="gated")
    train(home, SHORT.changed(validation_fraction=0.1), label="other share")
    return home


@pytest.fixture
def home(tmp_path: Path, compared_home: Path) -> Path:
    return Path(shutil.copytree(compared_home, tmp_path / "home", symlinks=True))


@pytest.fixture
def page(open_page: OpenPage, studio: Studio) -> AppTest:
    return open_page(PAGE)


def choose(page: AppTest, studio: Studio, *names: str) -> AppTest:
    """Tick the runs of these names."""
    page.session_state["chosen_runs"] = [r.id for r in studio.store.all() if r.name in names]
    # In another order the table is a new one, and starts with these ticked.
    page.selectbox(key="order").set_value("By name").run()
    assert not page.exception, page.exception
    return page


def judged(page: AppTest, studio: Studio) -> None:
    """Run it again once its runs have been judged: no timers run here."""
    for run in studio.store.all():
        job = studio.evaluator.job(run, "validation")
        assert job is None or job.wait(60)
    page.run()
    assert not page.exception, page.exception


def texts(page: AppTest) -> str:
    return "\n".join(e.value for e in [*page.markdown, *page.caption, *page.info]).replace("\\", "")


def test_runs_on_the_same_reviews_are_tested_and_others_are_not(
    page: AppTest, studio: Studio
) -> None:
    judged(choose(page, studio, "plain", "gated", "other share"), studio)

    told = texts(page)
    assert re.search(r"(plain|gated) (beats|and) (plain|gated)", told), told
    assert "of 800 validation reviews" in told
    assert "were validated on different reviews" in told


def test_runs_that_share_no_reviews_are_not_judged(page: AppTest, studio: Studio) -> None:
    choose(page, studio, "plain", "other share")

    assert "were validated on different reviews" in texts(page)
    assert {studio.evaluator.job(run, "validation") for run in studio.store.all()} == {None}


def test_data_that_were_missing_are_asked_for_again(
    page: AppTest, studio: Studio, home: Path, sample_home: Path
) -> None:
    (home / "data" / "sample").unlink()
    choose(page, studio, "plain", "gated")
    judged(page, studio)
    assert "not prepared yet" in page.error[0].value

    lend(sample_home, "sample", home)
    page.run()
    judged(page, studio)
    assert not page.error
    assert re.search(r"(plain|gated) (beats|and) (plain|gated)", texts(page))


def test_only_settings_that_differ_stand_in_the_table(page: AppTest, studio: Studio) -> None:
    choose(page, studio, "plain", "gated")
    table = page.table[0].value

    assert list(table.iloc[:, 0]) == [
        "Accuracy", "Best validation loss", "Best epoch", "Training time", "Cell", "Patience",
    ]  # fmt: skip
    assert sorted(table.iloc[4, 1:]) == ["GRU", "RNN"]


def test_a_setting_that_was_changed_on_the_way_is_a_stroke_through_the_curve(
    studio: Studio,
) -> None:
    run, *_ = studio.store.all()
    change = Change(
        epoch=1, settings={"learning_rate": 0.002}, config=run.config.changed(learning_rate=0.002)
    )

    figure = overlay_figure([replace(run, changes=(change,))], axis="epoch", measure="val_loss")

    (stroke,) = (curve for curve in figure.data if curve.marker.symbol == "line-ns-open")
    assert (list(stroke.x), list(stroke.y)) == ([1], [run.epochs[0].val_loss])
    assert stroke.hovertemplate.startswith("learning rate 0.002 from here on")


def test_a_run_is_deleted_and_brought_back_by_undo(page: AppTest, studio: Studio) -> None:
    choose(page, studio, "plain")
    page.button(key="delete").click().run()
    assert not page.exception
    assert {run.name for run in studio.store.all()} == {"other share", "gated"}

    page.button(key="undo").click().run()
    assert not page.exception
    assert {run.name for run in studio.store.all()} == {"other share", "gated", "plain"}
    assert "undo" not in [button.key for button in page.button]


def test_the_bin_is_listed_once_for_all_runs_that_were_just_deleted(
    page: AppTest, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(page, studio, "plain", "gated", "other share")
    page.button(key="delete").click().run()
    listings, ids = [], RecycleBin.ids
    monkeypatch.setattr(RecycleBin, "ids", lambda self: listings.append(self) or ids(self))
    page.run()

    assert not page.exception
    assert "Deleted 3 runs." in texts(page)
    assert len(listings) == 2  # for the undo, and for the bin itself


def test_an_archived_run_is_hidden_until_asked_for(page: AppTest, studio: Studio) -> None:
    choose(page, studio, "plain")
    page.button(key="archive").click().run()
    assert list(page.dataframe[0].value["Run"]) == ["gated", "other share"]

    page.toggle(key="with_archived").set_value(True).run()
    assert list(page.dataframe[0].value["Run"]) == ["gated", "other share", "plain"]


def test_name_notes_and_tags_are_kept_and_the_form_closes(page: AppTest, studio: Studio) -> None:
    choose(page, studio, "plain")
    (run,) = [run for run in studio.store.all() if run.name == "plain"]
    page.text_input(key=f"name_{run.id}").set_value("plain, renamed")
    page.text_area(key=f"notes_{run.id}").set_value("**not bold**")
    page.session_state["edit"] = True
    next(button for button in page.button if button.label == "Save").click().run()
    assert not page.exception

    kept = studio.store.get(run.id)
    assert (kept.label, kept.notes) == ("plain, renamed", "**not bold**")
    assert page.session_state["edit"] is False


def test_the_train_page_shows_the_run_of_another_visitor_that_one_resumed(
    page: AppTest, studio: Studio
) -> None:
    theirs = studio.start(ENDLESS, visitor=ANOTHER)
    job = studio.job(theirs.id)
    assert job is not None
    while not studio.store.get(theirs.id).epochs:  # else nothing would be left of it
        assert not job.wait(0.01)
    studio.stop(theirs.id, visitor=ANOTHER)
    assert job.wait(60)
    mine = studio.start(SHORT, visitor=Visitor(id=page.session_state["visitor"]))
    job = studio.job(mine.id)
    assert job is None or job.wait(60)

    choose(page, studio, theirs.name)
    page.button(key="leave_resume").click().run()

    assert not page.exception, page.exception
    assert f"· {theirs.name}" in texts(page)


def test_a_paused_run_of_another_visitor_cannot_be_resumed_from_elsewhere(
    page: AppTest, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = studio.start(ENDLESS, visitor=ANOTHER)
    studio.pause(theirs.id, visitor=ANOTHER)
    job = studio.job(theirs.id)
    assert job is None or job.wait(60)
    assert studio.store.get(theirs.id).state == "paused"

    choose(page, studio, theirs.name)
    assert not page.button(key="leave_resume").disabled
    monkeypatch.setattr(ContextProxy, "headers", ELSEWHERE)
    page.run()
    assert page.button(key="leave_resume").disabled
    page.button(key="leave_resume").proto.disabled = False  # as a forged message would
    page.button(key="leave_resume").click().run()
    assert studio.store.get(theirs.id).state == "paused"


def test_an_import_goes_on_beside_the_page_and_the_run_is_ticked_then(
    page: AppTest, studio: Studio
) -> None:
    (plain,) = [run for run in studio.store.all() if run.name == "plain"]
    content = as_zip(plain)
    studio.store.log(plain.id).append("interrupted")  # from here on it is another one
    imported(page, content)
    (new,) = {run.id for run in studio.store.all() if run.name == "plain (2)"}

    assert not page.error
    assert page.session_state["chosen_runs"] == [new]


def test_a_run_that_is_here_already_is_named_and_not_imported_again(
    page: AppTest, studio: Studio
) -> None:
    runs = studio.store.all()
    imported(page, as_zip(runs[0]))
    assert "is here already" in page.info[0].value
    assert [run.id for run in studio.store.all()] == [run.id for run in runs]


def test_emptying_the_bin_asks_first_and_for_what_is_in_it_then(
    page: AppTest, studio: Studio
) -> None:
    first, second, _ = studio.store.all()
    studio.delete(first.id, visitor=ANOTHER)
    page.run()
    page.button(key="empty_bin").click().run()
    assert studio.store.deleted() == [first.id]
    (of_bin,) = (each for each in page.multiselect if each.key == "bin_chosen")
    assert of_bin.options == [first.name]
    page.button(key="keep_bin").click().run()
    page.button(key="empty_bin").click().run()
    studio.delete(second.id, visitor=ANOTHER)
    page.button(key="empty_bin_now").click().run()  # asked for one, and there are two by now
    assert set(studio.store.deleted()) == {first.id, second.id}
    page.button(key="empty_bin").click().run()
    page.button(key="empty_bin_now").click().run()
    assert studio.store.deleted() == []


def test_a_zip_that_is_no_run_is_refused_with_a_sentence_once(page: AppTest) -> None:
    imported(page, b"no zip")
    assert "no zip of a run" in page.error[0].value
    page.run()
    assert not page.error


def imported(page: AppTest, content: bytes) -> None:
    """Import a file to its end."""
    page.file_uploader[0].set_value(("run.zip", content, "application/zip"))
    page.button(key="import_run").click().run()
    if "importing" in page.session_state:  # else it had ended when the page was drawn
        assert page.session_state["importing"].job.wait(60)
        page.run()
    assert not page.exception, page.exception


@pytest.mark.parametrize(
    ("setting", "names"),
    [
        ("source", {"Synthetic sample"}),
        ("device", {"Automatic"}),
        ("engine", {"Automatic"}),
        ("bidirectional", {"no"}),
        ("cell", {"RNN", "GRU"}),
        ("patience", {2, 5}),
    ],
)
def test_any_setting_stands_on_the_axis_by_its_name(
    setting: str, names: set[object], page: AppTest
) -> None:
    page.session_state["scatter"] = True
    page.run()
    page.selectbox(key="scatter_setting").set_value(setting).run()
    assert not page.exception, page.exception
    (points,) = json.loads(page.get("plotly_chart")[-1].proto.spec)["data"]
    assert set(points["x"]) == names


def test_words_states_tags_and_order_narrow_the_table_down(studio: Studio) -> None:
    (plain,) = [run for run in studio.store.all() if run.name == "plain"]
    studio.store.annotate(plain.id, tags=["first"], notes="A note.")
    runs = studio.store.all()

    def names(**wanted: object) -> list[str]:
        return [run.name for run in RunFilter(**wanted).apply(runs)]  # type: ignore[arg-type]

    assert names() == [run.name for run in runs]
    assert names(words="GRU units") == ["gated"]
    assert names(words="note") == names(tags=["first"]) == ["plain"]
    assert names(states=["failed"]) == []
    assert names(cells=["rnn"], order="By name") == ["other share", "plain"]
    by_loss = [run.best.val_loss for run in RunFilter(order="Lowest loss first").apply(runs)]  # type: ignore[union-attr]
    assert by_loss == sorted(by_loss)


def test_a_thousand_runs_are_listed(open_page: OpenPage, studio: Studio) -> None:
    make_many(studio.store, 1_000)

    page = open_page(PAGE)

    assert not page.exception
    assert len(page.dataframe[0].value) == 1_003


def make_many(store: RunStore, count: int) -> None:
    """Finished runs of 43 epochs, as copies of one."""
    run = store.create(TrainConfig())
    dataset = DatasetInfo(
        source="imdb", origin="IMDB", fingerprint="0", is_synthetic=False,
        train_reviews=20_000, validation_reviews=5_000,
    )  # fmt: skip
    store.describe(run.id, dataset, "CPU")
    log = store.log(run.id)
    for epoch in range(1, 44):
        log.append("epoch", epoch=epoch, train_loss=0.7, val_loss=0.7 - epoch / 1000,
                   val_accuracy=0.5, improved=True, bad_epochs=0, best_epoch=epoch,
                   train_seconds=0.1, val_seconds=0.1)  # fmt: skip
    log.append("stopped", reason="patience")
    for number in range(1, count):
        shutil.copytree(run.folder, store.folder / f"2026-11-22_101530_{number:04d}")


def test_of_two_who_delete_a_damaged_run_the_second_is_not_scolded(
    open_page: OpenPage, studio: Studio
) -> None:
    run = studio.store.all()[0]
    (run.folder / "run.json").write_text("{")
    page = open_page(PAGE)
    assert "is damaged" in page.warning[0].value
    studio.store.delete(run.id)

    page.button(key=f"delete_{run.id}").click().run()

    assert not page.exception
    assert not page.error
    assert not page.warning
