from dataclasses import replace
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import pytest

from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary
from imdb_core.errors import RunStateError
from imdb_core.processor import is_common
from imdb_core.runs.archive import as_zip
from imdb_core.runs.archive_import import import_run
from imdb_core.runs.digest import code_mark, compare, digest, machine_facts
from imdb_core.runs.execution import execute
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from imdb_core.stop_flag import StopFlag
from tests.conftest import settings_in

SAMPLE = TrainConfig(source="sample", max_epochs=3, learning_rate=2e-3)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> RunStore:
    return RunStore(tmp_path_factory.mktemp("home") / "runs")


@pytest.fixture(scope="module")
def run(store: RunStore, sample_home: Path) -> Run:
    return trained(store, sample_home, SAMPLE)


def trained(store: RunStore, home: Path, config: TrainConfig) -> Run:
    queued = store.create(config)
    return execute(queued.id, store, DataLibrary(settings_in(home)), stop=StopFlag())


def moved(run: Run, by: float) -> Run:
    """`run`, its validation losses moved."""
    epochs = tuple(record._replace(val_loss=record.val_loss + by) for record in run.epochs)
    return replace(run, epochs=epochs)


def elsewhere(run: Run) -> Run:
    """`run` as another version of PyTorch would have trained it."""
    return replace(run, versions=run.versions | {"torch": "2.99.0"})


def test_a_second_run_of_the_same_settings_is_equal_bit_for_bit(
    run: Run, store: RunStore, sample_home: Path
) -> None:
    again = trained(store, sample_home, SAMPLE)

    compared = compare(again, digest(run))

    assert compared.verdict == "equal"
    assert compared.sentence.startswith("The same curve as the link's, bit for bit: 3 epochs, best")


def test_a_digest_goes_into_an_address_as_it_is(run: Run) -> None:
    assert quote(digest(run), safe="") == digest(run)
    assert len(digest(run)) < 70


def test_the_last_bit_of_one_loss_makes_another_curve(run: Run) -> None:
    compared = compare(moved(run, 2e-16), digest(run))

    assert compared.verdict == "different"
    assert compared.sentence.startswith("Not the link's curve, though every x86-64 computer")


def test_another_seed_is_another_curve(run: Run, store: RunStore, sample_home: Path) -> None:
    other = trained(store, sample_home, SAMPLE.changed(seed=7))

    assert compare(other, digest(run)).verdict == "different"


def test_another_engine_is_another_kind_of_machine(
    run: Run, store: RunStore, sample_home: Path
) -> None:
    other = trained(store, sample_home, SAMPLE.changed(engine="torch"))

    assert compare(other, digest(run)).verdict == "within"


@pytest.mark.parametrize(("by", "verdict"), [(0.0, "equal"), (0.015, "within"), (0.03, "outside")])
def test_another_kind_of_machine_is_judged_by_the_tolerance(
    run: Run, by: float, verdict: str
) -> None:
    compared = compare(elsewhere(moved(run, by)), digest(run))

    assert compared.verdict == verdict
    assert by == 0 or "within 0.02 of its loss in epoch 1 and within 0.05" in compared.sentence


def test_an_imported_run_tells_of_the_machine_that_trained_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zipped, here, told = as_zip(run), digest(run), compare(run, digest(run)).sentence
    before = machine_facts()
    is_another = not is_common()
    monkeypatch.setattr("imdb_core.runs.digest.microarchitecture", lambda: "another")
    monkeypatch.setattr("imdb_core.runs.digest.is_common", lambda: is_another)

    imported = import_run(RunStore(tmp_path / "runs"), BytesIO(zipped))

    assert digest(imported) == here
    assert compare(imported, here).sentence == told
    assert all(machine_facts()[fact] != before[fact] for fact in ("cpu", "kernels"))


def test_other_reviews_are_no_fault_of_the_machine(run: Run) -> None:
    assert run.dataset is not None
    other = replace(run, dataset=replace(run.dataset, fingerprint="of others"))

    assert compare(other, digest(run)).verdict == "other_data"


@pytest.mark.parametrize(
    "text", ["", "1-2-3", "2-3-3-0.70000-0.6000-000000-000000-0000000000000000", "<b>\n" * 99, "१"]
)
def test_a_text_that_is_no_digest_is_ignored_with_a_sentence(run: Run, text: str) -> None:
    compared = compare(run, text)

    assert compared.verdict == "unreadable"
    assert compared.sentence.endswith("nothing was compared.")


def test_a_run_without_epochs_has_no_curve(store: RunStore) -> None:
    with pytest.raises(RunStateError, match="has finished no epoch"):
        digest(store.create(SAMPLE))


def test_the_mark_of_the_code_is_short_and_steady() -> None:
    assert len(code_mark()) == 12
