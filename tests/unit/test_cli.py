"""The command line as a shell sees it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.notebook import IMDBRnn

TRAIN = ["train", "--source", "sample", "--set", "max_epochs=2", "--set", "learning_rate=0.003"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, sample_home: Path) -> Path:
    home = tmp_path_factory.mktemp("cli")
    (home / "data").symlink_to(sample_home / "data")
    return home


def environment(home: Path) -> dict[str, str]:
    return os.environ | {"IMDB_STUDIO_HOME": str(home), "PYTHONWARNINGS": "error"}


def cli(home: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "imdb_core", *arguments],
        env=environment(home),
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",  # a lone \udce9 is the byte e9
    )


@pytest.fixture(scope="module")
def run_id(home: Path) -> str:
    done = cli(home, *TRAIN, "--jsonl")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["event"] for event in events] == [
        "preparing", "started", "epoch", "epoch", "stopped",
    ]  # fmt: skip
    return json.loads(cli(home, "runs", "show", "latest").stdout)["id"]


def test_a_trained_run_is_listed_evaluated_and_scores_a_review_a_line(
    home: Path, run_id: str
) -> None:
    assert run_id in cli(home, "runs", "list").stdout

    scored = cli(home, "score", "--run", run_id, "-", stdin="A good film.\nA bad film.\n")
    assert scored.returncode == 0
    assert [line.split()[1] in ("positive", "negative") for line in scored.stdout.splitlines()] == [
        True,
        True,
    ]

    evaluation = json.loads(
        cli(home, "evaluate", "--run", run_id, "--split", "test", "--json").stdout
    )
    assert (evaluation["reviews"], evaluation["run_id"]) == (1000, run_id)


def test_reviews_that_are_not_in_the_terminals_encoding_are_a_sentence(
    home: Path, run_id: str
) -> None:
    done = cli(home, "score", "--run", run_id, "-", stdin="A good film.\nD\udce9j\udce0 vu.\n")

    assert done.returncode == 2
    assert "Line 2 of standard input is not utf-8" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_export_loads_into_the_notebooks_class(home: Path, run_id: str, tmp_path: Path) -> None:
    target = tmp_path / "best_rnn_model.pt"
    done = cli(home, "runs", "export", run_id, "--format", "pt", "-o", str(target))

    assert done.returncode == 0, done.stderr
    IMDBRnn().load_state_dict(torch.load(target, weights_only=True), strict=True)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["train", "--set", "patience=0"], 2, "Patience (patience) is '0'"),
        (["train", "--set", "self=1"], 2, "self"),
        (["train", "--set", "patience"], 2, "not of the form FIELD=VALUE"),
        (["score", "--run", "nonsense", "x"], 2, "There is no run 'nonsense'"),
        (["runs", "delete", "../data"], 2, "There is no run '../data'"),
        (["data", "prepare", "--source", "aclimdb", "--path", "/nowhere"], 1, "/nowhere"),
        (["frobnicate"], 2, "invalid choice"),
    ],
)
def test_an_error_is_a_sentence_and_an_exit_code(
    home: Path, arguments: list[str], code: int, message: str
) -> None:
    done = cli(home, *arguments)

    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_ctrl_c_stops_the_run_and_keeps_its_best(home: Path, run_id: str) -> None:
    endless = ("max_epochs=2000", "patience=20", "learning_rate=1e-5")
    settings = [part for value in endless for part in ("--set", value)]
    with subprocess.Popen(
        [sys.executable, "-m", "imdb_core", *TRAIN, *settings, "--jsonl"],
        env=environment(home),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["event"] == "epoch":
                process.send_signal(signal.SIGINT)
                break
        *_, last = process.stdout

    assert process.returncode == 0
    assert (json.loads(last)["reason"], json.loads(last)["by"]) == ("user", "terminal")
    assert json.loads(last)["best_epoch"] >= 1


def test_a_deleted_run_is_gone(home: Path, run_id: str) -> None:
    done = cli(home, *TRAIN)
    assert done.returncode == 0
    assert "was best" in done.stdout
    latest = json.loads(cli(home, "runs", "show", "latest").stdout)["id"]

    assert cli(home, "runs", "delete", latest).returncode == 0
    assert latest not in cli(home, "runs", "list").stdout
    assert run_id in cli(home, "runs", "list").stdout
