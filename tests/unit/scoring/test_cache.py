"""What is kept between scores is the network only, never what a run says of itself."""

from dataclasses import replace
from pathlib import Path

import pytest

from imdb_core.config import TrainConfig
from imdb_core.data import Vocabulary
from imdb_core.runs.checkpoints import EPOCHS, load_weights, save_weights
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from imdb_core.scoring import ScorerCache
from imdb_core.ui.score.verdict import _origin
from tests.unit.scoring.networks import untrained

CONFIG = TrainConfig(source="sample", vocab_size=100, max_length=10, embedding_dim=3, hidden_size=2)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return untrained(tmp_path, Vocabulary(("good", "bad")), CONFIG, epochs=2)


@pytest.fixture
def store(run: Run) -> RunStore:
    return RunStore(run.folder.parent)


def announce(store: RunStore, run: Run, epoch: int) -> None:
    record = run.epochs[-1]._replace(epoch=epoch, best_epoch=epoch)
    store.log(run.id).append("epoch", **record._asdict())


def write_best(run: Run, epoch: int) -> None:
    """As a training does a moment before it announces the epoch, for a large network."""
    weights, _ = load_weights(run.best_weights)
    save_weights(run.best_weights, weights, epoch)


def test_a_renamed_run_has_its_new_name_and_the_same_network(run: Run, store: RunStore) -> None:
    cache = ScorerCache()
    before = cache.get(run)
    store.rename(run.id, "renamed")
    after = cache.get(store.get(run.id))

    assert after.run.name == "renamed"
    assert after._network is before._network


def test_weights_that_are_ahead_of_the_run_are_scored_with_the_run_that_knows_them(
    run: Run, store: RunStore
) -> None:
    cache = ScorerCache()
    write_best(run, 3)
    early = cache.get(run)
    assert (early.epoch, len(early.run.epochs)) == (3, 2)
    assert _origin(early) == f"Epoch 3 of {run.name}"  # its figures are not known yet

    announce(store, run, 3)
    assert len(cache.get(run).run.epochs) == 3


def test_an_epoch_that_is_asked_for_is_not_the_one_that_has_just_become_the_best(
    run: Run,
) -> None:
    assert run.best is not None
    write_best(run, 3)
    assert (run.folder / EPOCHS / "0002.safetensors").exists()
    at_work = replace(run, state="training")
    assert ScorerCache().get(at_work, run.best.epoch).epoch == 2
