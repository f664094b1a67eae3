"""Evaluate: how well a network does on a whole split, and where it fails."""

import streamlit as st

from imdb_core.evaluation import EvaluationSplit
from imdb_core.ui import frame
from imdb_core.ui.evaluate.view import draw_evaluation
from imdb_core.ui.run_choice import choose_run

SPLITS: dict[EvaluationSplit, str] = {"validation": "Validation", "test": "Test"}


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
        run = choose_run(studio, key="evaluated_run")
    if run is not None:
        with reviews:
            split = choose_split()
        st.query_params["split"] = split
        if run.dataset is not None and run.dataset.is_synthetic:
            frame.synthetic_notice()
        draw_evaluation(studio, run, split)
