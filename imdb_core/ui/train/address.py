"""Settings in the page's address: a link opens the form as it was, and names the curve."""

from __future__ import annotations

from typing import Any

import streamlit as st

from imdb_core.config import PRESETS, TrainConfig
from imdb_core.errors import ConfigError
from imdb_core.runs.digest import Comparison, compare, digest
from imdb_core.runs.run import Run
from imdb_core.ui.train.settings_form import chosen_preset, set_preset, set_values
from imdb_core.ui.wording import as_markdown

_FAULTS = "address_faults"
_FIRST_CONFIG = "address_config"
_EXPECTED = "address_curve"
_NOT_IN_LINK = ("device",)


def read_address() -> None:
    """Fill the form from the address, at the first script of a visit only.

    What cannot be used is kept to be said, and the preset's value stands.
    """
    if _FAULTS in st.session_state:
        return
    query = st.query_params.to_dict()
    preset = query.pop("preset", "notebook")
    curve = query.pop("curve", "")
    faults: list[str] = []
    if preset not in PRESETS:
        faults.append(f"There is no preset {preset!r}; the presets are {', '.join(PRESETS)}.")
        preset = "notebook"
    config = PRESETS[preset]
    for name, value in query.items():
        try:
            config = config.changed(**{name: value})
        except ConfigError as error:
            faults += error.faults
    st.session_state[_FAULTS] = faults
    if query or preset != "notebook":
        set_preset(preset)
        set_values(**config.model_dump())
    if curve and not faults:
        st.session_state[_EXPECTED] = (config, curve)


def draw_address_faults() -> None:
    """Say what the address asked for and cannot be had, until the visitor changes a setting."""
    faults = st.session_state[_FAULTS]
    if faults:
        st.warning(
            "\n\n".join(["The link could not be followed in all:", *map(as_markdown, faults)]),
            icon=":material/link_off:",
        )


def write_address(config: TrainConfig, run: Run | None) -> None:
    """Put the form into the address, and its curve where `run` has just these settings."""
    if config != st.session_state.setdefault(_FIRST_CONFIG, config):
        st.session_state[_FAULTS] = []
    preset = chosen_preset()
    changed = config.differences(PRESETS[preset])
    query: dict[str, Any] = {} if preset == "notebook" else {"preset": preset}
    query |= {
        name: _spelled(mine) for name, (mine, _) in changed.items() if name not in _NOT_IN_LINK
    }
    if run is not None and is_comparable(run) and same_settings(run.config, config):
        query["curve"] = digest(run)
    elif _EXPECTED in st.session_state and same_settings(st.session_state[_EXPECTED][0], config):
        query["curve"] = st.session_state[_EXPECTED][1]
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


def comparison(run: Run) -> Comparison | None:
    """Whether the run came out as the link says; None where the link does not speak of it."""
    if _EXPECTED not in st.session_state or not is_comparable(run):
        return None
    config, curve = st.session_state[_EXPECTED]
    return compare(run, curve) if same_settings(run.config, config) else None


def is_comparable(run: Run) -> bool:
    """Whether the run went from start to end by its settings alone."""
    return run.state == "finished" and not run.changes and run.first_stop is None


def same_settings(one: TrainConfig, other: TrainConfig) -> bool:
    """Whether two settings differ in nothing that a link carries."""
    return not set(one.differences(other)) - set(_NOT_IN_LINK)


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
