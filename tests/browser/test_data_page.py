"""A visitor's own reviews, from the upload to their end."""

import csv
import io
import re

import pytest
from playwright.sync_api import FilePayload, expect

from imdb_core.data import DataLibrary
from imdb_core.settings import Settings
from tests.browser.conftest import OpenTab
from tests.browser.homes import runs
from tests.browser.server import Server

pytestmark = pytest.mark.browser

HTML = "<script>alert(1)</script> <img src=x onerror=alert(2)> <b>fine</b> film"
MARKDOWN = (
    "# Great **good** [film](http://evil.example/) ![i](http://evil.example/i.png) $x$ :red[x]"
)
NAME = "**Mine** <img src=x onerror=alert(3)>"
MADE_OF_TEXT = "img[src='x'], [src*=evil], a[href*=evil]"


def payload(rows: list[tuple[str, str]], name: str) -> FilePayload:
    file = io.StringIO()
    csv.writer(file).writerows([("text", "label"), *rows])
    return {"name": name, "mimeType": "text/csv", "buffer": file.getvalue().encode()}


def test_own_reviews_are_uploaded_explained_used_and_deleted(
    server: Server, open_tab: OpenTab
) -> None:
    good = [(f"{HTML} {i}", "pos") for i in range(20)] + [
        (f"{MARKDOWN} {i}", "neg") for i in range(20)
    ]
    server.start()
    tab = open_tab()
    tab.open("Data")

    upload = tab.page.locator("input[type=file]")
    upload.set_input_files(payload([("A film", "**maybe**")] * 3, "bad.csv"))
    tab.sees("What the labels in 'label' mean is not plain: '**maybe**' (3).")
    tab.page.get_by_role("button", name=re.compile("Remove")).first.click()
    tab.sees("An example to fill in")

    odd = [(f"{text} {HTML}", label.replace("pos", MARKDOWN)) for text, label in good]
    upload.set_input_files(payload([*odd, ("", "neg")], "odd.csv"))
    tab.sees("Say which are positive")
    meanings = tab.keyed("data_labels")
    expect(meanings).to_contain_text("# Great **good** [film](")
    for place, meaning in enumerate(("Negative", "Positive")):
        meanings.get_by_text(meaning, exact=True).nth(place).click()
    tab.sees("40 reviews can be used: 20 positive, 20 negative.")
    tab.sees("Left out, the text is empty: 1 row (row 42).")
    tab.page.get_by_role("button", name=re.compile("Remove")).first.click()
    tab.sees("An example to fill in")

    upload.set_input_files(payload(good, "good.csv"))
    tab.sees("40 reviews can be used: 20 positive, 20 negative.")
    tab.sees_cell(HTML)
    tab.keyed("data_add").get_by_role("textbox", name="Name").fill(NAME)
    tab.button("data_make").click()
    tab.sees(NAME)
    tab.sees("32 reviews to learn from, 8 to test")

    tab.page.get_by_text("Read them").click()
    expect(tab.page.get_by_text(re.compile(re.escape(HTML))).first).to_be_visible()
    tab.page.get_by_role("searchbox", name="Search").fill('"[film](http://evil.example/)"')
    tab.page.keyboard.press("Enter")
    tab.sees("16 of 32 reviews")
    expect(tab.page.get_by_text(re.compile(re.escape(MARKDOWN))).first).to_be_visible()
    expect(tab.page.locator(MADE_OF_TEXT)).to_have_count(0)

    source = "own-mine-img-src-x-onerror-alert-3"
    tab.button(f"leave_use_{source}").click()
    expect(tab.page).to_have_title("Train · IMDB RNN Studio")
    tab.sees(f"own reviews, {source}: 32 reviews to learn from.")
    tab.button("train").click()
    run_id = tab.sees_run("Finished")

    tab.go("Data")
    tab.button(f"ask_{source}").click()
    tab.sees("1 run was trained on these reviews.")
    tab.button(f"delete_{source}").click()
    expect(tab.keyed(f"own_{source}")).to_have_count(0)
    tab.go("Train")
    tab.sees(f"Your reviews {source} are not here.")
    tab.sees("Ended after epoch 100")
    assert [run.id for run in runs(server.home)] == [run_id]
    settings = Settings(home=server.home, aclimdb=None, keras_home=server.home)
    assert DataLibrary(settings).own_sources() == []
