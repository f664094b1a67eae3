"""A review in typographic signs scores as the same review typed on a keyboard."""

from pathlib import Path

import numpy as np
import pytest

from imdb_core.config import PRESETS
from imdb_core.data import Vocabulary, tokenize
from imdb_core.runs.checkpoints import load_weights
from imdb_core.runs.pinned import PinnedReviews
from imdb_core.scoring import Scorer
from tests.unit.scoring.networks import untrained

PAIRS = [
    ("I didn’t like it. It wasn’t funny.", "I didn't like it. It wasn't funny."),
    ("“Funny”? No.", '"Funny"? No.'),
    ("Slow… and boring…", "Slow... and boring..."),
    ("Slow – and boring — and long", "Slow - and boring - and long"),
    ("slow–boring—long", "slow-boring-long"),
    ("A ‘good’ film", "A 'good' film"),
    ("not\u00a0good\u00a0at\u00a0all", "not good at all"),
    ("not go\u200bod\u200b at all", "not good at all"),
    ("\ufeffgood film", "good film"),
    ("ｇｏｏｄ　ｆｉｌｍ", "good film"),
    ("good😀film", "good 😀 film"),
    ("good film❤️", "good film ❤"),
    ("good\rfilm\r", "good\nfilm\n"),
    ("good\u2028film\u0085", "good\nfilm..."),
    ("the ﬁlm isn\u02bct good", "the film isn't good"),
    ("it´s good", "it's good"),
    ("wasn\x92t \x93good\x94", 'wasn\'t "good"'),
    ("so\u2011so, good\u00adness", "so-so, goodness"),
    ("«good» „film“", '"good" "film"'),
    ("good\u2003film\u2009now\u3000", "good film now "),
]
WORDS = Vocabulary(tuple(dict.fromkeys(word for _, plain in PAIRS for word in tokenize(plain))))


@pytest.mark.parametrize("preset", PRESETS)
def test_twenty_texts_in_either_signs_have_the_same_p_to_the_last_bit(
    preset: str, tmp_path: Path
) -> None:
    run = untrained(tmp_path, WORDS, PRESETS[preset])
    scorer = Scorer.load(run)
    weights, _ = load_weights(run.best_weights)
    typed, plain = ([pair[side] for pair in PAIRS] for side in (0, 1))

    assert len({scorer.score(text).probability for text in plain}) > 10  # they are told apart
    assert [scorer.score(text) for text in typed] == [scorer.score(text) for text in plain]
    assert scorer.score_many(typed) == scorer.score_many(plain)
    pinned = [PinnedReviews(texts, run.config, WORDS).probabilities(weights)
              for texts in (typed, plain)]  # fmt: skip
    assert pinned[0] == pinned[1]
    for one, other in PAIRS:
        reading, expected = scorer.read(one), scorer.read(other)
        assert np.array_equal(reading.ids, expected.ids)
        words = [reading.word(index) for index in range(reading.words_read)]
        assert words == [expected.word(index) for index in range(expected.words_read)]
        assert scorer.judge(reading) == scorer.score(other)


def test_a_data_set_s_own_text_is_read_as_it_was_counted(tmp_path: Path) -> None:
    scorer = Scorer.load(untrained(tmp_path, Vocabulary(("wasn’t",)), PRESETS["notebook"]))

    assert scorer.read("wasn’t", is_counted=True).is_known == (True,)
    assert scorer.read("wasn’t").is_known == (False,)
