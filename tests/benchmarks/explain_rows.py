"""Which words decided it, worked out for a review of 400 words by the largest preset's network."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import torch

from imdb_core.config import PRESETS
from imdb_core.data import PAD_ID, DataLibrary, Dataset
from imdb_core.data.vocabulary import tokenize
from imdb_core.runs.execution import execute
from imdb_core.runs.store import RunStore
from imdb_core.scoring import Reading, Scorer
from imdb_core.scoring.passes import logits_of_vectors, one_thread
from imdb_core.stop_flag import StopFlag
from tests.benchmarks.measuring import Row, alternating_medians

GROUP = "Which words decided it, 400 words, Accurate preset"
_WORDS = 400


def explain_rows(library: DataLibrary, scratch: Path, source: str) -> Iterator[Row]:
    """Both ways, each against the passes that it takes, made one at a time."""
    store = RunStore(scratch / "explaining" / "runs")
    config = PRESETS["accurate"].changed(source=source, max_epochs=1)
    queued = store.create(config)
    scorer = Scorer.load(execute(queued.id, store, library, stop=StopFlag()))
    text = _text(library.load(source))
    reading = scorer.read(text)
    assert reading.words_read == _WORDS

    passes = _rows_with_gradients(scorer, reading)
    ours, theirs = alternating_medians(
        partial(scorer.integrated_gradients, reading), partial(_one_by_one, scorer, reading, passes)
    )
    yield Row(group=GROUP, what="integrated gradients", ours=ours,
              peer=f"{passes} passes forward and back, one at a time", theirs=theirs)  # fmt: skip
    words = text.split()
    without = [" ".join(words[:place] + words[place + 1 :]) for place in range(_WORDS)]
    alone, singly = alternating_medians(
        partial(scorer.left_out, reading), lambda: [scorer.score(each) for each in without]
    )
    yield Row(group=GROUP, what="leaving each word out", ours=alone,
              peer="each shorter text scored by itself", theirs=singly)  # fmt: skip
    yield Row(group=GROUP, what="both, one after the other", ours=ours + alone, wanted="≤ 1 s")


def _text(dataset: Dataset) -> str:
    """The first words of a test review that has more."""
    for row in range(len(dataset.test)):
        words = tokenize(dataset.text(dataset.test, row))
        if len(words) >= _WORDS:
            return " ".join(words[:_WORDS])
    words = tokenize(dataset.text(dataset.test, 0))
    return " ".join((words * _WORDS)[:_WORDS])


def _rows_with_gradients(scorer: Scorer, reading: Reading) -> int:
    """How many times integrated gradients sends the review through the network and back."""
    rows: list[int] = []

    def count(module: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        rows.append(len(inputs[0]) if inputs[0].requires_grad else 0)

    handle = scorer._network.rnn.register_forward_pre_hook(count)
    scorer.integrated_gradients(reading)
    handle.remove()
    return sum(rows)


@one_thread()
def _one_by_one(scorer: Scorer, reading: Reading, passes: int) -> None:
    network = scorer._network
    ids = torch.from_numpy(reading.ids)[None]
    for _ in range(passes):
        vectors = network.embedding(ids).detach().requires_grad_()
        torch.autograd.grad(logits_of_vectors(network, vectors, ids != PAD_ID).sum(), vectors)
