"""What the Evaluate page says first."""

import pytest

from imdb_core.ui.evaluate.headline import _ahead


@pytest.mark.parametrize(
    ("only_network", "only_bag", "words"),
    [
        (10, 2, "The network is ahead"),  # p = 0.039
        (2, 10, "The bag of words is ahead"),
        (9, 2, "Network and bag of words are within noise"),  # p = 0.065; chi-squared says 0.035
        (0, 0, "Network and bag of words are within noise"),
    ],
)
def test_who_is_ahead_rests_on_the_exact_test(only_network: int, only_bag: int, words: str) -> None:
    assert _ahead(only_network, only_bag) == words
