"""Plotly's script, as the server hands it out beside its pages."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from typing import Final

import plotly

NAME: Final = f"plotly-{plotly.__version__}.js"
"""The last part of its address: another version has another one."""


@cache
def packed() -> bytes:
    """The file that pip installed, as gzip has it: 1.5 MB instead of 5. Takes a moment once."""
    script = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    return gzip.compress(script.read_bytes())
