"""A run on a whole split: the headline, and what unfolds below it."""

from __future__ import annotations

import streamlit as st

from imdb_core.errors import PreparationCancelledError, StudioError
from imdb_core.evaluation import (
    Evaluation,
    EvaluationSplit,
    basis_of,
    cached,
    stored,
    stored_basis,
)
from imdb_core.evaluation.baseline_rows import BaselineRows
from imdb_core.jobs import Job
from imdb_core.runs.run import Run
from imdb_core.studio import Studio
from imdb_core.ui import frame
from imdb_core.ui.evaluate.headline import draw_headline
from imdb_core.ui.evaluate.parts import draw_parts
from imdb_core.ui.live import wait_for, wait_for_job
from imdb_core.ui.progress import draw_progress
from imdb_core.ui.wording import as_markdown


def draw_evaluation(studio: Studio, run: Run, split: EvaluationSplit) -> None:
    """The evaluation of `run` on `split`; works it out first where that is needed.

    Raises:
        StudioError: the run's files cannot be read.
    """
    if split == "test":
        _draw_note_on_test(studio, run)
    evaluation = _ready(studio, run, split)
    if evaluation is not None:
        _draw(studio, run, evaluation)


def _ready(studio: Studio, run: Run, split: EvaluationSplit) -> Evaluation | None:
    """An evaluation to show; None while there is none, and then the page says why."""
    found = cached(run, split)
    if found is not None:
        return found
    job = studio.evaluator.job(run, split)
    if job is not None and not job.is_done:
        _wait_for(job)
        return None
    if job is not None and job.error is not None:
        _draw_failure(job.error)
        _draw_begin(studio, run, split, "Try again")
        return None
    if run.is_live:
        return _of_live_run(studio, run, split)
    if split == "test" and stored_basis(run, split) is None:
        _draw_begin(studio, run, split, "Look at the test reviews")
        return None
    _begin(studio, run, split)
    return None


def _of_live_run(studio: Studio, run: Run, split: EvaluationSplit) -> Evaluation | None:
    """What was found for weights that the run had earlier, if anything."""
    earlier = stored(run, split)
    epoch = basis_of(run, split).epoch
    said = f"This run is still at work. Its best epoch so far is {epoch}."
    if earlier is not None:
        said += f" The figures below were worked out after epoch {earlier.basis.last_epoch}."
    st.info(said, icon=":material/play_circle:")
    _draw_begin(studio, run, split, f"Evaluate epoch {epoch}")
    return earlier


def _draw_begin(studio: Studio, run: Run, split: EvaluationSplit, label: str) -> None:
    if st.button(label, type="primary", icon=":material/fact_check:", key="evaluate"):
        _begin(studio, run, split)


def _begin(studio: Studio, run: Run, split: EvaluationSplit) -> None:
    studio.evaluator.begin(run, split, studio.library, after=studio.warm_up)
    st.rerun()


def _wait_for(job: Job) -> None:
    """Its progress, and a way out."""
    draw_progress(job, key="evaluating", at_first="Getting ready")
    st.button("Cancel", key="cancel_evaluation", on_click=job.stop)


def _draw_failure(error: Exception) -> None:
    if isinstance(error, PreparationCancelledError):
        st.info(as_markdown(str(error)))
    elif isinstance(error, StudioError):
        frame.show_error(error)
    else:
        st.error(
            as_markdown(f"Unexpected {type(error).__name__}. The program's log has the rest."),
            icon=":material/error:",
        )


def _draw_note_on_test(studio: Studio, run: Run) -> None:
    """Why one should not look here often, and how often one has."""
    seen = sum(_has_seen_test(each, run) for each in studio.store.all())
    times = {0: "No run has", 1: "1 run has"}.get(seen, f"{seen} runs have")
    st.warning(
        "**Look here last.** The test reviews tell how well a network does on reviews that "
        "nobody chose it by. Whoever tries many settings and keeps the one that does best "
        "here has chosen by luck as well, and the figure is too good from then on. Compare "
        f"runs on the validation reviews. {times} been looked at on these test reviews so far.",
        icon=":material/visibility:",
    )


def _has_seen_test(each: Run, run: Run) -> bool:
    is_same_data = (
        each.dataset is not None
        and run.dataset is not None
        and each.dataset.fingerprint == run.dataset.fingerprint
    )
    return is_same_data and stored_basis(each, "test") is not None


def _draw(studio: Studio, run: Run, evaluation: Evaluation) -> None:
    # Ten seconds of computing give way to a training.
    baselines = studio.evaluator.baselines(
        run, studio.library, studio.settings.data_folder, may_begin=not studio.queue()
    )
    rows = baselines if isinstance(baselines, BaselineRows) else None
    draw_headline(run, evaluation, rows)
    if isinstance(baselines, Job):
        _draw_baselines_state(baselines)
    elif baselines is None:
        wait_for("busy")
    draw_parts(studio, run, evaluation, rows)


def _draw_baselines_state(job: Job) -> None:
    wait_for_job(job)
    if not job.is_done:
        st.caption(
            ":material/hourglass_top: Two simpler judges learn from the same reviews, to be "
            "held against this network. It takes some ten seconds, once."
        )
    elif job.error is not None:
        reason = str(job.error) if isinstance(job.error, StudioError) else type(job.error).__name__
        st.caption(":material/info: " + as_markdown(f"There is no comparison: {reason}"))
