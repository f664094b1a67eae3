"""The parts of a page that the browser keeps moving, and how their scripts reach it.

Their scripts are files that the server hands out: given as texts, they would travel through the
websocket with every script run. Only the one that loads them does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from streamlit import runtime
from streamlit.components.v2 import component
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

from imdb_core.data import Progress

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

_PROJECT = "imdb_rnn_studio"
_LIVE = f"{_PROJECT}.live"
_BAR_HEIGHT = 44
_ASSETS = Path(__file__).parent / "assets"
_register_lock = Lock()


def live_chart(run_id: str | None, view: Mapping[str, Any], *, key: str) -> None:
    """A chart that grows with the run's events; zoom, hover and legend choices outlive that.

    Args:
        run_id: whose epochs; none while there is no run.
        view: what is to be seen beside them, as `ChartView.as_json` has it.
        key: unique on the page; also a CSS class, `st-key-<key>`.
    """
    # The page keeps its shape while the scripts are still on their way.
    height = view["height"] + _BAR_HEIGHT
    mount("chart", key=key, height=height, run=run_id, view=dict(view))


def live_numbers(numbers: Sequence[Sequence[str]], topic: str | None, *, key: str) -> None:
    """Figures with a label and a few words; `topic`, if there is one, brings them anew."""
    mount("numbers", key=key, numbers=[list(texts) for texts in numbers], topic=topic)


def live_line(lines: Mapping[str, str], topic: str, *, name: str, key: str) -> None:
    """The line called `name`, or the one without a name; `topic` brings all of them anew."""
    mount("line", key=key, lines=dict(lines), topic=topic, name=name)


def live_progress(progress: Progress, topic: str, *, key: str) -> None:
    """A bar for one stage of a preparation; `topic` brings it further."""
    mount("progress", key=key, text=progress.text, share=progress.share, topic=topic)


def mount(
    kind: str,
    *,
    key: str,
    height: int | Literal["content"] = "content",
    **data: Any,  # noqa: ANN401 - JSON
) -> None:
    """Mount a part in the running script; without a server there is nothing to mount in."""
    _mount(_renderer, key, height, kind=kind, **data)


def mount_watch(*, key: str, **data: Any) -> None:  # noqa: ANN401 - JSON
    """Mount what keeps the page up to date, and sees to it that the other parts are loaded."""
    _mount(_loader, key, "content", kind="watch", scripts=f"{_LIVE}/live.js", **data)


def _mount(
    renderer: Callable[[], ComponentRenderer],
    key: str,
    height: int | Literal["content"],
    **data: Any,  # noqa: ANN401 - JSON
) -> None:
    if runtime.exists():
        _register()
        renderer()(
            key=key,
            # In a list: in a dictionary, Streamlit looks for data frames, and for that imports
            # pandas.
            data=[data],
            height=height,
            on_news_change=lambda: None,
        )


@cache
def _renderer() -> ComponentRenderer:
    # Plain DOM, no shadow root: Plotly puts its style rules into the document's head.
    return component(_LIVE, js="live.js", css="live.css", isolate_styles=False)


@cache
def _loader() -> ComponentRenderer:
    return component(f"{_PROJECT}_loader", js=(_ASSETS / "loader.js").read_text("utf-8"))


def _register() -> None:
    """Declare the folder that the server hands out, as the manifest of a package would.

    Streamlit looks for manifests among *installed* packages only, and this project is run
    from its folder. So this says to Streamlit's component manager what its own scanner would
    say after `pip install`. It is the one place that touches Streamlit's internals.
    """
    manager = get_bidi_component_manager()
    with _register_lock:
        if manager.get_component_asset_root(_LIVE) is not None:
            return
        config = ComponentConfig(name="live", asset_dir=_ASSETS.name)
        manifest = ComponentManifest(name=_PROJECT, version="1", components=[config])
        manager.register_from_manifest(manifest, _ASSETS.parent)
