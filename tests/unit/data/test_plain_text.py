"""Typographic signs and those of a keyboard are one text; IMDB's own stay as Keras counts them."""

import sys

import numpy as np
import pytest

from imdb_core.data import Dataset, OwnReviews, Vocabulary, plain_text, tokenize
from imdb_core.data.own_reviews import make
from imdb_core.data.progress import Watch


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        (
            "It wasn’t, it wasnʼt, it wasn′t, it wasn´t",
            "It wasn't, it wasn't, it wasn't, it wasn't",
        ),
        ("“good” „good‟ «good» ＂good＂", '"good" "good" "good" "good"'),
        ("‘good’ ‚good‛ ‹good›", "'good' 'good' 'good'"),
        ("so–so, so—so, so‑so, 5−3, so‐so", "so-so, so-so, so-so, 5-3, so-so"),
        ("well… well", "well... well"),
        ("a\u00a0good\u2009film\u3000here\u202fnow", "a good film here now"),
        ("\ufeffa go\u200bod fi\u00adlm\u200d, \u2060right\u202e", "a good film, right"),
        ("one\rtwo\r\nthree\u2028four\x0bfive", "one\ntwo\nthree\nfour\nfive"),
        ("ｇｏｏｄ　ＦＩＬＭ！", "good FILM!"),
        ("great😀film 👍🏽wow❤️", "great 😀 film 👍 wow ❤"),
        ("😀good 🙂🙃", "😀 good 🙂 🙃"),
        ("wasn\x92t \x93good\x94\x85 so\x96so", 'wasn\'t "good"... so-so'),
        ("ﬁne, cafe\u0301, 𝐛𝐨𝐥𝐝", "fine, café, bold"),
        ("★★★☆ good•bad ¡good! Alien™", "     good bad  good! Alien "),
        ("8½ for €5", "8 1/2  for  5"),
        ("a\0b\x07c", "abc"),
    ],
)
def test_signs_become_those_of_a_keyboard(typed: str, plain: str) -> None:
    assert plain_text(typed) == plain


def test_what_a_keyboard_has_stays_as_it_is() -> None:
    keyboard = "".join(map(chr, range(32, 127))) + "\t\n 'single' it's dogs' 10/10 don`t"

    assert plain_text(keyboard) == keyboard
    assert plain_text("Ünïcödé 영화 фильм 映画") == "Ünïcödé 영화 фильм 映画"


def test_a_plain_text_is_plain() -> None:
    rng = np.random.default_rng(0)
    every = [chr(code) for code in range(sys.maxunicode + 1)]
    mixed = ["".join(map(chr, rng.integers(0, 0x3100, 12))) for _ in range(2_000)]

    for text in [*every, *mixed]:
        assert plain_text(plain_text(text)) == plain_text(text)


def test_own_reviews_are_counted_and_kept_in_plain_signs() -> None:
    typed = [f"It wasn’t “{number}”…😀" for number in range(20)]
    plain = [f'It wasn\'t "{number}"... 😀' for number in range(20)]
    labels = [number % 2 for number in range(20)]

    made, expected = (
        make("own-x", OwnReviews(texts=texts, labels=labels, stars=None), Watch())
        for texts in (typed, plain)
    )

    assert made.fingerprint == expected.fingerprint
    assert "wasn't" in made.vocabulary.words
    assert made.text(made.train, 0) in plain


def test_imdb_s_own_typographic_signs_are_counted_as_keras_counts_them(
    aclimdb_dataset: Dataset,
) -> None:
    texts = [aclimdb_dataset.text(aclimdb_dataset.train, row) for row in range(2_000)]
    touched = [
        row for row, text in enumerate(texts) if tokenize(plain_text(text)) != tokenize(text)
    ]

    assert touched
    for row in touched:
        ranks = aclimdb_dataset.vocabulary.ranks(tokenize(texts[row]))
        start, end = aclimdb_dataset.train.offsets[row : row + 2]
        assert np.array_equal(aclimdb_dataset.train.ranks[start:end], ranks)


def test_a_vocabulary_is_counted_from_texts_as_they_stand() -> None:
    assert Vocabulary.from_texts(["wasn’t"]).words == ("wasn’t",)
