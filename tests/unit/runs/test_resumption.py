"""Killing a training at random moments and resuming it, with real processes."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from imdb_core.runs.checkpoints import load_state, load_weights
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore

KILLS = 2  # test_power_cut.py has every moment; here real processes die
COMMON = ["--source=sample", "--set=cell=gru", "--set=max_epochs=8", "--set=patience=20",
          "--set=dropout=0.3", "--set=learning_rate=0.003", "--set=weight_average=0.9",
          "--set=initialization=word_vectors"]  # fmt: skip
ENGINES = {
    "torch": ["--set=engine=torch"],
    # Larger, or a run would be over before it can be killed.
    "fast": [
        "--set=engine=fast",
        "--set=hidden_size=64",
        "--set=max_length=400",
        "--set=learning_rate=0.0002",
    ],
}


@pytest.fixture
def home(tmp_path: Path, sample_home: Path) -> Path:
    (tmp_path / "data").symlink_to(sample_home / "data")
    return tmp_path


def start(home: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "imdb_core", *arguments, "--jsonl"],
        env=os.environ | {"IMDB_STUDIO_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
    )


def run_to_its_end(home: Path, *arguments: str) -> None:
    with start(home, *arguments) as process:
        process.communicate()
    assert process.returncode == 0


def kill_at_a_random_moment(process: subprocess.Popen[str], moments: random.Random) -> bool:
    """SIGKILL within the second or third epoch from now; False if the run had ended by then."""
    assert process.stdout is not None
    epochs_to_see = moments.randint(1, 2)
    for line in process.stdout:
        epochs_to_see -= json.loads(line)["event"] == "epoch"
        if epochs_to_see == 0:
            break
    with process:
        try:
            process.wait(timeout=moments.uniform(0, 0.3))
        except subprocess.TimeoutExpired:
            process.kill()
    return process.returncode != 0


def curve(run: Run) -> list[tuple[float, float, float, bool]]:
    return [(r.train_loss, r.val_loss, r.val_accuracy, r.improved) for r in run.epochs]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_killed_again_and_again_ends_like_the_one_never_killed(
    home: Path, engine: str
) -> None:
    train = ["train", *COMMON, *ENGINES[engine]]
    moments = random.Random(20261122)
    store = RunStore(home / "runs")
    run_to_its_end(home, *train)
    expected = store.all()[0]

    kills = int(kill_at_a_random_moment(start(home, *train), moments))
    run_id = store.all()[0].id
    while kills < KILLS:
        assert store.get(run_id).state == "interrupted"
        kills += kill_at_a_random_moment(start(home, "runs", "resume", run_id), moments)
    run_to_its_end(home, "runs", "resume", run_id)
    run = store.get(run_id)

    assert run.state == "finished"
    assert [record.epoch for record in run.epochs] == list(range(1, len(expected.epochs) + 1))
    assert curve(run) == curve(expected)
    for name in ("best.safetensors", f"epochs/{len(expected.epochs):04d}.safetensors"):
        weights, epoch = load_weights(run.folder / name)
        expected_weights, expected_epoch = load_weights(expected.folder / name)
        assert epoch == expected_epoch
        assert all((weights[key] == expected_weights[key]).all() for key in expected_weights)
    state, expected_state = load_state(run.folder)[0], load_state(expected.folder)[0]
    assert (state.generator == expected_state.generator).all()
    assert all(
        (state.optimizer[key] == value).all() for key, value in expected_state.optimizer.items()
    )
