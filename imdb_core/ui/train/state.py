"""A run's state as the Train page words it."""

from __future__ import annotations

from imdb_core.runs.run import Run
from imdb_core.studio import Studio

STATE_WORDS = {
    "queued": ("Waiting", ":material/hourglass_empty:"),
    "preparing": ("Preparing", ":material/hourglass_top:"),
    "training": ("Training", ":material/play_circle:"),
    "stopping": ("Stopping", ":material/stop_circle:"),
    "pausing": ("Pausing", ":material/pause_circle:"),
    "paused": ("Paused", ":material/pause_circle:"),
    "finished": ("Finished", ":material/check_circle:"),
    "stopped": ("Stopped", ":material/stop_circle:"),
    "failed": ("Failed", ":material/error:"),
    "interrupted": ("Interrupted", ":material/power_off:"),
}


def state_of(studio: Studio, run: Run) -> str:
    """The run's state, or `stopping` or `pausing` once somebody asked for that."""
    job = studio.job(run.id)
    if job is None or not run.is_live or not job.is_stop_requested:
        return run.state
    return "pausing" if job.stop_flag.asks_to_pause else "stopping"
