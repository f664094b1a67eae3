"""What a click on Train would cost, for the settings as they stand."""

from __future__ import annotations

import streamlit as st

from imdb_core.config import TrainConfig
from imdb_core.studio import Studio
from imdb_core.training.footprint import parameter_count
from imdb_core.ui import frame
from imdb_core.ui.live import wait_for
from imdb_core.ui.visitor import visitor_id
from imdb_core.ui.wording import duration


def draw_cost(studio: Studio, config: TrainConfig) -> None:
    """Parameters at once; seconds and memory as soon as they are measured."""
    with st.container(key="cost"), frame.errors_as_sentences():
        wait_for("cost")
        cost = studio.cost(config, visitor=visitor_id())
        words = [f"{parameter_count(config):,} parameters"]
        if cost is None:
            is_later = studio.is_training
            words.append("time is measured when nothing trains" if is_later else "measuring …")
        else:
            words += [
                f"{_seconds(cost.epoch_seconds)} an epoch",
                f"at most {duration(cost.seconds_at_most)}",
                f"{cost.memory_bytes / 1e6:.0f} MB",
            ]
        st.caption(f":material/speed: {' · '.join(words)}")


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 1 else duration(seconds)
