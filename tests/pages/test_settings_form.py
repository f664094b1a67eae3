"""The settings on the Train page."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from imdb_core.config import PRESETS, field_specs
from imdb_core.studio import Studio
from tests.browser.homes import lend
from tests.pages.conftest import PAGES, OpenPage, go


@pytest.fixture
def home(tmp_path: Path, sample_home: Path) -> Path:
    lend(sample_home, "sample", tmp_path / "home")
    return tmp_path / "home"


def test_sliders_have_the_bounds_and_the_steps_of_their_fields(open_page: OpenPage) -> None:
    sliders = open_page().slider
    assert sliders
    for slider in sliders:
        spec = field_specs()[slider.key.removeprefix("setting_")]
        assert (slider.min, slider.max, slider.step) == (spec.minimum, spec.maximum, spec.step)


def test_every_setting_can_be_set_and_starts_with_the_notebooks(open_page: OpenPage) -> None:
    assert values(open_page()) == PRESETS["notebook"].model_dump()


def test_settings_last_while_the_visitor_looks_at_other_pages(open_page: OpenPage) -> None:
    app = open_page()
    app.slider(key="setting_hidden_size").set_value(32).run()
    app.number_input(key="setting_batch_size").set_value(128).run()
    app.selectbox(key="setting_cell").set_value("gru").run()
    for page in [*PAGES[1:], "app.py"]:
        go(app, page)
    assert app.slider(key="setting_hidden_size").value == 32
    assert app.number_input(key="setting_batch_size").value == 128
    assert app.selectbox(key="setting_cell").value == "gru"


def test_every_faulty_value_gets_a_sentence_and_none_is_trained_with(open_page: OpenPage) -> None:
    app = open_page()
    app.number_input(key="setting_batch_size").set_value(99_999)
    app.number_input(key="setting_dropout").set_value(-1.0)
    app.number_input(key="setting_max_epochs").set_value(0).run()
    assert not app.exception
    faults = app.error[0].value.replace("\\", "").split("\n\n")
    assert faults == [
        "Dropout (dropout) is -1.0, but must be a number from 0 to 0.8.",
        "Batch size (batch_size) is 99999, but must be a whole number from 8 to 1024.",
        "Most epochs (max_epochs) is 0, but must be a whole number from 1 to 2000.",
    ]
    assert "train" not in [button.key for button in app.button]

    app.number_input(key="setting_batch_size").set_value(64)
    app.number_input(key="setting_dropout").set_value(0.5)
    app.number_input(key="setting_max_epochs").set_value(10).run()
    assert not app.error
    assert "train" in [button.key for button in app.button]

    app.number_input(key="setting_max_epochs").set_value(None).run()  # cleared
    assert app.number_input(key="setting_max_epochs").value == 10


def test_a_preset_fills_the_form_but_leaves_the_data_as_they_are(open_page: OpenPage) -> None:
    app = open_page()
    app.selectbox(key="setting_source").set_value("sample").run()
    app.button_group(key="setting_preset").set_value("quick").run()
    assert not app.exception
    assert values(app) == PRESETS["quick"].changed(source="sample").model_dump()


def test_train_queues_a_run_with_the_settings_of_the_form(
    open_page: OpenPage, studio: Studio
) -> None:
    app = open_page()
    app.selectbox(key="setting_source").set_value("sample").run()
    app.slider(key="setting_hidden_size").set_value(4).run()
    app.number_input(key="setting_seed").set_value(7).run()
    app.button(key="train").click().run()
    assert not app.exception
    (run,) = studio.store.all()
    assert run.config == PRESETS["notebook"].changed(source="sample", hidden_size=4, seed=7)


def values(app: AppTest) -> dict[str, object]:
    """What the widgets of the form hold."""
    widgets = [*app.slider, *app.number_input, *app.selectbox, *app.toggle]
    by_key = {widget.key: widget.value for widget in widgets}
    return {name: by_key[f"setting_{name}"] for name in field_specs()}
