"""Score: paste a review, see what the network makes of it, and why."""

import streamlit as st

from imdb_core.scoring import Reading, Score, Scorer
from imdb_core.scoring.calibration import Calibration
from imdb_core.studio import Studio
from imdb_core.ui import frame
from imdb_core.ui.run_choice import choose_run
from imdb_core.ui.score.many import draw_many
from imdb_core.ui.score.networks import choose_epoch, draw_beside
from imdb_core.ui.score.reading import draw_curve, draw_why
from imdb_core.ui.score.state import scorers
from imdb_core.ui.score.variations import draw_try
from imdb_core.ui.score.verdict import EXAMPLES, draw_nothing_yet, draw_verdict
from imdb_core.ui.visitor import remember_visitor


def choose_network(studio: Studio) -> Scorer | None:
    """A run, and one of its epochs beside it."""
    network, epoch = st.columns([1.6, 1], gap="large", vertical_alignment="top")
    with network:
        run = choose_run(studio, key="scored_run")
    if run is None:
        return None
    with epoch:
        return scorers.get(run, choose_epoch(run))


def take_example() -> None:
    """Copy the clicked example into the text box."""
    example = st.session_state["example"]
    if example:
        st.session_state["review"] = EXAMPLES[example]


def draw_text() -> str:
    """Examples, the text box and the button."""
    st.pills("Examples", list(EXAMPLES), key="example", on_change=take_example)
    text = st.text_area(
        "Review",
        key="review",
        height=220,
        placeholder="Paste or write a movie review, in English.",
    )
    st.button("Score", type="primary", icon=":material/rate_review:", key="score")
    return text or ""


def draw_explanations(
    studio: Studio, scorer: Scorer, reading: Reading, calibration: Calibration | None
) -> None:
    """Why, from what is seen at once to what one unfolds."""
    with frame.errors_as_sentences():
        draw_curve(scorer, reading, calibration)
    why = st.expander("Which words decided it", icon=":material/balance:", key="why",
                      on_change="rerun")  # fmt: skip
    if why.open:
        with why, frame.errors_as_sentences():
            draw_why(scorer, reading)
    change = st.expander("Change a word, and see what that changes", icon=":material/edit_note:",
                         key="try", on_change="rerun")  # fmt: skip
    if change.open:
        with change, frame.errors_as_sentences():
            draw_try(scorer, reading)
    beside = st.expander("Other networks, and other epochs, on the same text",
                         icon=":material/compare_arrows:", key="others",
                         on_change="rerun")  # fmt: skip
    if beside.open:
        with beside, frame.errors_as_sentences():
            draw_beside(studio, scorer, reading)


with frame.page("Score") as studio:
    scorer = choose_network(studio)
    if scorer is not None:
        reading: Reading | None = None
        calibration: Calibration | None = None
        text_side, verdict_side = st.columns([1, 1], gap="large")
        with text_side:
            text = draw_text()
        with verdict_side, frame.errors_as_sentences():
            if text.strip():
                reading = scorer.read(text)
                score: Score = scorer.judge(reading)
                calibration = draw_verdict(studio, scorer, score)
            else:
                draw_nothing_yet()
        if scorer.run.dataset is not None and scorer.run.dataset.is_synthetic:
            frame.synthetic_notice()
        if reading is not None:
            draw_explanations(studio, scorer, reading, calibration)
        many = st.expander("Score a whole file of reviews", icon=":material/table_rows:",
                           key="many", on_change="rerun")  # fmt: skip
        if many.open:
            with many, frame.errors_as_sentences():
                draw_many(studio, scorer, calibration)
    remember_visitor()
