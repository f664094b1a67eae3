"""The run on the Train page: its chart and what it has to tell, moving by itself."""

from __future__ import annotations

import streamlit as st

from imdb_core.data import Progress
from imdb_core.runs.event_log import utc_now
from imdb_core.runs.run import Run
from imdb_core.studio import Studio
from imdb_core.ui import charts, frame
from imdb_core.ui.settings_form import set_values
from imdb_core.ui.wording import as_markdown, duration, hearts, settings_phrase

_LIVE_TICK_S = 0.25
_IDLE_TICK_S = 2.0

_STATE_WORDS = {
    "queued": ("Waiting", ":material/hourglass_empty:"),
    "preparing": ("Preparing", ":material/hourglass_top:"),
    "training": ("Training", ":material/play_circle:"),
    "stopping": ("Stopping", ":material/stop_circle:"),
    "paused": ("Paused", ":material/pause_circle:"),
    "finished": ("Finished", ":material/check_circle:"),
    "failed": ("Failed", ":material/error:"),
    "interrupted": ("Interrupted", ":material/power_off:"),
}


def run_view(studio: Studio) -> None:
    """Draw the run at work, or the newest; redraws itself, and the page when the state changes."""
    run = studio.current()
    tick_s = _LIVE_TICK_S if run is not None and run.is_live else _IDLE_TICK_S
    st.fragment(_draw, run_every=tick_s)(studio, page_signature(studio))


def page_signature(studio: Studio) -> tuple[str, ...]:
    """What the buttons of the page depend on: it is drawn anew when this changes."""
    run = studio.current()
    if run is None:
        return ()
    return run.id, state_word(studio, run), *(queued.id for queued in studio.queue())


def state_word(studio: Studio, run: Run) -> str:
    """The run's state, or `stopping` once somebody asked for that."""
    job = studio.job(run.id)
    return "stopping" if job is not None and job.is_stop_requested else run.state


def _draw(studio: Studio, drawn_signature: tuple[str, ...]) -> None:
    if page_signature(studio) != drawn_signature:
        st.rerun()
    run = studio.current()
    _draw_title(studio, run)
    st.plotly_chart(
        charts.loss_figure(run),
        key="loss_chart",
        config={"displaylogo": False},
        alt=charts.chart_sentence(run),
    )
    if run is None:
        return
    _draw_progress(studio, run)
    _draw_numbers(run)
    if not run.is_live:
        _draw_ending(run)


def _draw_title(studio: Studio, run: Run | None) -> None:
    if run is None:
        st.markdown("##### No run yet")
        st.caption("Click **Train** to start one.")
        return
    word, icon = _STATE_WORDS[state_word(studio, run)]
    st.markdown(f"##### {icon} {word} · {as_markdown(run.name)}")
    origin = f"{run.dataset.origin} · {run.device}" if run.dataset else "data not ready yet"
    st.caption(as_markdown(f"{settings_phrase(run.config)} · {origin}"))


def _draw_progress(studio: Studio, run: Run) -> None:
    job = studio.job(run.id)
    if job is None or run.state != "preparing":
        return
    if isinstance(job.progress, Progress):
        draw_progress(job.progress)
    else:
        st.progress(0.0, text="Getting the data ready …")


def draw_progress(progress: Progress) -> None:
    """A bar for one stage of a preparation."""
    share = min(progress.done / progress.total, 1.0) if progress.total else 0.0
    st.progress(share, text=as_markdown(f"{progress.stage} {_amount(progress)}"))


def _amount(progress: Progress) -> str:
    if not progress.done:
        return "…"
    if progress.unit == "bytes":
        total = f" of {progress.total / 1e6:.1f}" if progress.total else ""
        return f"({progress.done / 1e6:.1f}{total} MB)"
    total = f" of {progress.total:,}" if progress.total else ""
    return f"({progress.done:,}{total} {progress.unit})"


def _draw_numbers(run: Run) -> None:
    best = run.best
    epoch, elapsed, patience, best_epoch = st.columns(4)
    epoch.metric(
        "Epoch",
        len(run.epochs),
        f"of {run.config.max_epochs} at most",
        delta_color="off",
        delta_arrow="off",
    )
    elapsed.metric("Time", duration(_elapsed_seconds(run)))
    patience.metric(
        "Patience left",
        hearts(run.config.patience, run.bad_epochs),
        help="Epochs without a better validation loss that are still allowed.",
    )
    best_epoch.metric(
        "Best epoch",
        f"{best.epoch}" if best else "–",
        f"loss {best.val_loss:.4f} · accuracy {best.val_accuracy:.1%}" if best else None,
        delta_color="off",
        delta_arrow="off",
    )


def _elapsed_seconds(run: Run) -> float:
    if run.state != "training":
        return run.training_seconds
    return run.training_seconds + (utc_now() - run.changed_at).total_seconds()


def _draw_ending(run: Run) -> None:
    if run.state == "failed":
        st.error(as_markdown(run.ending), icon=":material/error:")
        if (
            run.dataset is None
            and run.config.source != "sample"
            and st.button("Use the synthetic sample instead", icon=":material/science:")
        ):
            set_values(source="sample")
            st.rerun()  # The form stands outside of this fragment.
    else:
        st.info(as_markdown(run.ending), icon=":material/flag:")
    if run.can_score:
        st.page_link(
            "pages/1_Score.py",
            label="Score a review with these weights",
            icon=":material/rate_review:",
            query_params={"run": run.id},
        )
    if run.dataset is not None and run.dataset.is_synthetic:
        frame.synthetic_notice()
