"""A run goes on only with the reviews that it was trained on."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary, Dataset, prepared
from imdb_core.data.reviews import fingerprint_of
from imdb_core.data.tables.report import OwnReviews
from imdb_core.errors import DataChangedError, DataNotPreparedError
from imdb_core.evaluation import evaluate
from imdb_core.runs.execution import execute
from imdb_core.runs.run import Run
from imdb_core.stop_flag import StopFlag
from imdb_core.studio import Studio
from tests.conftest import settings_in
from tests.limits import LIMIT_S

SMALL = {"vocab_size": 100, "embedding_dim": 2, "hidden_size": 2, "max_length": 10, "max_epochs": 4,
         "patience": 4}  # fmt: skip


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(settings_in(tmp_path / "home"))


def add_films(library: DataLibrary, word: str) -> None:
    texts = [f"{word} film {number}" for number in range(40)]
    library.add_own(
        "films", OwnReviews(texts=texts, labels=[0, 1] * 20, stars=None), file_name="films.csv"
    )


def trained(studio: Studio, config: TrainConfig, pause_after: int | None = None) -> Run:
    run_id = studio.store.create(config).id
    return execute(run_id, studio.store, studio.library, stop=StopFlag(), pause_after=pause_after)


@pytest.fixture
def paused(studio: Studio) -> Run:
    add_films(studio.library, "good")
    run = trained(studio, TrainConfig(source="own-films", **SMALL), pause_after=2)
    assert run.state == "paused", run.error
    return run


def test_a_paused_run_does_not_go_on_with_others_of_the_same_name(
    studio: Studio, paused: Run
) -> None:
    studio.library.delete("own-films")
    add_films(studio.library, "bad")

    for go_on in (studio.resume, studio.step):
        with pytest.raises(DataChangedError, match="trained on other reviews than those that are"):
            go_on(paused.id)
    assert studio.store.get(paused.id).state == "paused"
    with pytest.raises(DataChangedError):
        evaluate(paused, studio.library, "validation")


def test_reviews_that_change_while_it_waits_are_noticed_when_its_turn_comes(
    studio: Studio, paused: Run
) -> None:
    studio.store.claim(paused.id)
    studio.library.delete("own-films")
    add_films(studio.library, "bad")
    run = execute(paused.id, studio.store, studio.library, stop=StopFlag())

    assert run.state == "failed"
    assert "trained on other reviews" in str(run.error)
    assert run.epochs == paused.epochs


def test_reviews_that_come_back_let_it_go_on(studio: Studio, paused: Run) -> None:
    studio.library.delete("own-films")
    studio.resume(paused.id)
    job = studio.job(paused.id)
    assert job is None or job.wait(LIMIT_S)
    run = studio.store.get(paused.id)
    assert run.state == "failed"
    assert "Your reviews own-films are not here" in str(run.error)

    add_films(studio.library, "good")
    studio.store.claim(paused.id)
    run = execute(paused.id, studio.store, studio.library, stop=StopFlag())
    assert (run.state, len(run.epochs)) == ("finished", 4)


def test_a_run_that_a_rule_ended_does_not_keep_going_on_others(studio: Studio) -> None:
    add_films(studio.library, "good")
    run = trained(studio, TrainConfig(source="own-films", **SMALL))
    studio.library.delete("own-films")
    add_films(studio.library, "bad")

    with pytest.raises(DataChangedError):
        studio.keep_going(run.id, 1)
    assert studio.store.get(run.id).state == "finished"


def put(studio: Studio, dataset: Dataset, source: str) -> None:
    folder = studio.settings.data_folder / source
    folder.mkdir(parents=True)
    prepared.write(folder, replace(dataset, source=source), created_at=datetime.now(UTC))


def test_a_run_on_imdb_goes_on_in_the_order_it_began_with(
    studio: Studio, sample_home: Path
) -> None:
    """`imdb` means Stanford's files until Keras's are there, the same reviews in another order."""
    stanford = DataLibrary(settings_in(sample_home)).load("sample")
    turned = fingerprint_of(stanford.test, stanford.train, stanford.vocabulary)
    keras = replace(stanford, train=stanford.test, test=stanford.train, fingerprint=turned)
    put(studio, stanford, "aclimdb")
    config = TrainConfig(source="imdb", **SMALL)
    first, second = trained(studio, config, 2), trained(studio, config, 2)
    put(studio, keras, "imdb")
    assert studio.library.resolve("imdb") == "imdb"

    studio.store.claim(first.id)
    run = execute(first.id, studio.store, studio.library, stop=StopFlag())
    assert (run.state, len(run.epochs)) == ("finished", 4)
    assert run.dataset == first.dataset

    studio.library.delete("aclimdb")
    studio.store.claim(second.id)
    run = execute(second.id, studio.store, studio.library, stop=StopFlag())
    assert (run.state, run.epochs) == ("failed", second.epochs)
    with pytest.raises(DataNotPreparedError):
        evaluate(second, studio.library, "validation")
