import json
from pathlib import Path

import pytest

from imdb_core.data import UNKNOWN_WORD, Vocabulary, tokenize


@pytest.mark.imdb
def test_words_and_ranks_are_those_of_kerass_tokenizer(
    keras_reference: Path, tokenizer_texts: list[str]
) -> None:
    word_index = json.loads((keras_reference / "word_index.json").read_text("utf-8"))

    assert list(Vocabulary.from_texts(tokenizer_texts).words) == list(word_index)


def test_equal_counts_rank_by_first_appearance() -> None:
    vocabulary = Vocabulary.from_texts(["late a b", "b a", "early"])

    assert vocabulary.words == ("a", "b", "late", "early")
    assert [vocabulary.rank(word) for word in ("a", "early", "never")] == [1, 4, 0]
    assert vocabulary.ranks(["b", "never"]).tolist() == [2, 0]


def test_apostrophes_stay_and_punctuation_parts_words() -> None:
    assert tokenize("It's well-made;<br />REALLY") == ["it's", "well", "made", "br", "really"]


def test_rank_0_is_called_what_no_review_can_say() -> None:
    vocabulary = Vocabulary(("a",))

    assert vocabulary.word(0) == UNKNOWN_WORD
    assert UNKNOWN_WORD not in tokenize(UNKNOWN_WORD)
    with pytest.raises(IndexError, match="rank 2"):
        vocabulary.word(2)
