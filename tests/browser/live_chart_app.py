"""A page with one live chart; what is seen beside its run's epochs, a test writes into
`scene.json` of its home, and then clicks.
"""

import json
import os
from pathlib import Path
from typing import Any

import streamlit as st

from imdb_core.ui.live import live_chart
from imdb_core.ui.train.chart_view import Baseline, ChartView, Ghost

SCENE = Path(os.environ["IMDB_STUDIO_HOME"]) / "scene.json"


def view(scene: dict[str, Any]) -> ChartView:
    options = {name: scene[name] for name in scene if name not in ("run", "ghosts", "baselines")}
    return ChartView(
        ghosts=[Ghost(**each) for each in scene.get("ghosts", [])],
        baselines=[Baseline(**each) for each in scene.get("baselines", [])],
        empty_text="Click Train: both losses appear here, epoch by epoch.",
        file_name="2026-11-22_101530_k3f9",
        **options,
    )


def draw_page() -> None:
    st.set_page_config(layout="wide")
    scene = json.loads(SCENE.read_text("utf-8"))
    live_chart(scene["run"], view(scene).as_json(), key="loss_chart")
    st.button("Look again", key="look")


if __name__ == "__main__":
    draw_page()
else:
    from imdb_core.api.routes import routes

    app = st.App(str(Path(__file__)), routes=routes())
