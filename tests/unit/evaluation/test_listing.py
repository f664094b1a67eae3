"""The lists are what they say, checked a review at a time."""

from dataclasses import replace

import numpy as np
import pytest

from imdb_core.data import DataLibrary
from imdb_core.evaluation import Evaluation
from imdb_core.evaluation.listing import flips, mended, mistakes
from imdb_core.runs.checkpoints import load_weights
from imdb_core.runs.run import Run
from imdb_core.scoring import Scorer


def test_flips_are_right_at_the_best_epoch_and_wrong_at_the_last(
    evaluation: Evaluation, run: Run, library: DataLibrary
) -> None:
    assert run.best is not None
    last_epoch = run.epochs[-1].epoch
    assert run.best.epoch < last_epoch
    dataset = library.load("sample")
    best, last = Scorer.load(run), Scorer.load(run, last_epoch)
    found = set(flips(evaluation).tolist())

    went_back = 0
    for place in range(evaluation.reviews):
        row = int(evaluation.rows[place])
        is_positive = bool(dataset.train.labels[row])
        text = dataset.text(dataset.train, row)
        was_right = best.score(text).is_positive == is_positive
        is_right = last.score(text).is_positive == is_positive
        assert (place in found) == (was_right and not is_right)
        went_back += not was_right and is_right
    assert found
    assert mended(evaluation) == went_back


def test_a_reading_curve_ends_at_the_stored_probability(
    evaluation: Evaluation, run: Run, library: DataLibrary
) -> None:
    dataset, scorer = library.load("sample"), Scorer.load(run)
    for place in mistakes(evaluation)[:20]:
        text = dataset.text(dataset.train, int(evaluation.rows[place]))
        curve = scorer.curve(scorer.read(text))
        assert curve.points[-1] == pytest.approx(evaluation.probabilities[place], abs=1e-5)


def test_mistakes_are_all_the_wrong_ones_the_surest_first(evaluation: Evaluation) -> None:
    places = mistakes(evaluation)
    assert len(places) == evaluation.reviews - evaluation.counts().correct
    assert not evaluation.is_right[places].any()
    assert (np.diff(np.abs(evaluation.probabilities[places] - 0.5)) <= 0).all()

    kinds = [mistakes(evaluation, kind) for kind in ("called positive", "called negative")]
    assert [len(kind) for kind in kinds] == [
        evaluation.counts().false_positive,
        evaluation.counts().false_negative,
    ]
    assert {*kinds[0]} | {*kinds[1]} == {*places}


def test_nothing_flips_where_the_last_epoch_is_not_known(evaluation: Evaluation) -> None:
    unknown = replace(evaluation, last_probabilities=None)
    assert (len(flips(unknown)), mended(unknown)) == (0, 0)


def test_the_last_epoch_is_the_one_in_the_folder(evaluation: Evaluation, run: Run) -> None:
    _, epoch = load_weights(run.folder / "epochs" / f"{run.epochs[-1].epoch:04d}.safetensors")
    assert epoch == evaluation.basis.last_epoch
