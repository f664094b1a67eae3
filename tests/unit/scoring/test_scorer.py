from pathlib import Path

import pytest

from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary
from imdb_core.data.encoded import encode_split
from imdb_core.errors import RunDamagedError, TextError
from imdb_core.model import SentimentRNN
from imdb_core.runs.checkpoints import load_weights
from imdb_core.runs.execution import execute
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from imdb_core.scoring import Score, Scorer
from imdb_core.stop_flag import StopFlag
from imdb_core.training.predicting import predict
from tests.conftest import settings_in


@pytest.fixture(scope="module")
def library(sample_home: Path) -> DataLibrary:
    return DataLibrary(settings_in(sample_home))


@pytest.fixture(scope="module")
def run(library: DataLibrary, tmp_path_factory: pytest.TempPathFactory) -> Run:
    store = RunStore(tmp_path_factory.mktemp("home") / "runs")
    config = TrainConfig(
        source="sample", cell="gru", learning_rate=0.01, max_epochs=4, max_length=40, vocab_size=200
    )
    queued = store.create(config)
    return execute(queued.id, store, library, stop=StopFlag())


@pytest.fixture(scope="module")
def scorer(run: Run) -> Scorer:
    return Scorer.load(run)


def test_a_text_scores_as_its_row_does_in_the_data_set(
    scorer: Scorer, run: Run, library: DataLibrary
) -> None:
    dataset = library.load("sample")
    encoded = encode_split(dataset, "test", run.config)
    weights, _ = load_weights(run.best_weights)
    expected = predict(SentimentRNN.with_weights(run.config, weights), encoded.ids[:200])

    scores = [scorer.score(dataset.text(dataset.test, row)).probability for row in range(200)]

    assert scores == pytest.approx(expected.tolist(), abs=1e-6)


def test_many_texts_score_as_each_alone_and_a_bad_one_keeps_its_place(scorer: Scorer) -> None:
    texts = ["a good film", "", "a bad film, far too long", "x" * 3_000_000] * 300
    seen: list[int] = []

    results = scorer.score_many(texts, on_progress=seen.append)

    alone = scorer.score(texts[2])
    assert [type(result) for result in results[:4]] == [Score, TextError, Score, TextError]
    assert all(results[row].probability == pytest.approx(alone.probability, abs=1e-6)
               for row in range(2, 1200, 4))  # fmt: skip
    assert seen[-1] == len(results) == 1200
    assert len(seen) > 1


def test_words_read_and_unknown_are_those_the_network_saw(scorer: Scorer) -> None:
    short = scorer.score("The plot was zzzxq good, qqqzz!")
    assert (short.words, short.words_read) == (6, 6)
    assert short.words_unknown >= 2

    long = scorer.score("zzzxq " * 100 + "good " * 39)
    assert (long.words, long.words_read, long.words_unknown) == (139, 40, 1)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "🙂 🙃",
        "영화가 정말 재미있었어요",
        "a\x00b\x07c",
        "good " * 200_000,
    ],
)
def test_any_text_with_a_word_in_it_gets_a_probability(scorer: Scorer, text: str) -> None:
    assert 0 < scorer.score(text).probability < 1


@pytest.mark.parametrize("text", ["", "  \n\t ", "... !!! ,"])
def test_a_text_without_a_word_is_refused_with_advice(scorer: Scorer, text: str) -> None:
    with pytest.raises(TextError, match="no word to read"):
        scorer.score(text)


def test_an_endless_text_is_refused_with_the_limit(scorer: Scorer) -> None:
    with pytest.raises(TextError, match="3,000,000 characters; the limit is 2,000,000"):
        scorer.score("x" * 3_000_000)


def test_weights_of_other_sizes_are_refused(scorer: Scorer, run: Run, tmp_path: Path) -> None:
    import dataclasses
    import shutil

    folder = tmp_path / run.id
    shutil.copytree(run.folder, folder)
    other = dataclasses.replace(run, folder=folder, config=run.config.changed(hidden_size=16))

    with pytest.raises(RunDamagedError, match="does not fit the run's settings"):
        Scorer.load(other)
    (folder / "best.safetensors").write_bytes(b"not safetensors")
    with pytest.raises(RunDamagedError, match=r"best\.safetensors is damaged"):
        Scorer.load(other)
