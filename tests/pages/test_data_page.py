"""The Data page without a browser: which reviews there are, what they are like, and one's own."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from imdb_core.config import field_specs
from imdb_core.data import DataLibrary, TableChoices, check_table
from imdb_core.data.own_reviews import SPLIT_RULE
from imdb_core.data.tables.selection import LEAST_OF_A_CLASS
from imdb_core.data.uploads import Upload
from imdb_core.studio import Studio
from tests.browser.homes import lend
from tests.conftest import settings_in
from tests.pages.conftest import ELSEWHERE, OpenPage, traces

PAGE = "pages/4_Data.py"
HEADER = "text,label\n"
GOOD = HEADER + "".join(
    f"A {word} film with {count} words,{label}\n"
    for word, label in (("lovely", "pos"), ("dreadful", "neg"))
    for count in range(LEAST_OF_A_CLASS)
)
FAULTY = GOOD + "A film,**maybe**\n,pos\nalone\n"
UNKNOWN = GOOD.replace(",pos", ",*up*").replace(",neg", ",down")
SOURCE = "own-shop"


@pytest.fixture
def home_with_the_sample(home: Path, sample_home: Path) -> Path:
    lend(sample_home, "sample", home)
    return home


def texts(page: AppTest) -> str:
    shown = [*page.markdown, *page.caption, *page.error, *page.success]
    return "\n".join(element.value for element in shown).replace("\\", "")


def upload(page: AppTest, studio: Studio, content: str) -> Upload:
    """Have a file checked to its end, and the page drawn with what was found."""
    page.file_uploader[0].set_value(("shop.csv", content.encode(), "text/csv")).run()
    assert not page.exception, page.exception
    file_id = page.session_state["data_uploaded"]
    upload = studio.uploads.get(file_id, "shop.csv", content.encode(), TableChoices())
    assert upload.check is not None
    assert upload.check.wait(30)
    page.run()
    assert not page.exception, page.exception
    return upload


def settle(page: AppTest, studio: Studio) -> None:
    """Have what was chosen looked at to its end, and the page drawn with it."""
    page.run()
    for each in list(studio.uploads._uploads.values()):
        assert each.check is not None
        assert each.check.wait(30)
    page.run()
    assert not page.exception, page.exception


def labels(page: AppTest) -> dict[str, Any]:
    """The choices of what each label means, by their names."""
    return {
        control.label.replace("\\", "").replace("**", ""): control
        for control in page.segmented_control
        if (control.key or "").startswith("meaning_")
    }


def make_source(page: AppTest, uploaded: Upload) -> None:
    """Ask for a source, and have the page drawn with what came of it."""
    page.button(key="data_make").click().run()
    assert uploaded.adding is not None
    assert uploaded.adding.wait(30)
    page.run()
    assert not page.exception, page.exception


def add_own(home: Path, content: str) -> None:
    """Make a source of a file, in another process's library."""
    report = check_table(content.encode(), "shop.csv")
    assert report.reviews is not None
    DataLibrary(settings_in(home)).add_own("shop", report.reviews, file_name="shop.csv")


def test_of_a_file_of_very_many_columns_none_is_drawn(open_page: OpenPage, studio: Studio) -> None:
    page = open_page(PAGE)
    upload(page, studio, "text,label" + ",more" * 50_000 + "\n")

    assert "has 50,002 cells; the limit is 200" in texts(page)
    assert not page.selectbox
    assert "data_make" not in [button.key for button in page.button]


def test_without_any_data_there_are_sources_to_prepare_and_nothing_to_look_into(
    open_page: OpenPage,
) -> None:
    page = open_page(PAGE)

    keys = {button.key for button in page.button}
    assert {"prepare_imdb", "prepare_sample"} <= keys
    assert "prepare_aclimdb" not in keys
    assert "Set IMDB_STUDIO_ACLIMDB" in texts(page)
    assert not page.metric
    assert not page.get("plotly_chart")


@pytest.mark.usefixtures("home_with_the_sample")
def test_the_numbers_are_those_of_the_prepared_reviews(open_page: OpenPage, studio: Studio) -> None:
    page = open_page(PAGE)

    dataset = studio.library.load("sample")
    assert [metric.value for metric in page.metric] == [
        "3,200", "800", "1,000", f"{len(dataset.vocabulary):,}",
    ]  # fmt: skip
    assert f"{dataset.test.labels.mean():.1%} positive" in texts(page)
    assert "Synthetic sample, not IMDB" in page.warning[0].value


@pytest.mark.usefixtures("home_with_the_sample")
def test_sliders_say_what_would_be_read_and_known(open_page: OpenPage, studio: Studio) -> None:
    page = open_page(PAGE)
    dataset = studio.library.load("sample")
    lengths = dataset.train.lengths
    page.slider(key="data_max_length").set_value(20).run()
    page.slider(key="data_vocab_size").set_value(30_000).run()

    (drawn,) = traces(page, "lengths").values()
    halves = [width / 2 for width in drawn["width"]]
    edges = [drawn["x"][0] - halves[0], *map(sum, zip(drawn["x"], halves, strict=True))]
    counts, _ = np.histogram(np.minimum(lengths, edges[-1]), edges)
    assert drawn["y"] == counts.tolist()
    share = (lengths <= 20).mean()
    assert 0 < share < 1
    assert f"**{share:.1%}** of the reviews are read whole" in texts(page)
    assert "**100.0%** of all words are known" in texts(page)
    assert "It knows every word." in texts(page)


@pytest.mark.usefixtures("home_with_the_sample")
@pytest.mark.parametrize("beyond", [0, 1, 1_000_000])
def test_the_vocabulary_slider_goes_as_far_as_the_setting(open_page: OpenPage, beyond: int) -> None:
    most = field_specs()["vocab_size"].maximum
    assert most is not None
    page = open_page()
    page.number_input(key="setting_vocab_size").set_value(int(most) + beyond).run()
    page.switch_page(PAGE).run()

    assert not page.exception
    slider = page.slider(key="data_vocab_size")
    assert (slider.value, slider.max) == (most, most)
    chart = json.loads(page.get("plotly_chart")[1].proto.spec)
    assert chart["data"][0]["x"][-1] == most
    assert chart["layout"]["shapes"][0]["x0"] == most


@pytest.mark.usefixtures("home_with_the_sample")
def test_reviews_are_found_by_a_word_and_by_their_verdict(
    open_page: OpenPage, studio: Studio
) -> None:
    page = open_page(PAGE)
    dataset = studio.library.load("sample")
    page.segmented_control[1].set_value("Read them").run()
    page.text_input(key="data_query").set_value("boring").run()
    page.segmented_control(key="data_label").set_value("negative").run()

    assert not page.exception
    found = [
        row
        for row in range(len(dataset.train))
        if dataset.train.labels[row] == 0 and "boring" in dataset.text(dataset.train, row).lower()
    ]
    assert f"**{len(found):,}** of 4,000 reviews" in texts(page)
    shown = [text.value for text in page.text]
    assert shown == [dataset.text(dataset.train, row) for row in found[:5]]

    page.text_input(key="data_query").set_value("no-such-word").run()
    assert "No such review" in texts(page)


def test_a_review_is_shown_with_its_line_breaks_and_no_other_markup_is_touched(
    home: Path, open_page: OpenPage
) -> None:
    add_own(home, GOOD + '"One.<br /><br />Two. <b>Three.</b>",pos\n')
    page = open_page(PAGE)
    page.segmented_control[1].set_value("Read them").run()
    page.text_input(key="data_query").set_value("Three").run()

    assert "One.\n\nTwo. <b>Three.</b>" in [text.value for text in page.text]


def test_own_reviews_are_uploaded_and_deleted(open_page: OpenPage, studio: Studio) -> None:
    page = open_page(PAGE)
    uploaded = upload(page, studio, GOOD)
    assert f"**{2 * LEAST_OF_A_CLASS}** reviews can be used" in texts(page)

    make_source(page, uploaded)
    assert studio.library.status(SOURCE).is_prepared
    assert [success.value for success in page.success] == [SPLIT_RULE]
    assert "16 reviews to learn from, 4 to test" in texts(page)

    page.button(key=f"delete_{SOURCE}").click().run()
    assert not page.exception
    assert studio.library.own_sources() == []
    assert f"delete_{SOURCE}" not in {button.key for button in page.button}


def test_added_reviews_say_whose_they_are_and_only_who_added_them_may_delete_them(
    open_page: OpenPage, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ContextProxy, "headers", ELSEWHERE)
    mine = open_page(PAGE)
    make_source(mine, upload(mine, studio, GOOD))
    theirs = open_page(PAGE)

    assert "**shop** · yours" in texts(mine)
    assert "**shop** · someone else's" in texts(theirs)
    theirs.button(key=f"delete_{SOURCE}").click().run()  # no browser shows it, but one may ask
    assert studio.library.own_sources() == [SOURCE]
    mine.button(key=f"delete_{SOURCE}").click().run()
    assert studio.library.own_sources() == []


def test_a_name_that_is_taken_is_told_and_its_source_is_not_called_added(
    open_page: OpenPage, studio: Studio
) -> None:
    page = open_page(PAGE)
    make_source(page, upload(page, studio, GOOD))
    make_source(page, upload(page, studio, GOOD))

    assert f"{SOURCE} is there already" in texts(page)
    assert f"delete_{SOURCE}" in {button.key for button in page.button}
    assert not page.success


def test_rows_that_are_left_out_are_named_and_counted(open_page: OpenPage, studio: Studio) -> None:
    page = open_page(PAGE)
    upload(page, studio, FAULTY)

    places = page.table[0].value
    assert list(places["Where"]) == [f"Row\N{NO-BREAK SPACE}{row}" for row in (22, 23, 24)]
    assert "neither positive nor negative: '**maybe**'" in places["What"].iloc[0].replace("\\", "")
    assert "Left out, the text is empty: 1 row (row 23)" in texts(page)
    assert f"**{2 * LEAST_OF_A_CLASS}** reviews can be used" in texts(page)


def test_labels_that_nobody_knows_wait_for_the_visitor_to_explain_them(
    open_page: OpenPage, studio: Studio
) -> None:
    page = open_page(PAGE)
    upload(page, studio, UNKNOWN)
    meanings = labels(page)
    assert list(meanings) == ["*up* · 10 rows", "down · 10 rows"]
    assert [control.value for control in meanings.values()] == [None, None]
    assert "Say which are positive" in texts(page)
    assert "data_make" not in {button.key for button in page.button}

    meanings["*up* · 10 rows"].set_value("positive")
    settle(page, studio)
    labels(page)["down · 10 rows"].set_value("negative")
    settle(page, studio)

    assert not page.error
    assert "**20** reviews can be used: 10 positive, 10 negative." in texts(page)
    labels(page)["down · 10 rows"].set_value("left out")
    settle(page, studio)
    assert "No negative reviews can be used" in texts(page)
    page.button(key="table_undo").click()
    settle(page, studio)
    assert [control.value for control in labels(page).values()] == [None, None]


def test_what_labels_were_taken_for_is_shown_and_can_be_changed(
    open_page: OpenPage, studio: Studio
) -> None:
    page = open_page(PAGE)
    rows = "".join(f"Film {at} of them,{at % 3 - 1}\n" for at in range(60))
    upload(page, studio, HEADER + rows)

    taken = {name[:2].strip(): control.value for name, control in labels(page).items()}
    assert taken == {"-1": "negative", "0": "left out", "1": "positive"}
    assert "Hugging Face's files write 0 for negative" in texts(page)
    labels(page)["0 · 20 rows"].set_value("negative")
    settle(page, studio)
    assert "**60** reviews can be used: 20 positive, 40 negative." in texts(page)


def test_columns_header_and_quotes_can_be_changed(open_page: OpenPage, studio: Studio) -> None:
    page = open_page(PAGE)
    rows = "".join(f'{at},"A film, {at}\n or two",{at % 2},{at % 2}\n' for at in range(40))
    upload(page, studio, "id,text,label,other\n" + rows)
    assert [box.value for box in page.selectbox[-3:]] == ["text", "label", "no column"]
    assert "40 rows with a cell over several lines" in texts(page)

    page.selectbox[-2].set_value("other")
    settle(page, studio)
    assert "the label in 'other'" in texts(page)
    header, quotes = page.toggle
    assert (header.value, quotes.value) == (True, False)
    header.set_value(False)
    settle(page, studio)
    assert page.selectbox[-2].options == ["column 1", "column 2", "column 3", "column 4"]
    page.toggle[1].set_value(True)
    settle(page, studio)
    assert "Quotation marks are taken for text" in texts(page)


@pytest.mark.parametrize("file", ["meta.json", "words.txt", "train_labels.npy", "test_ranks.npy"])
def test_a_damaged_source_is_told_in_a_sentence_that_names_the_file(
    file: str, home: Path, sample_home: Path, open_page: OpenPage, studio: Studio
) -> None:
    folder = home / "data" / "sample"
    shutil.copytree(sample_home / "data" / "sample", folder)
    if file == "test_ranks.npy":  # of the right size, so that only reading them shows it
        np.save(folder / file, np.full_like(np.load(folder / file), -1))
        key = "prepare_again"
    else:
        (folder / file).write_bytes(b"\x00garbage")
        key = "prepare_sample"
    page = open_page(PAGE)
    assert str(folder / file) in texts(page)
    assert ("Damaged." in texts(page)) == (key == "prepare_sample")

    assert page.button(key=key).label == "Prepare again"
    page.button(key=key).click().run()
    job = studio.preparation("sample")
    assert job is not None
    assert job.wait(30)
    page.run()
    assert str(folder / file) not in texts(page)
    assert page.metric[0].value == "3,200"


def test_the_train_page_says_that_a_source_is_damaged(
    home: Path, sample_home: Path, open_page: OpenPage
) -> None:
    folder = home / "data" / "sample"
    shutil.copytree(sample_home / "data" / "sample", folder)
    (folder / "test_stars.npy").unlink()
    add_own(home, GOOD)
    (home / "data" / SOURCE / "words.txt").unlink()
    page = open_page()
    page.selectbox(key="setting_source").set_value("sample").run()

    assert "These reviews are damaged; Train prepares them again." in texts(page)
    choices = page.selectbox(key="setting_source").options
    assert [name for name in choices if "damaged" in name] == [
        "Synthetic sample (damaged)", "Added here: shop (damaged)",
    ]  # fmt: skip
    page.selectbox(key="setting_source").set_value(SOURCE).run()
    assert "Delete these reviews on the Data page" in texts(page)


def test_damaged_own_reviews_can_be_deleted(home: Path, open_page: OpenPage) -> None:
    add_own(home, GOOD)
    (home / "data" / SOURCE / "words.txt").write_bytes(b"\xff")
    page = open_page(PAGE)

    assert "Damaged." in texts(page)
    assert "Delete these reviews on the Data page" in texts(page)
    page.button(key=f"delete_{SOURCE}").click().run()
    assert not page.error
