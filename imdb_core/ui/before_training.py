"""What one may add to a run before it starts: reviews of one's own, and a guess."""

from __future__ import annotations

import streamlit as st

from imdb_core.runs.pinned_texts import PINNED_LIMIT

_PLACEHOLDERS = (
    "It is not bad at all, far from perfect, yet never dull.",
    "A second review, if you like.",
    "And a third.",
)


def draw_pins_and_guess() -> tuple[list[str], int | None]:
    """Draw the fold; returns the texts to pin, some may be blank, and the guess, if any."""
    with st.expander("Pin reviews, guess the stop", icon=":material/push_pin:"):
        st.caption("The next run judges these reviews after every epoch, under the loss.")
        texts = [
            st.text_input(
                f"Pinned review {number}",
                key=f"pin_{number}",
                placeholder=_PLACEHOLDERS[number - 1],
                label_visibility="collapsed",
                persist_state="session",
            )
            for number in range(1, PINNED_LIMIT + 1)
        ]
        guess = st.number_input(
            "It will stop after epoch …",
            min_value=1,
            max_value=2000,
            value=None,
            step=1,
            key="guess",
            placeholder="your guess",
            help="The result will stand beside the truth.",
            persist_state="session",
        )
    return [text or "" for text in texts], guess
