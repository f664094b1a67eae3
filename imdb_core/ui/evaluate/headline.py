"""The number that matters first, what it is held against, and where it comes from."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from imdb_core.comparison import SIGNIFICANCE, mcnemar_p_value
from imdb_core.evaluation import Evaluation, Metrics
from imdb_core.evaluation.baseline_rows import BaselineRows
from imdb_core.intervals import wilson_interval
from imdb_core.runs.run import Run
from imdb_core.ui.wording import as_markdown

_HELP = {
    "accuracy": "Share of the reviews that are judged right, where P(positive) above 0.5 means "
    "positive. The interval says how far chance in the choice of reviews may have moved it.",
    "bag_of_words": "A judge that does not read: it weighs which words a review has and how rare "
    "they are, in whatever order (logistic regression on TF-IDF). It learnt from the same reviews "
    "and judged the same ones.",
    "majority": "The simplest judge: says of every review what most training reviews are. "
    "What does not beat it has learnt nothing.",
    "log_loss": "How much the true labels surprise the network, on average (in nats). Who says "
    "50% of every review has 0.693; being sure and wrong costs most.",
}
_TWO_BY_TWO = """
<style>
@media (max-width: 640px) {
  .st-key-headline [data-testid="stColumn"] { min-width: calc(50% - 1rem); flex: 1 1 40%; }
}
</style>
"""


def draw_headline(run: Run, evaluation: Evaluation, baselines: BaselineRows | None) -> None:
    """Accuracy with its interval, the baselines, a sentence, and the origin of it all."""
    counts = evaluation.counts()
    low, high = counts.interval
    st.html(_TWO_BY_TWO)
    with st.container(key="headline"):
        own, bag, majority, loss = st.columns([1.3, 1, 1, 1])
        own.metric("Accuracy", f"{counts.accuracy:.1%}", help=_HELP["accuracy"])
        own.caption(f"95% interval {low:.1%} to {high:.1%}")
        _draw_baseline(bag, "Bag of words", "bag_of_words", _bag(evaluation, baselines))
        _draw_baseline(majority, "Majority", "majority", _majority(evaluation, baselines))
        loss.metric("Log loss", f"{evaluation.metrics.log_loss:.3f}", help=_HELP["log_loss"])
        loss.caption("lower is better; tossing a coin has 0.693")
    st.markdown(
        f"**{counts.correct:,} of {counts.reviews:,} {evaluation.split} reviews** are judged "
        f"right. {_verdict(evaluation, baselines)}"
    )
    st.caption(as_markdown(_origin(run, evaluation)))


def _bag(evaluation: Evaluation, baselines: BaselineRows | None) -> Metrics | None:
    return None if baselines is None else baselines.bag_of_words_metrics[evaluation.split]


def _majority(evaluation: Evaluation, baselines: BaselineRows | None) -> Metrics | None:
    return None if baselines is None else baselines.majority_metrics[evaluation.split]


def _draw_baseline(column: DeltaGenerator, label: str, name: str, metrics: Metrics | None) -> None:
    column.metric(label, "…" if metrics is None else f"{metrics.accuracy:.1%}", help=_HELP[name])
    if metrics is not None:
        low, high = wilson_interval(round(metrics.accuracy * metrics.reviews), metrics.reviews)
        column.caption(f"{low:.1%} to {high:.1%}, on the same reviews")


def _verdict(evaluation: Evaluation, baselines: BaselineRows | None) -> str:
    """How the network stands to the bag of words, review by review."""
    if baselines is None:
        return ""
    is_right, bag_is_right = evaluation.is_right, baselines.is_right(evaluation)
    only_network = int((is_right & ~bag_is_right).sum())
    only_bag = int((~is_right & bag_is_right).sum())
    return (
        f"{_ahead(only_network, only_bag)}: {only_network:,} reviews only the network gets right, "
        f"{only_bag:,} only the bag of words."
    )


def _ahead(only_network: int, only_bag: int) -> str:
    """Who is better, if that is more than chance, as the Runs page says it of two runs."""
    if mcnemar_p_value(only_network, only_bag) > SIGNIFICANCE:
        return "Network and bag of words are within noise"
    return "The network is ahead" if only_network > only_bag else "The bag of words is ahead"


def _origin(run: Run, evaluation: Evaluation) -> str:
    learnt = f"{run.dataset.train_reviews:,}" if run.dataset else "the training"
    return (
        f"Weights of epoch {evaluation.epoch} of {run.name}, the best of "
        f"{evaluation.basis.last_epoch} by validation loss. Learnt from {learnt} reviews; "
        f"{evaluation.origin}. The network reads the last {evaluation.words_at_most} words of "
        "a review."
    )
