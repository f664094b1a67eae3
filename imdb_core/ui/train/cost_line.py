"""What a click on Train would cost, for the settings as they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from imdb_core.config import TrainConfig
from imdb_core.errors import StudioError
from imdb_core.studio import Studio
from imdb_core.training.footprint import parameter_count
from imdb_core.ui import frame
from imdb_core.ui.wording import duration

if TYPE_CHECKING:
    from imdb_core.training.cost import Cost

_TICK_S = 0.5
_CONFIRMING_TICK_S = 2.0


def draw_cost(studio: Studio, config: TrainConfig) -> None:
    """Parameters at once; seconds and memory as soon as they are measured."""
    with st.container(key="cost"), frame.errors_as_sentences():
        cost = studio.cost(config)
        st.fragment(_draw, run_every=_tick_s(cost))(studio, config, _tick_s(cost))


def _tick_s(cost: Cost | None) -> float | None:
    """How often to look again: until it is measured, and then until that is confirmed."""
    if cost is None:
        return _TICK_S
    return None if cost.is_confirmed else _CONFIRMING_TICK_S


def _draw(studio: Studio, config: TrainConfig, tick_s: float | None) -> None:
    try:
        cost = studio.cost(config)
    except StudioError:
        st.rerun()  # where it is shown, for good
    if _tick_s(cost) != tick_s:
        st.rerun()
    words = [f"{parameter_count(config):,} parameters"]
    if cost is None:
        words.append("time is measured when nothing trains" if studio.queue() else "measuring …")
    else:
        words += [
            f"{_seconds(cost.epoch_seconds)} an epoch",
            f"at most {duration(cost.seconds_at_most)}",
            f"{cost.memory_bytes / 1e6:.0f} MB",
        ]
    st.caption(f":material/speed: {' · '.join(words)}")


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 1 else duration(seconds)
