"""What one may add to a run before it starts: reviews of one's own, and a guess."""

from __future__ import annotations

import streamlit as st

from imdb_core.config import TrainConfig
from imdb_core.runs.guess import check_guess
from imdb_core.runs.pinned_texts import PINNED_LIMIT
from imdb_core.ui import frame

_PLACEHOLDERS = (
    "It is not bad at all, far from perfect, yet never dull.",
    "A second review, if you like.",
    "And a third.",
)


_GUESS = "guess"


def draw_pins_and_guess(config: TrainConfig | None) -> None:
    """Draw the fold; `config` says which epochs there can be, if the form can be used."""
    with st.expander("Pin reviews, guess the stop", icon=":material/push_pin:"):
        st.caption("The next run judges these reviews after every epoch, under the loss.")
        for number, placeholder in enumerate(_PLACEHOLDERS[:PINNED_LIMIT], start=1):
            st.text_input(
                f"Pinned review {number}",
                key=_pin(number),
                placeholder=placeholder,
                label_visibility="collapsed",
                persist_state="session",
            )
        st.number_input(
            "It will stop after epoch …",
            value=None,
            step=1,
            key=_GUESS,
            placeholder="your guess",
            help="The result will stand beside the truth.",
            persist_state="session",
        )
        if config is not None:
            with frame.errors_as_sentences():
                check_guess(guess(), config)


def pinned_texts() -> list[str]:
    """The reviews that the next run is to judge; some may be blank."""
    return [st.session_state.get(_pin(number)) or "" for number in range(1, PINNED_LIMIT + 1)]


def guess() -> int | None:
    """The epoch after which the visitor thinks that the next run will stop."""
    epoch: int | None = st.session_state.get(_GUESS)
    return epoch


def forget_guess() -> None:
    """It was for one run. Call it in a callback."""
    st.session_state[_GUESS] = None


def _pin(number: int) -> str:
    return f"pin_{number}"
