"""Slices are parts: together they are the whole."""

import numpy as np
import pytest

from imdb_core.data import DataLibrary
from imdb_core.data.vocabulary import tokenize
from imdb_core.evaluation import Evaluation
from imdb_core.evaluation.negation import is_negation
from imdb_core.evaluation.slices import by_length, by_negation, by_stars


@pytest.mark.parametrize("slices_by", [by_stars, by_length, by_negation])
def test_slices_add_up_to_the_whole(evaluation: Evaluation, slices_by: object) -> None:
    is_right = np.arange(evaluation.reviews) % 3 == 0
    slices = slices_by(evaluation, is_right)  # type: ignore[operator]

    assert len(slices) > 1
    assert sum(part.reviews for part in slices) == evaluation.reviews
    assert sum(part.correct for part in slices) == evaluation.counts().correct
    assert sum(part.baseline_correct for part in slices) == is_right.sum()
    for part in slices:
        low, high = part.interval
        assert low <= part.accuracy <= high


def test_a_slice_holds_the_reviews_that_its_name_says(evaluation: Evaluation) -> None:
    assert evaluation.stars is not None
    slices = {part.name: part for part in by_stars(evaluation)}
    for stars in np.unique(evaluation.stars):
        name = "1 star" if stars == 1 else f"{stars} stars"
        here = evaluation.stars == stars
        assert slices[name].reviews == here.sum()
        assert slices[name].correct == evaluation.is_right[here].sum()

    lengths = {part.name: part.reviews for part in by_length(evaluation)}
    assert lengths["up to 100"] == (evaluation.words <= 100).sum()


def test_negations_are_counted_where_the_network_reads(
    evaluation: Evaluation, library: DataLibrary
) -> None:
    dataset = library.load("sample")
    for place in range(0, evaluation.reviews, 40):
        text = dataset.text(dataset.train, int(evaluation.rows[place]))
        read = tokenize(text)[-evaluation.words_at_most :]
        assert evaluation.negations[place] == sum(map(is_negation, read))
        assert evaluation.words[place] == len(tokenize(text))
    assert evaluation.negations.max() > 0


@pytest.mark.parametrize(("word", "denies"), [("isn't", True), ("never", True), ("note", False)])
def test_words_that_deny(word: str, denies: bool) -> None:
    assert is_negation(word) is denies
