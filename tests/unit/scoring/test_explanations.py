"""What an explanation says agrees with the score that it explains."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from imdb_core.config import Source, TrainConfig
from imdb_core.data import PAD_ID, DataLibrary, Vocabulary, tokenize
from imdb_core.runs.execution import execute
from imdb_core.runs.store import RunStore
from imdb_core.scoring import Attribution, Reading, Scorer, kept_epochs
from imdb_core.scoring.words import spans_of_last
from imdb_core.stop_flag import StopFlag
from imdb_core.ui.score.reading import _sum_words
from tests.conftest import ODD_TEXTS, settings_in
from tests.unit.scoring.networks import KIND_NAMES, KINDS, untrained

WORDS = Vocabulary(("the", "a", "was", "film", "good", "bad", "not", "and", "it", "is", "boring"))
_NO_WORD = 3
SHORT = "The film was not good, and it is BORING. A zebra!"
LONG = SHORT * 9
SIZES = {"vocab_size": 100, "max_length": 40, "embedding_dim": 6, "hidden_size": 4}


def logit(probability: float) -> float:
    return float(np.log(probability / (1 - probability)))


@pytest.fixture(params=KINDS, ids=KIND_NAMES)
def scorer(request: pytest.FixtureRequest, tmp_path: Path) -> Scorer:
    config = TrainConfig(source="sample", **SIZES, **request.param)
    return Scorer.load(untrained(tmp_path, WORDS, config))


@pytest.mark.parametrize("text", [SHORT, LONG], ids=["all read", "cut"])
def test_the_curve_ends_at_the_score(scorer: Scorer, text: str) -> None:
    reading = scorer.read(text)
    curve = scorer.curve(reading)

    assert len(curve.points) == reading.words_read
    assert curve.points[-1] == pytest.approx(scorer.score(text).probability, abs=1e-6)
    assert scorer.judge(reading) == scorer.score(text)
    assert curve.start + curve.added.sum() == pytest.approx(curve.points[-1])


def test_a_point_of_the_curve_is_the_network_s_verdict_on_so_many_ids(scorer: Scorer) -> None:
    """Whole passes over each beginning give the same as the short cuts."""
    reading = scorer.read(LONG)
    beginnings = [reading.ids[None, : place + 1] for place in range(len(reading.ids))]
    expected = [scorer.probabilities(ids)[0] for ids in beginnings]

    assert scorer.curve(reading).points == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("text", [SHORT, LONG, "film"], ids=["all read", "cut", "one word"])
def test_gradients_add_up_to_the_logit_difference_within_the_stated_error(
    scorer: Scorer, text: str
) -> None:
    reading = scorer.read(text)
    found = scorer.integrated_gradients(reading)

    assert len(found.values) == reading.words_read
    assert found.difference == pytest.approx(difference(scorer, reading), abs=1e-4)
    assert abs(found.error) < 0.05 * max(1.0, np.abs(found.values).sum())


@pytest.mark.parametrize("text", [SHORT, LONG], ids=["all read", "cut"])
def test_leaving_a_word_out_counts_what_its_absence_changes(scorer: Scorer, text: str) -> None:
    tokens = tokenize(text)
    reading = scorer.read(text)
    found = scorer.left_out(reading)
    score = logit(scorer.score(text).probability)

    for index in range(reading.words_read):
        place = len(tokens) - reading.words_read + index
        without = scorer.score(" ".join(tokens[:place] + tokens[place + 1 :]))
        assert found.values[index] == pytest.approx(score - logit(without.probability), abs=1e-4)


def test_words_are_shown_as_they_were_typed() -> None:
    for text in [*ODD_TEXTS, "İyi bir İŞ İ", "ΟΔΟΣ ΣΑΣ.", "ONE\x00two\u202ethree 🙂a b\n\nC"]:
        tokens = tokenize(text)
        for last in (len(tokens), 2):
            typed = [text[start:end] for start, end in spans_of_last(text, tokens[-last:])]
            assert tokenize(" ".join(typed)) == tokens[-last:]
            assert len(typed) == last


def test_the_words_read_are_the_last_ones(tmp_path: Path) -> None:
    scorer = Scorer.load(untrained(tmp_path, WORDS, TrainConfig(source="sample", **SIZES)))
    reading = scorer.read("Before. " * 5 + "The zebra was... GOOD! " * 10)

    assert (reading.words, reading.words_read, reading.words_cut) == (45, 40, 5)
    assert (reading.number(0), reading.number(39)) == (6, 45)
    assert [reading.word(index) for index in range(4)] == ["The", "zebra", "was", "GOOD"]
    assert reading.is_known[:4] == (True, False, True, True)
    assert reading.words_unknown == 10


def test_turning_words_are_the_largest_steps_in_reading_order(tmp_path: Path) -> None:
    scorer = Scorer.load(
        untrained(tmp_path, WORDS, TrainConfig(source="sample", cell="gru", **SIZES))
    )
    curve = scorer.curve(scorer.read(LONG))
    turns = curve.turning_words()

    assert 0 < len(turns) <= 3
    assert [turn.index for turn in turns] == sorted(turn.index for turn in turns)
    least = min(abs(turn.after - turn.before) for turn in turns)
    others = np.delete(np.abs(curve.added), [turn.index for turn in turns])
    assert np.all(others <= least + 1e-9)
    for turn in turns:
        assert turn.after == curve.points[turn.index]


def test_any_epoch_that_was_kept_can_be_scored_with(tmp_path: Path) -> None:
    run = untrained(tmp_path, WORDS, TrainConfig(source="sample", **SIZES), epochs=4)
    assert kept_epochs(run) == (1, 2, 3, 4)

    scores = [Scorer.load(run, epoch).score(SHORT).probability for epoch in kept_epochs(run)]
    assert scores[-1] == Scorer.load(run).score(SHORT).probability
    for path in (run.folder / "epochs").iterdir():
        path.unlink()
    assert kept_epochs(run) == (4,)


@pytest.fixture(scope="module")
def real_home(request: pytest.FixtureRequest) -> tuple[Path, Source]:
    """A home with the real reviews where they are, else with the sample; and their name."""
    try:
        return request.getfixturevalue("aclimdb_prepared_home"), "aclimdb"
    except pytest.skip.Exception:
        return request.getfixturevalue("sample_home"), "sample"


@pytest.mark.parametrize(
    ("kind", "reviews"),
    [
        ({"max_epochs": 20}, 200),
        ({"max_epochs": 2, "cell": "lstm", "readout": "mean_max", "hidden_size": 16}, 50),
    ],
    ids=["Notebook", "LSTM, mean and maximum"],
)
def test_explanations_of_real_test_reviews_agree_with_their_scores(
    kind: dict[str, Any], reviews: int, real_home: tuple[Path, Source], tmp_path: Path
) -> None:
    home, source = real_home
    library, store = DataLibrary(settings_in(home)), RunStore(tmp_path / "runs")
    queued = store.create(TrainConfig(source=source, **kind))
    scorer = Scorer.load(execute(queued.id, store, library, stop=StopFlag()))
    dataset = library.load(source)
    errors = []
    for row in range(0, len(dataset.test), len(dataset.test) // reviews):
        text = dataset.text(dataset.test, row)
        reading = scorer.read(text)
        score = scorer.score(text).probability
        assert scorer.curve(reading).points[-1] == pytest.approx(score, abs=1e-6)

        found, expected = scorer.integrated_gradients(reading), difference(scorer, reading)
        assert found.values.sum() - expected == pytest.approx(found.error, abs=1e-4)
        errors.append(abs(found.error))
    assert len(errors) >= reviews
    assert np.median(errors) < 0.01


def difference(scorer: Scorer, reading: Reading) -> float:
    """The review's logit less that of the same review with its words blank, by whole passes."""
    network = copy.deepcopy(scorer._network)
    with torch.no_grad():
        # No word has this id, so it can stand for a word that is blank, but no padding.
        network.embedding.weight[_NO_WORD] = network.embedding.weight[PAD_ID]
        blank = reading.ids.copy()
        blank[reading.first_place :] = _NO_WORD
        whole, nothing = network(torch.from_numpy(np.stack([reading.ids, blank]))).tolist()
    return float(whole - nothing)


def test_a_sum_that_misses_by_much_is_called_so() -> None:
    values = np.array([0.5, 0.6])
    assert Attribution(values=values, difference=1.15).is_close
    assert not Attribution(values=values, difference=1.25).is_close
    assert not Attribution(values=values, difference=-30.0).is_close

    said = [
        _sum_words(Attribution(values=values, difference=difference), is_left_out=False)
        for difference in (1.15, 1.25)
    ]
    assert ["That is much" in each for each in said] == [False, True]
