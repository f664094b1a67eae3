"""Questions to the recorded epochs of many runs: another patience, and what a setting brings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from imdb_core.config import field_specs
from imdb_core.runs.run import Run
from imdb_core.training.replay import Replay, replay
from imdb_core.ui.runs.charts import scatter_figure
from imdb_core.ui.runs.compare import spelled
from imdb_core.ui.wording import as_markdown

_MOST_REPLAYED = 50
_CHOICE_WIDTH_PX = 260  # two beside each other where there is room, else below

RESULTS: dict[str, Callable[[Run], float | None]] = {
    "Validation accuracy": lambda run: run.best.val_accuracy if run.best else None,
    "Best validation loss": lambda run: run.best.val_loss if run.best else None,
    "Best epoch": lambda run: run.best.epoch if run.best else None,
    "Epochs": lambda run: len(run.epochs) or None,
    "Training seconds": lambda run: run.training_seconds or None,
    "Seconds an epoch": lambda run: run.training_seconds / len(run.epochs) if run.epochs else None,
    "Validation minus train loss": lambda run: (
        run.best.val_loss - run.best.train_loss if run.best else None
    ),
}


def draw_replay(runs: Sequence[Run]) -> None:
    """Where another patience would have stopped each run, and what it would have kept."""
    panel = st.expander(
        "What if patience had been …", icon=":material/history:", key="replay", on_change="rerun"
    )
    if not panel.open:
        return
    with panel:
        replayed = [run for run in runs if run.epochs][:_MOST_REPLAYED]
        usual = replayed[0].config_in_force.patience if replayed else 2
        most = int(field_specs()["patience"].maximum or 1)
        patience = st.slider("Patience", 1, most, usual, key="replay_patience")
        told = [(run, _replay(run, patience)) for run in replayed]
        st.markdown(as_markdown(_sum(told, patience)))
        st.table(
            {
                "Run": [as_markdown(run.name) for run, _ in told],
                "Stops after": [_stop(each) for _, each in told],
                "Keeps": [str(each.best.epoch) for _, each in told],
                "Val. loss": [f"{each.best.val_loss:.4f}" for _, each in told],
                "Accuracy": [f"{each.best.val_accuracy:.1%}" for _, each in told],
                "As trained": [_as_trained(run) for run, _ in told],
            },
            hide_index=True,
        )
        st.caption("Told from the recorded epochs; nothing is trained.")


def draw_scatter(runs: Sequence[Run]) -> None:
    """Any setting against any result, a point for every run of the table."""
    panel = st.expander(
        "What does a setting bring?", icon=":material/scatter_plot:", key="scatter",
        on_change="rerun",
    )  # fmt: skip
    if not panel.open:
        return
    with panel:
        specs = field_specs()
        varied = [name for name in specs if len({getattr(run.config, name) for run in runs}) > 1]
        with st.container(horizontal=True):
            setting = st.selectbox(
                "Setting",
                varied + [name for name in specs if name not in varied],
                format_func=lambda name: specs[name].label,
                key="scatter_setting",
                width=_CHOICE_WIDTH_PX,
            )
            result = st.selectbox(
                "Result", list(RESULTS), key="scatter_result", width=_CHOICE_WIDTH_PX
            )
        steady = [run for run in runs if len(run.course(setting)) == 1]
        found = [(run, RESULTS[result](run)) for run in steady]
        points = [(run, value) for run, value in found if value is not None]
        if not points:
            st.caption("No run of the table has finished an epoch.")
            return
        with_value = [run for run, _ in points]
        st.plotly_chart(
            scatter_figure(
                with_value,
                [_position(getattr(run.config, setting)) for run in with_value],
                [value for _, value in points],
                x_title=specs[setting].label,
                y_title=result.lower(),
            ),
            key="scatter_chart",
            config={"displaylogo": False},
            alt=f"{result} by {specs[setting].label} of {len(points)} runs",
        )
        same = "" if setting in varied else " It is the same in all of them."
        st.caption(
            f"{len(points):,} runs of the table; they may differ in other settings, too.{same}"
            + _left_out(len(runs) - len(steady))
        )


def _left_out(count: int) -> str:
    if not count:
        return ""
    return f" Left out: {count:,} on whose way it was changed."


def _position(value: Any) -> Any:  # noqa: ANN401 - any setting's
    """On an axis: a number as it is, a choice by what people call it."""
    return spelled(value) if isinstance(value, str | bool) else value


def _replay(run: Run, patience: int) -> Replay:
    told = replay(
        run.epochs,
        patience=patience,
        min_delta=run.config.min_delta,
        max_epochs=run.config.max_epochs,
    )
    assert told is not None  # it has epochs
    return told


def _stop(told: Replay) -> str:
    return f"{told.epoch}" if told.reason else f"beyond {told.epoch}"


def _as_trained(run: Run) -> str:
    assert run.best is not None
    return (
        f"patience {run.config_in_force.patience}: after {len(run.epochs)}, kept {run.best.epoch}"
    )


def _sum(told: Sequence[tuple[Run, Replay]], patience: int) -> str:
    """What the patience would have meant for all of them, in a sentence."""
    if not told:
        return "No run has finished an epoch."
    if len(told) == 1:
        return told[0][1].sentence
    change = sum(each.epoch - len(run.epochs) for run, each in told)
    worse = sum(run.best is not None and each.best.epoch != run.best.epoch for run, each in told)
    unknown = sum(each.reason is None for _, each in told)
    cost = "as many epochs" if not change else f"{abs(change)} epochs {_more_or_fewer(change)}"
    kept = "all keep the epoch they kept" if not worse else f"{worse} would keep another epoch"
    beyond = f"; {unknown} would go on beyond what was recorded" if unknown else ""
    return f"Patience {patience} on {len(told)} runs: {cost} in all; {kept}{beyond}."


def _more_or_fewer(change: int) -> str:
    return "more" if change > 0 else "fewer"
