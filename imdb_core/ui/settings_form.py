"""The form that makes a `TrainConfig`."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from imdb_core.config import PRESETS, FieldSpec, TrainConfig, field_specs
from imdb_core.data import SOURCES
from imdb_core.errors import ConfigError
from imdb_core.ui import frame
from imdb_core.ui.wording import CELL_NAMES

IN_PLAIN_SIGHT = ("embedding_dim", "hidden_size", "patience")

_CHOICE_NAMES: dict[str, str] = {
    **CELL_NAMES,
    "last": "Last state",
    "mean_max": "Mean and maximum",
    "torch": "PyTorch's",
    "keras": "Keras's",
    "auto": "Automatic",
    "cpu": "CPU",
    "cuda": "CUDA",
    "mps": "Apple",
    "fast": "Compiled kernels",
    **{source: title for source, (title, _) in SOURCES.items()},
}
_VALUES = "settings"


def settings_form() -> tuple[TrainConfig | None, DeltaGenerator]:
    """Draw the form; None, with the faults shown, if the values cannot be used.

    The second value is the place under the sliders, where the buttons belong: they come
    before the settings that most people leave alone.

    Values last while the visitor goes to other pages and back: Streamlit forgets those of
    widgets that a page does not draw.
    """
    values: dict[str, Any] = st.session_state.setdefault(_VALUES, PRESETS["notebook"].model_dump())
    for name, value in values.items():
        st.session_state.setdefault(_key(name), value)
    _draw_preset()
    specs = field_specs()
    for name in IN_PLAIN_SIGHT:
        _draw_number(specs[name], as_slider=True)
    below_sliders = st.container()
    with st.expander("More settings", icon=":material/tune:"):
        for name, spec in specs.items():
            if name not in IN_PLAIN_SIGHT:
                _draw(spec)
    values.update({name: st.session_state[_key(name)] for name in specs})
    try:
        config = TrainConfig.parse(values)
    except ConfigError as error:
        frame.show_error(error)
        return None, below_sliders
    with below_sliders:
        _say_what_changed(config)
    return config, below_sliders


def set_values(**values: Any) -> None:  # noqa: ANN401 - settings
    """Change settings from outside the form; call it before the form is drawn or in a callback."""
    stored = st.session_state.setdefault(_VALUES, PRESETS["notebook"].model_dump())
    stored.update(values)
    for name, value in values.items():
        st.session_state[_key(name)] = value


def _draw_preset() -> None:
    st.session_state.setdefault(_key("preset"), st.session_state.get("preset", "notebook"))
    st.segmented_control(
        "Preset",
        list(PRESETS),
        format_func=str.capitalize,
        required=True,
        key=_key("preset"),
        on_change=_apply_preset,
        width="stretch",
        help="Notebook repeats the notebook's run; Quick learns more in seconds; "
        "Accurate reads more words.",
    )


def _apply_preset() -> None:
    name = st.session_state[_key("preset")]
    st.session_state["preset"] = name
    source = st.session_state[_key("source")]  # the data at hand stay chosen
    set_values(**PRESETS[name].model_dump() | {"source": source})


def _say_what_changed(config: TrainConfig) -> None:
    name = st.session_state[_key("preset")]
    preset = PRESETS[name].changed(source=config.source)
    changed = [field_specs()[field].label for field in config.differences(preset)]
    if changed:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{name.capitalize()}, but for: {', '.join(changed)}.")
            st.button("Reset", type="tertiary", icon=":material/undo:", on_click=_apply_preset)


def _draw(spec: FieldSpec) -> None:
    if spec.choices:
        st.selectbox(
            spec.label,
            spec.choices,
            format_func=lambda choice: _CHOICE_NAMES[choice],
            key=_key(spec.name),
            help=spec.help,
        )
    elif spec.step is None:
        st.toggle(spec.label, key=_key(spec.name), help=spec.help)
    else:
        _draw_number(spec, as_slider=False)


def _draw_number(spec: FieldSpec, *, as_slider: bool) -> None:
    number = type(spec.default)
    assert spec.step is not None
    shared: dict[str, Any] = {
        "label": spec.label,
        "step": number(spec.step),
        "format": "%d" if number is int else "%g",
        "key": _key(spec.name),
        "help": spec.help,
    }
    if as_slider:
        st.slider(min_value=number(spec.minimum), max_value=number(spec.maximum), **shared)
    else:
        # Without bounds and with no default: the browser would keep a value out of bounds to
        # itself, seen but not trained with, and put the minimum into a field that is cleared.
        st.number_input(value=None, **shared)


def _key(name: str) -> str:
    return f"setting_{name}"
