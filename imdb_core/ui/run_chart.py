"""What the chart on the Train page shows of a run."""

from __future__ import annotations

import streamlit as st

from imdb_core.config import field_specs
from imdb_core.runs.run import Run
from imdb_core.studio import Studio
from imdb_core.ui.charts import chart_sentence
from imdb_core.ui.live_chart import Baseline, ChartView, Ghost, live_chart
from imdb_core.ui.run_state import STATE_WORDS, state_of

_MOST_GHOSTS = 3
_GHOSTS = "ghosts"
_WHY = {"patience": "patience ran out", "max_epochs": "most epochs", "user": "stopped by hand"}


def draw_chart(studio: Studio, run: Run | None) -> None:
    """The live chart with the options that the visitor chose."""
    live_chart(_view(studio, run), key="loss_chart")


def draw_chart_options() -> None:
    """What the chart shows beside the losses."""
    with st.popover("Chart", icon=":material/tune:", key="chart_options"):
        st.toggle("Validation accuracy", value=True, key="show_accuracy", persist_state="session")
        st.toggle("Earlier runs", key="show_ghosts", persist_state="session")
        st.toggle("Logarithmic loss", key="log_scale", persist_state="session")


def _ghosts(studio: Studio, run: Run) -> list[Ghost]:
    """The newest earlier runs that the visitor wants to see; looked up once for each `run`."""
    most = _MOST_GHOSTS if st.session_state.get("show_ghosts") else 1
    if not (st.session_state.get("show_ghosts") or st.session_state.get("retrain")):
        return []
    if st.session_state.get(_GHOSTS, (None, None))[0] != (run.id, most):
        runs = studio.store.before(run.id, most)
        st.session_state[_GHOSTS] = (run.id, most), [_ghost(earlier, run) for earlier in runs]
    ghosts: list[Ghost] = st.session_state[_GHOSTS][1]
    return ghosts


def _view(studio: Studio, run: Run | None) -> ChartView:
    show_accuracy = bool(st.session_state.get("show_accuracy", True))
    log_scale = bool(st.session_state.get("log_scale", False))
    if run is None:
        return ChartView(sentence=chart_sentence(None), show_accuracy=show_accuracy)
    state = state_of(studio, run)
    word, _ = STATE_WORDS[state]
    has_ended = run.state in ("finished", "failed", "interrupted")
    is_kept_going = run.last_epoch is not None
    return ChartView(
        run_id=run.id,
        epochs=run.epochs,
        best_epoch=run.best.epoch if run.best else 0,
        patience=run.config.patience,
        show_patience=not is_kept_going and (not has_ended or run.reason == "patience"),
        stopped_at=len(run.epochs) if has_ended and run.epochs else None,
        stopped_words=_stopped_words(run),
        grey_line_at=run.first_stop,
        baselines=_baselines(studio, run),
        ghosts=_ghosts(studio, run),
        pinned_texts=run.pinned_texts,
        pinned=run.pinned,
        empty_text=_empty_text(run),
        sentence=f"{word}. {chart_sentence(run)}",
        phase=state,
        file_name=run.id,
        show_accuracy=show_accuracy,
        log_scale=log_scale,
    )


def _stopped_words(run: Run) -> str:
    if run.first_stop is not None and run.reason == "max_epochs":
        return "kept going to here"
    return _WHY[run.reason] if run.reason else run.state


def _empty_text(run: Run) -> str:
    if run.state == "failed":
        return "It failed before its first epoch was finished."
    if run.state == "queued":
        return "It waits for its turn."
    if run.is_live:
        return "The first epoch is on its way."
    return "No epoch was finished."


def _ghost(run: Run, shown: Run) -> Ghost:
    """An earlier run, called by its label or by what sets it apart from the one that is shown."""
    settings = run.config.differences(shown.config)
    apart = ", ".join(f"{field_specs()[name].label} {old}" for name, (old, _) in settings.items())
    return Ghost(
        id=run.id,
        name=run.label or apart or "same settings",
        val_loss=[record.val_loss for record in run.epochs],
        train_loss=[record.train_loss for record in run.epochs],
    )


def _baselines(studio: Studio, run: Run) -> list[Baseline]:
    found = studio.baselines(run)
    if found is None:
        return []
    named = (("always the same", found.majority), ("bag of words", found.bag_of_words))
    return [Baseline(name=name, loss=judge.loss, accuracy=judge.accuracy) for name, judge in named]
