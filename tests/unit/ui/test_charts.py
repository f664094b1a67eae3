"""Figures, in a server whose threads import what they need when they need it."""

import subprocess
import sys

# pandas stays half imported until the figure asks for it; whoever does not ask meets the half.
DRAW_DURING_AN_IMPORT = """
import builtins, sys, threading
from imdb_core.ui.charts import new_figure

is_half, may_end = threading.Event(), threading.Event()

class Halt:
    def find_spec(self, name, path=None, target=None):
        if name == "pandas._config":
            is_half.set()
            may_end.wait(30)

assert "pandas" not in sys.modules
sys.meta_path.insert(0, Halt())
importer = threading.Thread(target=__import__, args=("pandas",), daemon=True)
importer.start()
assert is_half.wait(30)
really_import = builtins.__import__

def import_(name, *arguments, **named):
    if name == "pandas":
        may_end.set()
    return really_import(name, *arguments, **named)

builtins.__import__ = import_
print(new_figure().update_layout(height=260).layout.height)
"""


def test_a_figure_waits_for_pandas_that_another_thread_imports() -> None:
    drawn = subprocess.run(
        [sys.executable, "-c", DRAW_DURING_AN_IMPORT], capture_output=True, text=True
    )
    assert drawn.stdout == "260\n", drawn.stderr
