"""Score: paste a review, see what the network makes of it."""

import streamlit as st

from imdb_core.errors import StudioError
from imdb_core.runs.run import Run
from imdb_core.studio import Studio
from imdb_core.ui import frame
from imdb_core.ui.score_view import EXAMPLES, draw_score
from imdb_core.ui.wording import run_title


def choose_run(studio: Studio) -> Run | None:
    """The run of the link, or the best; any other with weights can be chosen."""
    runs = [run for run in studio.store.all() if run.can_score]
    asked_for = st.query_params.get("run", "best")
    try:
        default = studio.store.resolve(asked_for)
        if not default.can_score:
            default.best_weights  # noqa: B018 - says what is missing
    except StudioError as error:
        if runs:
            frame.show_error(error)
        default = studio.store.resolve("best") if runs else None
    if default is None:
        st.info("There is no trained network yet. Train one first.", icon=":material/info:")
        st.page_link("app.py", label="Go to Train", icon=":material/show_chart:")
        return None
    titles = {run.id: run_title(run) for run in runs}
    ids = list(titles)
    chosen = st.selectbox(
        "Network",
        ids,
        index=ids.index(default.id),
        format_func=titles.__getitem__,
        help="The best epoch's weights of a run. The most accurate run stands here at first.",
    )
    return next(run for run in runs if run.id == chosen)


def take_example() -> None:
    """Copy the clicked example into the text box."""
    example = st.session_state["example"]
    if example:
        st.session_state["review"] = EXAMPLES[example]


with frame.page("Score") as studio:
    run = choose_run(studio)
    if run is not None:
        text_side, verdict_side = st.columns([1, 1], gap="large")
        with text_side:
            st.pills("Examples", list(EXAMPLES), key="example", on_change=take_example)
            text = st.text_area(
                "Review",
                key="review",
                height=260,
                placeholder="Paste or write a movie review, in English.",
            )
            st.button("Score", type="primary", icon=":material/rate_review:", key="score")
        with verdict_side, frame.errors_as_sentences():
            draw_score(run, text or "")
        if run.dataset is not None and run.dataset.is_synthetic:
            frame.synthetic_notice()
