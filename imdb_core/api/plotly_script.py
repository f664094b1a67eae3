"""Plotly's script as browsers keep it: packed, and for good under its version's address."""

from __future__ import annotations

import asyncio
import gzip
from functools import cache
from pathlib import Path
from typing import Final

import plotly
from starlette.requests import Request
from starlette.responses import Response

PATH: Final = f"plotly-{plotly.__version__}.js"
_HEADERS: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Encoding": "gzip",
    "X-Content-Type-Options": "nosniff",
}


async def plotly_script(_: Request) -> Response:
    """The file that pip installed, 5 MB, as 1.5 MB.

    Streamlit sends files without a lifetime, so that a browser would ask for it on every visit,
    and compile it each time: only of what it keeps does it keep the compiled code, too.
    """
    packed = await asyncio.to_thread(_packed)
    return Response(packed, media_type="text/javascript", headers=dict(_HEADERS))


@cache
def _packed() -> bytes:
    script = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    return gzip.compress(script.read_bytes())
