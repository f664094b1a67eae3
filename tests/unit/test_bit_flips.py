"""One bit that is not what was written, wherever: it is noticed, or it changes nothing."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary, Dataset
from imdb_core.errors import RunDamagedError, SourceDamagedError, StudioError
from imdb_core.evaluation import evaluate, stored
from imdb_core.runs.archive import as_zip
from imdb_core.runs.checkpoints import load_state
from imdb_core.runs.execution import execute
from imdb_core.runs.export import export
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from imdb_core.runs.weights import load_epoch
from imdb_core.scoring import Scorer
from imdb_core.scoring.calibration import calibrate
from imdb_core.settings import Settings
from imdb_core.stop_flag import StopFlag
from imdb_core.tensors import read_tensors, write_tensors
from tests.conftest import settings_in

FLIPS_IN_A_RUN, FLIPS_IN_DATA = 140, 60
CONFIG = TrainConfig(
    source="sample", max_epochs=3, vocab_size=100, embedding_dim=2, hidden_size=2, max_length=10,
)  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, sample_home: Path) -> Run:
    """One with every kind of file."""
    library = DataLibrary(settings_in(sample_home))
    store = RunStore(tmp_path_factory.mktemp("flipped") / "runs")
    run_id = store.create(CONFIG, label="Its name", pinned_texts=["A good film."]).id
    run = execute(run_id, store, library, stop=StopFlag())
    evaluate(run, library, "validation")
    calibrate(run, Scorer.load(run), library)
    return run


def flips(folder: Path, count: int) -> list[tuple[Path, int]]:
    """Files and bits of theirs, by chance; small files as often as large ones."""
    chance = random.Random(7)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [
        (path, chance.randrange(8 * path.stat().st_size))
        for path in (files[number % len(files)] for number in range(count))
    ]


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def told_of_run(folder: Path) -> dict[str, Any]:
    """All that a run says, or the sentence that is said instead."""

    def said(name: str, ask: Any) -> Any:
        try:
            return ask()
        except StudioError as error:
            return f"{name}: {error}"

    runs, faults = RunStore(folder.parent).overview()
    if faults:
        return {"run": str(faults)}
    (run,) = runs
    told = {f"epoch {epoch}": said("weights", lambda e=epoch: arrays(load_epoch(run, e)[0]))
            for epoch in (None, 1, 2, 3)}  # fmt: skip
    return told | {
        "run": replace(run, folder=Path()),
        "score": said("score", lambda: Scorer.load(run).score("A good film.")),
        "state": said("state", lambda: arrays(load_state(folder, run.state_sha256)[0].optimizer)),
        "zip": said("zip", lambda: as_zip(run)),
        "evaluation": said("evaluation", lambda: repr(stored(run, "validation"))),
    }


def arrays(named: dict[str, Any]) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in named.items()}


def test_a_bit_flipped_in_a_run_is_noticed_or_changes_nothing(run: Run) -> None:
    expected = told_of_run(run.folder)
    noticed = 0
    for path, bit in flips(run.folder, FLIPS_IN_A_RUN):
        whole = path.read_bytes()
        path.write_bytes(flipped(whole, bit))
        told = told_of_run(run.folder)
        path.write_bytes(whole)
        where = f"bit {bit} of {path.name}"
        for name, each in told.items():
            is_sentence = isinstance(each, str) and path.name in each
            if each != expected[name]:
                assert is_sentence or (name, each) == ("evaluation", "None"), f"{where}: {each}"
                noticed += 1
    assert noticed > FLIPS_IN_A_RUN // 2
    assert told_of_run(run.folder) == expected


def loaded(settings: Settings) -> Dataset | str:
    """The sample, or the sentence that is said instead."""
    try:
        return DataLibrary(settings).load("sample")
    except SourceDamagedError as error:
        return str(error)


def test_a_bit_flipped_in_prepared_reviews_is_noticed_or_changes_nothing(
    tmp_path: Path,
) -> None:
    settings = settings_in(tmp_path)
    expected = DataLibrary(settings).prepare("sample")
    folder = settings.data_folder / "sample"
    noticed = 0
    for path, bit in flips(folder, FLIPS_IN_DATA):
        whole = path.read_bytes()
        path.write_bytes(flipped(whole, bit))
        found = loaded(settings)
        if isinstance(found, str):
            assert path.name in found, f"bit {bit} of {path.name}"
            noticed += 1
        else:
            assert found.fingerprint == expected.fingerprint
            for ours, theirs in ((found.train, expected.train), (found.test, expected.test)):
                assert np.array_equal(ours.ranks, theirs.ranks)
                assert np.array_equal(ours.labels, theirs.labels)
        path.write_bytes(whole)
    assert noticed > FLIPS_IN_DATA * 0.8


def test_prepared_reviews_without_checksums_are_held_against_their_fingerprint(
    tmp_path: Path,
) -> None:
    """Older versions wrote none."""
    settings = settings_in(tmp_path)
    folder = settings.data_folder / "sample"
    DataLibrary(settings).prepare("sample")
    meta = folder / "meta.json"
    lines = meta.read_text().splitlines()
    kept = lines[: next(n for n, line in enumerate(lines) if '"files"' in line)]
    meta.write_text("\n".join(kept).rstrip(",") + "\n}\n")
    assert DataLibrary(settings).load("sample").train.labels[0] in (0, 1)

    labels = folder / "test_labels.npy"
    labels.write_bytes(flipped(labels.read_bytes(), 8 * labels.stat().st_size - 8))
    with pytest.raises(SourceDamagedError, match=r"sample is missing or damaged\. Prepare"):
        DataLibrary(settings).load("sample")


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused_everywhere(
    number: float, run: Run, tmp_path: Path
) -> None:
    """Even where their checksums are right."""
    content = run.best_weights.read_bytes()
    weights, metadata = read_tensors(content)
    weights["dense.bias"] = np.full(1, number, dtype=np.float32)
    write_tensors(run.best_weights, weights, metadata)
    old = replace(run, weights_sha256={})
    try:
        for use in (
            lambda: Scorer.load(old),
            lambda: export(old, "pt"),
            lambda: export(old, "safetensors"),
            lambda: export(old, "onnx"),
            lambda: evaluate(old, DataLibrary(settings_in(tmp_path)), "test"),
        ):
            with pytest.raises(RunDamagedError, match=r"best\.safetensors is damaged.*not finite"):
                use()
    finally:
        run.best_weights.write_bytes(content)


def test_a_file_of_weights_without_our_header_is_damaged(run: Run) -> None:
    content = run.best_weights.read_bytes()
    weights, _ = read_tensors(content)
    from safetensors.numpy import save

    run.best_weights.write_bytes(save(weights))
    try:
        with pytest.raises(RunDamagedError, match=r"best\.safetensors is damaged"):
            Scorer.load(run)
    finally:
        run.best_weights.write_bytes(content)
