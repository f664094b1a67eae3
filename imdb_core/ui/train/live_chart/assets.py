"""How the chart's scripts reach the browser: as files over HTTP, never through the websocket."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import plotly
from streamlit import runtime
from streamlit.components.v2 import component
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

_PROJECT = "imdb_rnn_studio"
_CHART = f"{_PROJECT}.live_chart"
_register_lock = Lock()


def mount(**arguments: Any) -> None:  # noqa: ANN401 - Streamlit's own
    """Mount the chart in the running script; without a server there is nothing to mount in."""
    if runtime.exists():
        _register()
        _renderer()(**arguments)


@cache
def _renderer() -> ComponentRenderer:
    # Plain DOM, no shadow root: Plotly puts its style rules into the document's head.
    return component(_CHART, js="live_chart.js", css="live_chart.css", isolate_styles=False)


def _register() -> None:
    """Declare two folders that the server hands out, as the manifest of a package would.

    Streamlit looks for manifests among *installed* packages only, and this project is run
    from its folder; given as texts, the scripts would travel with every tick. So this says
    to Streamlit's component manager what its own scanner would say after `pip install`. It
    is the one place that touches Streamlit's internals.

    Plotly's script stays where pip put it, and is had from
    `/_stcore/bidi-components/imdb_rnn_studio.plotly/plotly.min.js`.
    """
    manager = get_bidi_component_manager()
    with _register_lock:
        if manager.get_component_asset_root(_CHART) is not None:
            return
        for name, folder, assets in (
            ("plotly", Path(plotly.__file__).parent, "package_data"),
            ("live_chart", Path(__file__).parent, "assets"),
        ):
            config = ComponentConfig(name=name, asset_dir=assets)
            manifest = ComponentManifest(name=_PROJECT, version="1", components=[config])
            manager.register_from_manifest(manifest, folder)
