import dataclasses

import numpy as np
import pytest

from imdb_core.data import Reviews, Texts, Vocabulary, tokenize
from imdb_core.data.search import rows_with

TEXTS = ["A boring plot.", "Main CHARACTER, not boring", "Café ÜBER alles", "main plot; character"]
VOCABULARY = Vocabulary.from_texts(TEXTS)
REVIEWS = Reviews.from_rows(
    [VOCABULARY.ranks(tokenize(text)) for text in TEXTS],
    np.zeros(len(TEXTS)),
    texts=Texts.from_strings(TEXTS),
)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("", [0, 1, 2, 3]),
        ("BORING", [0, 1]),
        ("plot boring", [0]),
        ('"main character"', [1]),
        ("main character", [1, 3]),
        ("CAFÉ über", [2]),
        ("nothing of this", []),
        ("?", []),
        ("“main character”", [1]),
        ("CAFE\u0301", [2]),
    ],
)
def test_all_terms_must_occur_in_any_case(query: str, rows: list[int]) -> None:
    without_texts = dataclasses.replace(REVIEWS, texts=None)

    assert rows_with(REVIEWS, VOCABULARY, query).tolist() == rows
    assert rows_with(without_texts, VOCABULARY, query).tolist() == rows


def test_a_text_may_hold_a_part_of_a_word_but_not_the_next_texts_beginning() -> None:
    assert rows_with(REVIEWS, VOCABULARY, "harac").tolist() == [1, 3]
    assert rows_with(REVIEWS, VOCABULARY, '".Main"').tolist() == []
