"""The table of runs: searched, filtered, sorted, and several chosen."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import streamlit as st

from imdb_core.runs.run import Run
from imdb_core.ui.runs.filter import ORDERS, RunFilter, origin_of
from imdb_core.ui.visitor import whose
from imdb_core.ui.wording import CELL_NAMES, settings_phrase

_CHOSEN = "chosen_runs"
_FILTERS = ("filter_state", "filter_cell", "filter_data", "filter_tag")


def draw_filter(runs: Sequence[Run]) -> RunFilter:
    """The search box, what else narrows the table down, and its order."""
    words = st.text_input(
        "Search",
        key="search",
        placeholder="Search names, tags, notes, settings",
        label_visibility="collapsed",
        icon=":material/search:",
        persist_state="session",
    )
    order = st.selectbox(
        "Order", list(ORDERS), key="order", label_visibility="collapsed", persist_state="session"
    )
    used = sum(bool(st.session_state.get(key)) for key in _FILTERS)
    with st.popover(f"Filter ({used})" if used else "Filter", icon=":material/filter_list:",
                    key="filter"):  # fmt: skip
        states = _choices("State", "filter_state", sorted({run.state for run in runs}))
        cells = _choices("Cell", "filter_cell", sorted({run.config.cell for run in runs}))
        origins = _choices("Data", "filter_data", sorted({origin_of(run) for run in runs} - {""}))
        tags = _choices("Tags", "filter_tag", sorted({tag for run in runs for tag in run.tags}))
    archived = sum(run.is_archived for run in runs)
    with_archived = archived > 0 and st.toggle(
        f"Archived ({archived})", key="with_archived", persist_state="session"
    )
    return RunFilter(
        words=words or "",
        states=states,
        cells=cells,
        origins=origins,
        tags=tags,
        with_archived=with_archived,
        order=order,
    )


def draw_table(runs: Sequence[Run]) -> list[Run]:
    """The runs in their order; returns those that are ticked."""
    ids = [run.id for run in runs]
    chosen = st.session_state.get(_CHOSEN, [])
    # A selection is a list of rows: where they hold other runs than before, the table is a
    # new one that starts with the same runs ticked.
    fingerprint = hashlib.sha256("\n".join(ids).encode()).hexdigest()[:12]
    selection = st.dataframe(
        _columns(runs),
        hide_index=True,
        key=f"runs_{fingerprint}",
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [i for i, id in enumerate(ids) if id in chosen]}},
        column_config={
            "Accuracy": st.column_config.NumberColumn(
                format="%.1f%%", help="Of the best epoch's weights on the validation reviews."
            ),
            "Val. loss": st.column_config.NumberColumn(
                format="%.4f",
                help="How much the validation labels surprised the best epoch's "
                "network (in nats): lower is better, 0.693 is tossing a coin.",
            ),
            "Training time": st.column_config.NumberColumn(format="%.1f s"),
            "Tags": st.column_config.ListColumn(),
            "Created (UTC)": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
        },
    )
    ticked = [runs[row] for row in selection["selection"]["rows"] if row < len(runs)]
    st.session_state[_CHOSEN] = [run.id for run in ticked]
    return ticked


def choose_runs(run_ids: Sequence[str]) -> None:
    """Have these ticked when the table is drawn next with other rows."""
    st.session_state[_CHOSEN] = list(run_ids)


def _choices(label: str, key: str, options: Sequence[str]) -> list[str]:
    if not options:
        return []
    return st.multiselect(
        label,
        options,
        key=key,
        format_func=lambda option: CELL_NAMES.get(option, option),
        persist_state="session",
    )


def _columns(runs: Sequence[Run]) -> dict[str, list[object]]:
    best = [run.best for run in runs]
    columns: dict[str, list[object]] = {
        "Run": [run.name for run in runs],
        "Whose": [whose(run) for run in runs],
        "Accuracy": [100 * record.val_accuracy if record else None for record in best],
        "Val. loss": [record.val_loss if record else None for record in best],
        "Best epoch": [record.epoch if record else None for record in best],
        "Epochs": [len(run.epochs) for run in runs],
        "Training time": [run.training_seconds for run in runs],
        "Created (UTC)": [run.created_at for run in runs],
        "State": ["archived" if run.is_archived else run.state for run in runs],
        "Settings": [settings_phrase(run.config) for run in runs],
        "Tags": [list(run.tags) for run in runs],
        "Data": [origin_of(run) for run in runs],
    }
    for name in ("Tags", "Whose"):
        if not any(columns[name]):
            del columns[name]
    return columns
