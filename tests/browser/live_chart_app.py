"""A page with one live chart; what it shows, a test writes into `scene.json` of its home."""

import json
import math
import os
from pathlib import Path
from typing import Any

import streamlit as st
from imdb_core.ui.train.live_chart import Baseline, ChartView, Ghost, live_chart

from imdb_core.training.records import EpochRecord

SCENE = Path(os.environ["IMDB_STUDIO_HOME"]) / "scene.json"


def record(epoch: int) -> EpochRecord:
    wobble = 0.004 * math.sin(epoch * 1.7)
    train_loss = 0.35 + 0.34 * math.exp(-epoch / 25) + wobble
    val_loss = 0.42 + 0.27 * math.exp(-epoch / 18) + 0.0004 * epoch + 0.01 * math.sin(epoch)
    return EpochRecord(
        epoch=epoch,
        train_loss=train_loss,
        val_loss=val_loss,
        val_accuracy=0.86 - 0.36 * math.exp(-epoch / 15) + wobble,
        improved=False,
        bad_epochs=0,
        best_epoch=0,
        train_seconds=0.03,
        val_seconds=0.01,
    )


def scores(epoch: int, texts: list[str]) -> list[float]:
    return [0.5 + 0.5 * math.tanh((epoch - 12) / 9) * math.cos(i * 2.2) for i in range(len(texts))]


def ghost(name: str, epochs: int) -> Ghost:
    records = [record(epoch) for epoch in range(1, epochs + 1)]
    shift = 0.01 * len(name)
    return Ghost(
        id=name,
        name=name,
        val_loss=[r.val_loss + shift for r in records],
        train_loss=[r.train_loss + shift for r in records],
    )


def view(scene: dict[str, Any]) -> ChartView:
    epochs = [record(epoch) for epoch in range(1, scene["epochs"] + 1)]
    texts = scene.get("pinned_texts", [])
    best = min(epochs, key=lambda r: r.val_loss).epoch if epochs else 0
    options = {name: scene[name] for name in ("stopped_at", "stopped_words", "grey_line_at",
               "show_accuracy", "log_scale", "phase") if name in scene}  # fmt: skip
    return ChartView(
        run_id=scene.get("run_id", "2026-11-22_101530_k3f9") if epochs else None,
        epochs=epochs,
        best_epoch=best,
        patience=scene.get("patience", 5),
        ghosts=[ghost(*each) for each in scene.get("ghosts", [])],
        baselines=[Baseline(**each) for each in scene.get("baselines", [])],
        pinned_texts=texts,
        pinned=[scores(each.epoch, texts) for each in epochs],
        empty_text="Click Train: both losses appear here, epoch by epoch.",
        sentence=f"Train and validation loss over {len(epochs)} epochs.",
        file_name="2026-11-22_101530_k3f9",
        **options,
    )


@st.fragment(run_every=0.1)
def draw() -> None:
    now = view(json.loads(SCENE.read_text("utf-8")))
    live_chart(now, key="loss_chart")
    st.markdown(f"{len(now.epochs)} epochs told")


st.set_page_config(layout="wide")
draw()
