"""What an evaluation rests on, and when an earlier one may stand for it."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary, Dataset
from imdb_core.errors import DataError, PreparationCancelledError
from imdb_core.evaluation import Evaluation, cached, evaluate, stored
from imdb_core.evaluation.judging import judge, rows_of
from imdb_core.model import SentimentRNN, initialize
from imdb_core.runs.checkpoints import LAST, load_weights, save_weights
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from imdb_core.training.predicting import fast_predictor, predict

NEVER = [sys.executable, "-c", "raise SystemExit('nobody was to be asked')"]
DIES = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]


def test_it_judges_as_the_run_did(evaluation: Evaluation, run: Run) -> None:
    assert run.best is not None
    assert (evaluation.epoch, evaluation.accuracy) == (run.best.epoch, run.best.val_accuracy)
    assert run.dataset is not None
    assert evaluation.basis.fingerprint == run.dataset.fingerprint


def test_what_was_worked_out_is_read_again_array_by_array(
    evaluation: Evaluation, run: Run, library: DataLibrary
) -> None:
    again = evaluate(run, library, "validation", worker=NEVER)

    assert (again.metrics, again.basis) == (evaluation.metrics, evaluation.basis)
    for name in ("rows", "labels", "probabilities", "last_probabilities", "words", "stars"):
        np.testing.assert_array_equal(getattr(again, name), getattr(evaluation, name))


def test_other_weights_make_it_void_whatever_their_epoch(run: Run, library: DataLibrary) -> None:
    weights, epoch = load_weights(run.best_weights)
    weights["dense.bias"] = -weights["dense.bias"] - 1
    save_weights(run.best_weights, weights, epoch)
    run = replace(run, weights_sha256={})  # as of a version that announced no checksums

    assert cached(run, "validation") is None
    assert stored(run, "validation") is not None
    again = evaluate(run, library, "validation")
    assert again.accuracy != run.best.val_accuracy  # type: ignore[union-attr]
    assert cached(run, "validation") is not None


def test_weights_that_are_ahead_of_the_run_count_as_what_they_are(
    run: Run, library: DataLibrary
) -> None:
    """A training writes its best weights a moment before it announces them."""
    weights, _ = load_weights(run.best_weights)
    ahead = len(run.epochs) + 1
    save_weights(run.best_weights, weights, ahead)
    found = evaluate(run, library, "validation")
    assert (found.epoch, found.basis.last_epoch) == (ahead, ahead)
    assert cached(run, "validation") is not None

    log = RunStore(run.folder.parent).log(run.id)
    for epoch in (ahead, ahead + 1):
        record = run.epochs[-1]._replace(epoch=epoch, best_epoch=ahead)
        log.append("epoch", **record._asdict())
    assert cached(run, "validation") is None  # a run read before it went on is read again
    again = evaluate(run, library, "validation")
    assert (again.epoch, again.basis.last_epoch) == (ahead, ahead + 1)


@pytest.mark.parametrize("content", [b"", b"\x00\xff garbage", None])
def test_a_damaged_file_is_worked_out_anew(
    run: Run, library: DataLibrary, content: bytes | None
) -> None:
    file = run.folder / "evaluation" / "validation.safetensors"
    file.write_bytes(file.read_bytes()[:-100] if content is None else content)

    assert cached(run, "validation") is None
    assert evaluate(run, library, "validation").reviews == 800


def test_without_the_last_weights_there_is_all_but_the_flips(
    run: Run, library: DataLibrary
) -> None:
    shutil.rmtree(run.folder / "epochs")
    (run.folder / LAST).unlink()
    shutil.rmtree(run.folder / "evaluation")

    assert evaluate(run, library, "validation").last_probabilities is None


def test_a_failure_is_explained_and_nothing_is_kept(run: Run, library: DataLibrary) -> None:
    with pytest.raises(DataError, match=r"works out the figures was killed \(signal 9\)"):
        evaluate(run, library, "test", worker=DIES)
    with pytest.raises(DataError, match=r"could not be worked out \(nobody was to be asked\)"):
        evaluate(run, library, "test", worker=NEVER)
    assert stored(run, "test") is None


def test_cancelling_keeps_nothing(run: Run, library: DataLibrary) -> None:
    waits = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    asked: list[bool] = []

    with pytest.raises(PreparationCancelledError):
        evaluate(
            run, library, "test", worker=waits,
            is_cancelled=lambda: bool(asked.append(True)) or len(asked) > 5,
        )  # fmt: skip
    assert stored(run, "test") is None


CONFIGS = [
    TrainConfig(),
    TrainConfig(cell="gru", hidden_size=12, readout="mean_max", max_length=37),
    TrainConfig(cell="lstm", hidden_size=32, embedding_dim=24, vocab_size=3000, max_length=250),
]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.cell)
def test_the_kernels_judge_as_pytorch_does(config: TrainConfig, library: DataLibrary) -> None:
    assert_same(config, library.load("sample"))


@pytest.mark.imdb
@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.cell)
def test_the_kernels_judge_the_real_reviews_as_pytorch_does(
    config: TrainConfig, aclimdb_dataset: Dataset
) -> None:
    assert_same(config, aclimdb_dataset)


def assert_same(config: TrainConfig, dataset: Dataset) -> None:
    """Both ways agree to 1e-6 on the validation reviews, whatever blocks they come in."""
    generator = torch.Generator().manual_seed(3)
    network = initialize(SentimentRNN.empty(config), "torch", generator).eval()
    with torch.no_grad():
        network.dense.weight *= 5  # so that the verdicts differ, as a trained network's do
    weights = {name: value.numpy() for name, value in network.state_dict().items()}
    reviews, rows = rows_of(dataset, "validation", 0.2)
    done: list[int] = []
    fast, slow = judge(
        [fast_predictor(config, weights), lambda ids: predict(network, ids)],
        reviews,
        rows,
        config,
        done.append,
    )
    assert np.ptp(slow) > 0.1
    np.testing.assert_allclose(fast, slow, rtol=0, atol=1e-6)
    assert done[-1] == len(rows)


def test_scikit_learn_and_pytorch_stay_out_of_who_only_reads(evaluated_home: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from imdb_core.runs.store import RunStore;"
        "from imdb_core.evaluation import cached;"
        f"(run,) = RunStore(Path({str(evaluated_home / 'runs')!r})).all();"
        "assert cached(run, 'validation').reviews == 800;"
        "print({'sklearn', 'scipy', 'torch', 'numba'} & {*sys.modules})"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert output.stdout.strip() == "set()", output.stderr
