"""How far something is that goes on beside the page."""

from __future__ import annotations

from imdb_core.data import Progress
from imdb_core.jobs import Job
from imdb_core.ui.live import live_progress, wait_for_job


def draw_progress(job: Job, *, key: str, at_first: str) -> None:
    """A bar that follows the job, and a new page once it has ended.

    Args:
        job: its `progress` is a `Progress`, or nothing yet.
        key: unique on the page.
        at_first: what stands beside the bar before it has reported.
    """
    wait_for_job(job)
    progress = job.progress if isinstance(job.progress, Progress) else Progress(stage=at_first)
    live_progress(progress, job.topic, key=key)
