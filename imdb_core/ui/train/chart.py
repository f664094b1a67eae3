"""What the chart on the Train page shows of a run."""

from __future__ import annotations

import streamlit as st

from imdb_core.config import field_specs
from imdb_core.runs.ending import by_whom
from imdb_core.runs.run import Run
from imdb_core.studio import Studio
from imdb_core.ui.live import live_chart, wait_for
from imdb_core.ui.train.chart_view import Baseline, ChartView, Ghost
from imdb_core.ui.train.state import STATE_WORDS, state_of
from imdb_core.ui.visitor import this_visitor, whose
from imdb_core.ui.wording import changed_values

_MOST_GHOSTS = 3
_READING = """
- **Loss**: how wrong the network is, in nats. Lower is better; guessing gives 0.69.
- **Train** is measured on the reviews that it learns from, **validation** on reviews that it
  never learns from.
- **Overfitting**: train falls on, validation no longer does. The network learns its reviews by
  heart, and more training makes it worse on others.
- **Early stopping**: training ends when validation has not improved for as many epochs as
  **patience** allows. An epoch is one pass over all train reviews.
- **Star**: the epoch with the best validation loss. Its weights are kept.
- **Shaded**: the epochs that patience still allows after the star.
- **Thin upright line**: there the learning rate or the patience was changed.
- **Dotted lines**: what **guessing**, and counting words without their order (**bag of words**),
  reach on the same validation reviews.
"""
_WHY = {
    "patience": "patience ran out",
    "max_epochs": "last epoch allowed",
}


def draw_chart(studio: Studio, run: Run | None) -> None:
    """The live chart with the options that the visitor chose."""
    live_chart(run.id if run else None, _view(studio, run).as_json(), key="loss_chart")


def draw_reading_help() -> None:
    """What the curves and marks mean, for who sees such a chart for the first time."""
    with st.popover(
        "How to read this", icon=":material/help:", type="tertiary", key="reading_help"
    ):
        st.markdown(_READING)


def draw_chart_options() -> None:
    """What the chart shows beside the losses."""
    with st.popover("Chart", icon=":material/tune:", type="tertiary", key="chart_options"):
        st.toggle("Validation accuracy", value=True, key="show_accuracy", persist_state="session")
        st.toggle("Earlier runs", key="show_ghosts", persist_state="session")
        st.toggle("Logarithmic loss", key="log_scale", persist_state="session")


def _ghosts(studio: Studio, run: Run) -> list[Ghost]:
    """The newest earlier runs that the visitor wants to see; while one retrains, only the last
    one of one's own.
    """
    are_all_wanted = bool(st.session_state.get("show_ghosts"))
    if not (are_all_wanted or st.session_state.get("retrain")):
        return []
    mark = this_visitor().mark
    runs = studio.store.before(
        run.id,
        _MOST_GHOSTS if are_all_wanted else 1,
        is_wanted=lambda run_id: are_all_wanted or studio.visitor_of(run_id) == mark,
    )
    return [Ghost(id=earlier.id, name=_name_beside(earlier, run)) for earlier in runs]


def _view(studio: Studio, run: Run | None) -> ChartView:
    show_accuracy = bool(st.session_state.get("show_accuracy", True))
    log_scale = bool(st.session_state.get("log_scale", False))
    if run is None:
        return ChartView(show_accuracy=show_accuracy)
    state = state_of(studio, run)
    word, _ = STATE_WORDS[state]
    has_ended = run.state in ("finished", "stopped", "failed", "interrupted")
    is_kept_going = run.last_epoch is not None
    return ChartView(
        patience=run.config_in_force.patience,
        show_patience=not is_kept_going and (not has_ended or run.reason == "patience"),
        stopped_at=len(run.epochs) if has_ended and run.epochs else None,
        stopped_words=_stopped_words(run),
        changes=[(change.epoch, changed_values(change)) for change in run.changes],
        grey_line_at=run.first_stop,
        baselines=_baselines(studio, run),
        ghosts=_ghosts(studio, run),
        pinned_texts=run.pinned_texts,
        empty_text=_empty_text(run),
        word=word,
        phase=state,
        file_name=run.id,
        show_accuracy=show_accuracy,
        log_scale=log_scale,
    )


def _stopped_words(run: Run) -> str:
    if run.first_stop is not None and run.reason == "max_epochs":
        return "kept going to here"
    if run.state == "stopped":
        return f"stopped {by_whom(run, this_visitor())}"
    return _WHY[run.reason] if run.reason else run.state


def _empty_text(run: Run) -> str:
    if run.state == "failed":
        return "It failed before its first epoch was finished."
    if run.state == "queued":
        return "It waits for its turn."
    if run.is_live:
        return "The first epoch is on its way."
    return "No epoch was finished."


def _name_beside(run: Run, shown: Run) -> str:
    """The run's label, or what sets it apart from the one that is shown."""
    settings = run.config.differences(shown.config)
    apart = [f"{field_specs()[name].label} {old}" for name, (old, _) in settings.items()]
    apart += [f"then {changed_values(change)}" for change in run.changes]
    name = run.label or ", ".join(apart) or "same settings"
    return f"someone else's: {name}" if whose(run) == "someone else's" else name


def _baselines(studio: Studio, run: Run) -> list[Baseline]:
    found = studio.baselines(run)
    if found is None:
        wait_for("baselines")
        return []
    named = (("guessing", found.majority), ("bag of words", found.bag_of_words))
    return [Baseline(name=name, loss=judge.loss, accuracy=judge.accuracy) for name, judge in named]
