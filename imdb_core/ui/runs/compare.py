"""Several runs against each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import streamlit as st

from imdb_core.comparison import (
    Course,
    Judged,
    Verdict,
    differing_settings,
    verdicts,
    why_incomparable,
)
from imdb_core.errors import StudioError
from imdb_core.runs.run import Run
from imdb_core.studio import Studio
from imdb_core.ui import frame
from imdb_core.ui.live import wait_for_job
from imdb_core.ui.runs.charts import Axis, Measure, overlay_figure
from imdb_core.ui.wording import as_markdown, choice_name, distinct, duration

MOST_CURVES = 12
MOST_TESTED = 8
_MEASURES: dict[str, Measure] = {
    "Validation loss": "val_loss",
    "Accuracy": "val_accuracy",
    "Train loss": "train_loss",
}
_AXES: dict[str, Axis] = {"by epoch": "epoch", "by seconds": "seconds"}


def draw_overlay(runs: Sequence[Run]) -> None:
    """The runs' curves on one axis."""
    with_epochs = [run for run in runs if run.epochs]
    if not with_epochs:
        return
    with st.container(horizontal=True):
        measure = st.segmented_control(
            "Measure", list(_MEASURES), default="Validation loss", required=True,
            label_visibility="collapsed", key="measure", persist_state="session",
        )  # fmt: skip
        axis = st.segmented_control(
            "Axis", list(_AXES), default="by epoch", required=True,
            label_visibility="collapsed", key="axis", persist_state="session",
        )  # fmt: skip
    drawn = with_epochs[:MOST_CURVES]
    st.plotly_chart(
        overlay_figure(drawn, axis=_AXES[axis], measure=_MEASURES[measure]),
        key="overlay",
        config={"displaylogo": False},
        alt=f"{measure} {axis} of " + ", ".join(_told(run) for run in drawn),
    )
    if len(with_epochs) > MOST_CURVES:
        st.caption(f"The first {MOST_CURVES} of {len(with_epochs)} runs are drawn.")


def draw_verdicts(studio: Studio, runs: Sequence[Run]) -> None:
    """Whether the most accurate run is really better; in the background where that takes time."""
    st.markdown("##### Is one really better?")
    tested = [run for run in runs if run.can_score and not run.is_live][:MOST_TESTED]
    if len(tested) < 2:
        st.caption("Two ended runs with a finished epoch are needed for a test.")
        return
    groups = _groups(tested)
    comparable = [group for group in groups if len(group) > 1]
    with frame.errors_as_sentences():
        for group in comparable:
            _draw_group(studio, [(run, _judged(studio, run)) for run in group])
    for one, other in pairwise(groups):
        st.info(as_markdown(why_incomparable(one[0], other[0]) or ""), icon=":material/block:")
    if len(runs) > MOST_TESTED:
        st.caption(f"At most {MOST_TESTED} runs are tested at once.")


def _draw_group(studio: Studio, group: list[tuple[Run, Judged | StudioError | None]]) -> None:
    """The verdicts on runs of the same reviews, or what is still missing for them."""
    waiting = ", ".join(run.name for run, answer in group if answer is None)
    if waiting:
        st.caption(f":material/hourglass_top: {as_markdown(f'Judging with {waiting} …')}")
        return
    for run, answer in group:
        if isinstance(answer, StudioError):
            frame.show_error(answer)
            # What was wrong may be right by the time one asks again.
            studio.evaluator.forget(run, "validation")
    known = [(run, answer) for run, answer in group if isinstance(answer, Judged)]
    for verdict in verdicts(known):
        _draw_verdict(verdict)


def _draw_verdict(verdict: Verdict) -> None:
    icon = ":material/balance:" if verdict.is_noise else ":material/trophy:"
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"{icon} **{as_markdown(verdict.headline)}**")
        st.caption(
            as_markdown(verdict.reasons),
            help="Only the reviews that one of the two judged right and the other wrong can tell "
            "them apart: do they part more unevenly than tossed coins would (McNemar's exact "
            "test)? What chance alone brings less than 5 times in 100 counts as a real difference. "
            "With more than two runs chance has a try with every pair of them, which Holm's method "
            "takes into account. All runs chose their best epoch on these very reviews, so the "
            "figures are a little too good.",
        )


def draw_table(runs: Sequence[Run]) -> None:
    """Results, and the settings that are not the same in all runs: a column a run."""
    shown = runs[:MOST_TESTED]
    rows: dict[str, list[str]] = {
        "Accuracy": [f"{run.best.val_accuracy:.1%}" if run.best else "–" for run in shown],
        "Best validation loss": [f"{run.best.val_loss:.4f}" if run.best else "–" for run in shown],
        "Best epoch": [
            f"{run.best.epoch} of {len(run.epochs)}" if run.best else "–" for run in shown
        ],
        "Training time": [duration(run.training_seconds) for run in shown],
    }
    differing = differing_settings(shown)
    rows |= {
        spec.label: [spelled_course(course) for course in courses] for spec, courses in differing
    }
    st.markdown("##### What differs")
    columns = distinct({run.id: run.name for run in shown}).values()
    st.table(
        {"": [as_markdown(label) for label in rows]}
        | {
            as_markdown(name): [as_markdown(values[index]) for values in rows.values()]
            for index, name in enumerate(columns)
        },
        hide_index=True,
    )
    if not differing:
        st.caption("All settings are the same.")


def _groups(runs: Sequence[Run]) -> list[list[Run]]:
    """Runs that were validated on the same reviews, together."""
    groups: list[list[Run]] = []
    for run in runs:
        group = next((each for each in groups if why_incomparable(each[0], run) is None), None)
        if group is None:
            groups.append([run])
        else:
            group.append(run)
    return groups


def _judged(studio: Studio, run: Run) -> Judged | StudioError | None:
    """What the run judges right, or why that cannot be known; None while it is worked out."""
    try:
        found = studio.evaluator.get(run, "validation", studio.library)
    except StudioError as error:
        return error
    if found is None:
        wait_for_job(studio.evaluator.job(run, "validation"))
        return None
    return Judged.by(found)


def _told(run: Run) -> str:
    assert run.best is not None
    return f"{run.name} (best {run.best.val_loss:.4f} in epoch {run.best.epoch})"


def spelled_course(course: Course) -> str:
    """A setting's value, and those that it was changed to on the way."""
    (_, first), *changed = course
    return spelled(first) + "".join(
        f", from epoch {since} on {spelled(value)}" for since, value in changed
    )


def spelled(value: Any) -> str:  # noqa: ANN401 - any setting's
    """A setting's value, as one says it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else choice_name(value)
