"""What the Score page says, without a browser."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from imdb_core.data import tokenize
from imdb_core.scoring import Scorer
from imdb_core.studio import Studio, the_studio
from imdb_core.ui.score import variations
from imdb_core.ui.wording import run_title
from tests.browser.homes import SHORT, train
from tests.pages.conftest import OpenPage, traces

PAGE = "pages/1_Score.py"
REVIEW = "The film was good, but I did not like the end. **bold** <script>alert(1)</script>"


@pytest.fixture
def home(home_with_a_run: Path) -> Path:
    return home_with_a_run


def write(page: AppTest, text: str) -> AppTest:
    page.text_area(key="review").set_value(text).run()
    assert not page.exception, page.exception
    return settled(page)


def settled(page: AppTest) -> AppTest:
    """Run it again until nothing is worked out any more: no timers run here."""
    for _ in range(100):
        if not any("hourglass" in caption.value for caption in page.caption):
            return page
        studio = the_studio()
        for memo in (studio.answers, studio.curves, studio.calibrations):
            for job, _ in memo._jobs.values():
                assert job.wait(30)
        page.run()
        assert not page.exception, page.exception
    raise AssertionError("it never ends")


def unfold(page: AppTest, key: str) -> AppTest:
    page.session_state[key] = True
    page.run()
    assert not page.exception, page.exception
    return settled(page)


def said(page: AppTest) -> str:
    return "\n".join(element.value for element in [*page.markdown, *page.caption]).replace("\\", "")


def test_a_verdict_comes_with_what_was_read_and_how_far_it_can_be_trusted(
    open_page: OpenPage, studio: Studio
) -> None:
    page = write(open_page(PAGE), REVIEW)

    words = len(tokenize(REVIEW))
    assert f"**{words} of {words} words read**" in said(page)
    assert "validation reviews scored" in said(page)
    assert "of the time" in said(page)
    assert [metric.label for metric in page.metric] == ["P(positive)"]
    (run,) = studio.store.all()
    scorer = Scorer.load(run)
    (curve,) = traces(page, "reading_curve").values()
    parts = [scorer.score(" ".join(tokenize(REVIEW)[: count + 1])) for count in range(words)]
    assert curve["y"] == pytest.approx([part.probability for part in parts], abs=1e-4)
    assert page.metric[0].value == f"{curve['y'][-1]:.1%}"


def test_through_the_epochs_each_ones_own_weights_judge(open_page: OpenPage, home: Path) -> None:
    run = train(home, SHORT.changed(max_epochs=3))
    page = unfold(write(open_page(PAGE, run=run.id), REVIEW), "others")

    (drawn,) = traces(page, "through_epochs").values()
    assert drawn["x"] == [1, 2, 3]
    expected = [Scorer.load(run, epoch).score(REVIEW).probability for epoch in (1, 2, 3)]
    assert drawn["y"] == pytest.approx(expected, abs=1e-6)


def test_without_the_reviews_the_trust_is_left_out_with_the_reason(
    open_page: OpenPage, studio: Studio
) -> None:
    studio.store.all()
    (studio.settings.data_folder / "sample").unlink()
    page = write(open_page(PAGE), REVIEW)
    assert "is not known: its validation reviews are not on this computer" in said(page)


def test_both_explanations_say_by_how_much_their_sum_misses(open_page: OpenPage) -> None:
    page = unfold(write(open_page(PAGE), REVIEW), "why")
    assert "error of the sum:" in said(page)

    page.button_group(key="why_way").set_value("left_out").run()
    assert "All effects together:" in said(settled(page))


@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_changed_text_is_read_beside_the_original(
    bidirectional: bool, home: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train(home, SHORT.changed(bidirectional=bidirectional))
    # Without a browser nobody can type into the box.
    monkeypatch.setattr(variations, "_edited", lambda original: f"{original} Awful!")
    page = unfold(write(open_page(PAGE, run=run.id), REVIEW), "try")

    assert "“Awful” was put in." in said(page)
    curves = json.loads(page.get("plotly_chart")[-1].proto.spec)["data"]
    assert [curve["name"] for curve in curves] == ["as you changed it", "as it was"]
    changed, original = (curve["customdata"] for curve in curves)
    assert changed == [*original, "Awful"]


def test_an_earlier_epoch_judges_when_it_is_chosen(open_page: OpenPage, studio: Studio) -> None:
    (run,) = studio.store.all()
    page = write(open_page(PAGE), REVIEW)
    slider = page.select_slider[0]
    assert slider.value == 2
    slider.set_value(1).run()

    assert f"Epoch 1 of {run.name}" in said(page)
    assert "worked out for the best epoch only" in said(page)


def test_epochs_that_were_not_kept_are_not_offered(open_page: OpenPage, studio: Studio) -> None:
    (run,) = studio.store.all()
    (run.folder / "epochs" / "0001.safetensors").unlink()
    page = write(open_page(PAGE), REVIEW)
    assert not page.select_slider
    assert "Epochs that can be looked at: 2; not every epoch was kept." in said(page)


@pytest.mark.parametrize("page", [PAGE, "pages/2_Evaluate.py"])
def test_the_chosen_network_stays_chosen_while_it_gets_better(
    page: str, home: Path, open_page: OpenPage, studio: Studio
) -> None:
    train(home, label="less accurate")
    chosen = min(studio.store.all(), key=lambda run: (run.best.val_accuracy, run.id))  # type: ignore[union-attr]
    opened = open_page(page)
    opened.selectbox[0].set_value(chosen.id).run()
    assert opened.query_params["run"] in (chosen.id, [chosen.id])  # a reload shows it, too
    for accuracy in (0.91, 0.92):
        epoch = len(studio.store.get(chosen.id).epochs) + 1
        record = chosen.epochs[-1]._replace(epoch=epoch, val_accuracy=accuracy, best_epoch=epoch)
        studio.store.log(chosen.id).append("epoch", **record._asdict())
        opened.run()
        assert opened.selectbox[0].value == chosen.id
        assert not opened.exception


def test_networks_that_would_be_called_the_same_can_be_told_apart(
    home: Path, open_page: OpenPage, studio: Studio
) -> None:
    twins = [train(home, SHORT, label="twin") for _ in range(2)]
    opened = open_page(PAGE)
    names = [name for name in opened.selectbox[0].options if name.startswith("twin")]
    assert sorted(names) == sorted(f"{run_title(run)} ({run.id[-4:]})" for run in twins)
    for run in twins:
        opened.selectbox[0].set_value(run.id).run()
        assert opened.query_params["run"] in (run.id, [run.id])
    opened.run()
    assert opened.selectbox[0].value == twins[-1].id


def test_another_file_has_its_own_column_of_reviews(open_page: OpenPage, studio: Studio) -> None:
    page = unfold(open_page(PAGE), "many")
    for content, column in (
        ("id,review\n1,good\n", "review"),
        ("review_id,body\n1,good\n", "body"),
        ('{"id": 1, "tweet": "good"}\n{"id": 2, "tweet": "bad"}\n', "tweet"),
    ):
        page.file_uploader[0].set_value(("a.csv", content.encode(), "text/csv")).run()
        for upload in list(studio.uploads._uploads.values()):
            assert upload.check is not None
            assert upload.check.wait(30)
        page.run()
        assert not page.exception, page.exception
        (chosen,) = [box for box in page.selectbox if box.label == "Column with the reviews"]
        assert chosen.value == column


def test_a_first_row_that_is_said_to_be_a_review_is_scored(
    open_page: OpenPage, studio: Studio
) -> None:
    page = unfold(open_page(PAGE), "many")
    page.file_uploader[0].set_value(("a.csv", b"review\ngood film\nbad film\n", "text/csv")).run()
    are_looked_at(page, studio)
    assert "**2** rows" in said(page)

    (header,) = page.toggle
    header.set_value(False).run()
    assert "**3** rows" in said(are_looked_at(page, studio))


def are_looked_at(page: AppTest, studio: Studio) -> AppTest:
    """Draw it once more when every upload has been looked at."""
    for upload in list(studio.uploads._uploads.values()):
        assert upload.check is not None
        assert upload.check.wait(30)
    page.run()
    assert not page.exception, page.exception
    return page


def test_a_link_to_a_run_that_is_gone_says_so_until_another_is_chosen(
    home: Path, open_page: OpenPage
) -> None:
    other = train(home)
    page = open_page(PAGE, run="2026-01-01_000000_aaaa")
    for _ in range(2):
        assert "There is no run" in page.error[0].value
        page.run()
    (another,) = {option for option in page.selectbox[0].options if option} - {run_title(other)}
    page.selectbox[0].select(another).run()
    assert not page.error
