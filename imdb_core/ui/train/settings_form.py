"""The form that makes a `TrainConfig`."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from imdb_core.config import PRESETS, FieldSpec, Source, TrainConfig, field_specs
from imdb_core.data import is_own
from imdb_core.errors import StudioError
from imdb_core.studio import the_studio
from imdb_core.ui import frame
from imdb_core.ui.wording import choice_name

IN_PLAIN_SIGHT = ("embedding_dim", "hidden_size", "patience")

_VALUES = "settings"
_PENDING = "pending_settings"


def settings_form() -> tuple[TrainConfig | None, DeltaGenerator]:
    """Draw the form; None, with the faults shown, if the values cannot be used.

    The second value is the place under the sliders, where the buttons belong: they come
    before the settings that most people leave alone.

    Values last while the visitor goes to other pages and back: Streamlit forgets those of
    widgets that a page does not draw.

    Each widget is told its value as its default, too. Streamlit sends a value of the session's
    state once, and a browser that is still loading the widget's script by then never sees it.
    """
    values: dict[str, Any] = st.session_state.setdefault(_VALUES, PRESETS["notebook"].model_dump())
    for name, value in values.items():
        st.session_state.setdefault(_key(name), value)
    for name, value in st.session_state.get(_PENDING, {}).items():
        st.session_state[_key(name)] = value
    _draw_preset()
    specs = field_specs()
    for name in IN_PLAIN_SIGHT:
        _draw_number(specs[name], as_slider=True)
    below_sliders = st.container()
    with st.expander("More settings", icon=":material/tune:"):
        for name, spec in specs.items():
            if name not in IN_PLAIN_SIGHT:
                _draw(spec)
    st.session_state.pop(_PENDING, None)
    try:
        return form_config(), below_sliders
    except StudioError as error:
        frame.show_error(error)
        return None, below_sliders


def form_config() -> TrainConfig:
    """The settings as the form has them now, which are kept; also in a callback.

    Raises:
        ConfigError: they cannot be used.
        DataError: reviews of one's own were chosen, and have been deleted since.
    """
    values: dict[str, Any] = st.session_state[_VALUES]
    # A click can arrive when its page has been left, and Streamlit has forgotten the widgets.
    values.update({name: st.session_state.get(_key(name), values[name]) for name in field_specs()})
    config = TrainConfig.parse(values)
    if is_own(config.source):
        the_studio().library.load(config.source)
    return config


def set_values(**values: Any) -> None:  # noqa: ANN401 - settings
    """Change settings from outside the form; call it before the form is drawn or in a callback.

    They wait for the script that draws the form: what the browser sends meanwhile brings its old
    values along, and would undo what is written to the widgets before.
    """
    st.session_state.setdefault(_VALUES, PRESETS["notebook"].model_dump()).update(values)
    st.session_state.setdefault(_PENDING, {}).update(values)


def form_value(name: str) -> Any:  # noqa: ANN401 - a setting
    """A setting as the form has it now."""
    return st.session_state.get(_VALUES, {}).get(name, field_specs()[name].default)


def chosen_preset() -> str:
    """The preset that the form started from."""
    name: str = st.session_state.get("preset", "notebook")
    return name


def set_preset(name: str) -> None:
    """Choose the preset that changes are told against; call it before the form is drawn."""
    st.session_state["preset"] = st.session_state[_key("preset")] = name


def _draw_preset() -> None:
    st.session_state.setdefault(_key("preset"), chosen_preset())
    st.segmented_control(
        "Preset",
        list(PRESETS),
        format_func=str.capitalize,
        required=True,
        key=_key("preset"),
        default=st.session_state[_key("preset")],
        on_change=_apply_preset,
        width="stretch",
        help="Notebook repeats the notebook's run; Quick learns more in ten seconds; "
        "Accurate reads most of each review and takes under a minute.",
    )


def _apply_preset() -> None:
    name = st.session_state.get(_key("preset"), chosen_preset())
    st.session_state["preset"] = name
    source = st.session_state.get(_key("source"), form_value("source"))  # these stay chosen
    set_values(**PRESETS[name].model_dump() | {"source": source})


def draw_difference(config: TrainConfig) -> None:
    """Which settings are not the preset's, and the way back."""
    name = st.session_state[_key("preset")]
    preset = PRESETS[name].changed(source=config.source)
    changed = [field_specs()[field].label for field in config.differences(preset)]
    if changed:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{name.capitalize()}, but for: {', '.join(changed)}.")
            st.button("Reset", type="tertiary", icon=":material/undo:", on_click=_apply_preset)


def _draw_source(spec: FieldSpec) -> None:
    statuses = the_studio().library.statuses()
    own = {status.source: status.title for status in statuses if status.is_own}
    damaged = {status.source for status in statuses if status.is_damaged}
    chosen = st.session_state[_key(spec.name)]
    if is_own(chosen) and chosen not in own:
        own[chosen] = f"{chosen} (not here)"
    choices = [*spec.choices, *own]

    def name(choice: Source) -> str:
        told = f"Added here: {own[choice]}" if choice in own else choice_name(choice)
        return f"{told} (damaged)" if choice in damaged else told

    st.selectbox(
        spec.label,
        choices,
        index=choices.index(chosen),
        format_func=name,
        key=_key(spec.name),
        help=spec.help,
    )


def _draw(spec: FieldSpec) -> None:
    if spec.name == "source":
        _draw_source(spec)
    elif spec.choices:
        st.selectbox(
            spec.label,
            spec.choices,
            index=spec.choices.index(st.session_state[_key(spec.name)]),
            format_func=choice_name,
            key=_key(spec.name),
            help=spec.help,
        )
    elif spec.step is None:
        value = st.session_state[_key(spec.name)]
        st.toggle(spec.label, value=value, key=_key(spec.name), help=spec.help)
    else:
        _draw_number(spec, as_slider=False)


def _draw_number(spec: FieldSpec, *, as_slider: bool) -> None:
    number = type(spec.default)
    assert spec.step is not None
    shared: dict[str, Any] = {
        "label": spec.label,
        "value": st.session_state[_key(spec.name)],
        "step": number(spec.step),
        "format": "%d" if number is int else "%g",
        "key": _key(spec.name),
        "help": spec.help,
    }
    if as_slider:
        st.slider(min_value=number(spec.minimum), max_value=number(spec.maximum), **shared)
    else:
        # Without bounds: the browser would keep a value out of bounds to itself, seen but not
        # trained with.
        st.number_input(**shared)


def _key(name: str) -> str:
    return f"setting_{name}"
