"""What moves by itself on a page: told by the server's feed, drawn in the browser."""

from imdb_core.ui.live.parts import live_chart, live_line, live_numbers, live_progress
from imdb_core.ui.live.waiting import drawing, wait_for, wait_for_job

__all__ = [
    "drawing",
    "live_chart",
    "live_line",
    "live_numbers",
    "live_progress",
    "wait_for",
    "wait_for_job",
]
