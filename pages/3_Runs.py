"""Runs: everything that was trained, side by side."""

from imdb_core.ui import frame
from imdb_core.ui.runs.bin import draw_undo
from imdb_core.ui.runs.view import draw_damaged, draw_empty, draw_runs_page

with frame.page("Runs") as studio:
    runs, faults = studio.store.overview()
    draw_undo(studio)
    draw_damaged(studio, faults)
    if runs:
        draw_runs_page(studio, runs)
    else:
        draw_empty(studio)
