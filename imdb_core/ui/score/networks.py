"""Which epoch of a run judges, and other networks beside it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from imdb_core.runs.checkpoints import EPOCH_LIMIT_BYTES, size_bytes
from imdb_core.runs.run import Run
from imdb_core.scoring import Reading, ReadingCurve, Scorer, kept_epochs
from imdb_core.studio import Studio
from imdb_core.ui import frame
from imdb_core.ui.run_choice import keep_chosen, titles_of
from imdb_core.ui.score.charts import CHART_CONFIG, curves_figure, epochs_figure
from imdb_core.ui.score.state import curve_of, epoch_scores_of, scorers
from imdb_core.ui.wording import as_markdown

_BESIDE = "beside"
_MOST_BESIDE = 3
_MOST_EPOCHS_DRAWN = 150


def choose_epoch(run: Run) -> int | None:
    """A time machine: any epoch whose weights were kept, the best one at first."""
    assert run.best is not None
    epochs = kept_epochs(run)
    best = run.best.epoch
    epoch = best
    if len(epochs) > 1:
        epoch = st.select_slider(
            "Epoch",
            epochs,
            value=best,
            format_func=lambda number: f"{number} (best)" if number == best else str(number),
            help="Go back in its training: the verdict and all explanations are then made with "
            "the weights of that epoch.",
            key=f"epoch_{run.id}_{best}",
        )
    if len(epochs) < len(run.epochs):
        size = size_bytes(run.best_weights)
        reason = (
            f"an epoch's weights take {size / 2**20:.1f} MB here, and only those below "
            f"{EPOCH_LIMIT_BYTES >> 20} MB are kept"
            if size > EPOCH_LIMIT_BYTES
            else "not every epoch was kept"
        )
        there = " and ".join(map(str, epochs)) if len(epochs) <= 2 else f"{len(epochs)} of them"
        st.caption(f"Epochs that can be looked at: {there}; {reason}.")
    return epoch if epoch in epochs else best


def draw_beside(studio: Studio, own: Scorer, reading: Reading) -> None:
    """Up to three other networks on the same text."""
    others = {run.id: run for run in studio.store.all() if run.can_score and run.id != own.run.id}
    if not others:
        st.info("There is no other network yet. Train another one, and see where they differ.")
    titles = titles_of(others.values())
    kept = [run_id for run_id in st.session_state.get(_BESIDE, []) if run_id in others]
    keep_chosen(kept, titles, key=_BESIDE)
    chosen = st.multiselect(
        "Beside it",
        list(titles),
        default=kept,
        max_selections=_MOST_BESIDE,
        format_func=titles.__getitem__,
        placeholder="Choose up to three other networks",
        key=_BESIDE,
        disabled=not others,
    )
    judges = [(own, reading)]
    for run_id in chosen:
        with frame.errors_as_sentences():
            scorer = scorers.get(others[run_id])
            judges.append((scorer, scorer.read(reading.text)))
    if len(judges) > 1:
        _draw_judges(judges)
    _draw_through_epochs(own, reading)


def _draw_judges(judges: Sequence[tuple[Scorer, Reading]]) -> None:
    curves: list[tuple[str, Reading, ReadingCurve]] = []
    for column, (scorer, reading) in zip(st.columns(len(judges)), judges, strict=True):
        score = scorer.judge(reading)
        verdict = "Positive" if score.is_positive else "Negative"
        with column:
            st.metric(as_markdown(scorer.run.name), f"{score.probability:.1%}")
            st.markdown(f"{verdict} · epoch {scorer.epoch}")
            st.caption(
                f"{score.words_read:,} of {score.words:,} words read, "
                f"{score.words_unknown:,} unknown"
            )
            curve = curve_of(scorer, reading)
        if curve is not None:
            curves.append((scorer.run.name, reading, curve))
    if curves:
        st.plotly_chart(
            curves_figure(curves),
            key="beside_curves",
            config=CHART_CONFIG,
            alt="Reading curves of " + ", ".join(name for name, _, _ in curves),
        )


def _draw_through_epochs(scorer: Scorer, reading: Reading) -> None:
    """The verdict of every epoch that was kept."""
    epochs = kept_epochs(scorer.run)
    epochs = epochs[:: len(epochs) // _MOST_EPOCHS_DRAWN + 1]
    if len(epochs) < 3:
        return
    st.markdown("**Through its training**: what each epoch's weights make of this text")
    probabilities = epoch_scores_of(scorer, reading, epochs)
    if probabilities is not None:
        st.plotly_chart(
            epochs_figure(epochs, probabilities, scorer.epoch),
            key="through_epochs",
            config=CHART_CONFIG,
            alt=f"P(positive) of the text over {len(epochs)} epochs, from {probabilities[0]:.1%} "
            f"to {probabilities[-1]:.1%}.",
        )
