"""Killing a training at random moments and resuming it, with real processes."""

import json
import os
import random
from pathlib import Path

import pytest

from imdb_core.runs.checkpoints import load_state, load_weights
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from tests import copies

KILLS = 2  # test_power_cut.py has every moment; here real processes die
COMMON = ["--source=sample", "--set=cell=gru", "--set=max_epochs=6", "--set=patience=20",
          "--set=dropout=0.3", "--set=learning_rate=0.003", "--set=weight_average=0.9",
          "--set=initialization=word_vectors"]  # fmt: skip
ENGINES = {
    "torch": ["--set=engine=torch", "--set=max_length=40"],
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


class Command:
    """A command that prints events, in a process of its own."""

    def __init__(self, home: Path, *arguments: str) -> None:
        printed = home / "printed"
        os.mkfifo(printed)
        environment = os.environ | {"IMDB_STUDIO_HOME": str(home)}
        self._process = copies.start(
            "imdb_core", [*arguments, "--jsonl"], environment, printed, errors=Path(os.devnull)
        )
        self._printed = printed.open("rb")
        printed.unlink()

    def run_to_its_end(self) -> None:
        self._printed.read()
        assert self.kill_after(None) == 0

    def kill_at_a_random_moment(self, moments: random.Random) -> bool:
        """SIGKILL within the second or third epoch from now; False if it had ended by then."""
        epochs_to_see = moments.randint(1, 2)
        for line in self._printed:
            epochs_to_see -= json.loads(line)["event"] == "epoch"
            if epochs_to_see == 0:
                break
        return self.kill_after(moments.uniform(0, 0.3)) != 0

    def kill_after(self, seconds: float | None) -> int:
        """Unless it has ended by then; returns its exit code."""
        self._process.join(seconds)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
        self._printed.close()
        assert self._process.exitcode is not None
        return self._process.exitcode


def curve(run: Run) -> list[tuple[float, float, float, bool]]:
    return [(r.train_loss, r.val_loss, r.val_accuracy, r.improved) for r in run.epochs]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_killed_again_and_again_ends_like_the_one_never_killed(
    home: Path, engine: str
) -> None:
    train = ["train", *COMMON, *ENGINES[engine]]
    moments = random.Random(20261122)
    store = RunStore(home / "runs")
    Command(home, *train).run_to_its_end()
    expected = store.all()[0]

    kills = int(Command(home, *train).kill_at_a_random_moment(moments))
    run_id = store.all()[0].id
    while kills < KILLS:
        assert store.get(run_id).state == "interrupted"
        kills += Command(home, "runs", "resume", run_id).kill_at_a_random_moment(moments)
    Command(home, "runs", "resume", run_id).run_to_its_end()
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
