"""Evaluate: how well a network does on a whole split, and where it fails."""

import streamlit as st

from imdb_core.errors import StudioError
from imdb_core.evaluation import EvaluationSplit
from imdb_core.runs.run import Run
from imdb_core.studio import Studio
from imdb_core.ui import frame
from imdb_core.ui.evaluate_view import draw_evaluation
from imdb_core.ui.wording import run_title

SPLITS: dict[EvaluationSplit, str] = {"validation": "Validation", "test": "Test"}


def choose_run(studio: Studio) -> Run | None:
    """The run of the link, or the best; any other with weights can be chosen."""
    runs = {run.id: run for run in studio.store.all() if run.can_score}
    if not runs:
        st.info("There is no trained network yet. Train one first.", icon=":material/info:")
        st.page_link("app.py", label="Go to Train", icon=":material/show_chart:")
        return None
    if st.session_state.get("evaluated_run") not in runs:
        st.session_state["evaluated_run"] = asked_for(studio).id
    chosen = st.selectbox(
        "Network",
        list(runs),
        format_func=lambda run_id: run_title(runs[run_id]),
        key="evaluated_run",
        help="The best epoch's weights of a run. The most accurate run stands here at first.",
    )
    return runs[chosen]


def asked_for(studio: Studio) -> Run:
    """The run that the address names, if it can be had; else the best."""
    try:
        run = studio.store.resolve(st.query_params.get("run", "best"))
        _ = run.best_weights  # says what is missing
    except StudioError as error:
        frame.show_error(error)
        return studio.store.resolve("best")
    return run


def choose_split() -> EvaluationSplit:
    """Validation, unless the address or the visitor says test."""
    chosen: EvaluationSplit | None = st.segmented_control(
        "Reviews",
        list(SPLITS),
        format_func=SPLITS.__getitem__,
        default="test" if st.query_params.get("split") == "test" else "validation",
        required=True,
        key="evaluated_split",
        help="Validation reviews were kept aside to decide when training stops. Test reviews "
        "were never used.",
    )
    return chosen or "validation"


with frame.page("Evaluate") as studio:
    network, reviews = st.columns([3, 1])
    with network:
        run = choose_run(studio)
    if run is not None:
        with reviews:
            split = choose_split()
        st.query_params.from_dict({"run": run.id, "split": split})
        if run.dataset is not None and run.dataset.is_synthetic:
            frame.synthetic_notice()
        draw_evaluation(studio, run, split)
