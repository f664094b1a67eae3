"""The command line as a shell sees it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from imdb_core.config import TrainConfig
from imdb_core.runs.store import RunStore
from tests import copies
from tests.notebook import IMDBRnn

TRAIN = ["train", "--source", "sample", "--set", "max_epochs=2", "--set", "learning_rate=0.003"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, sample_home: Path) -> Path:
    home = tmp_path_factory.mktemp("cli")
    (home / "data").symlink_to(sample_home / "data")
    return home


def environment(home: Path) -> dict[str, str]:
    return os.environ | {"IMDB_STUDIO_HOME": str(home), "PYTHONWARNINGS": "error"}


def cli(
    home: Path, *arguments: str, stdin: str = "", encoding: str | None = None
) -> subprocess.CompletedProcess[str]:
    """A command to its end; with another encoding than the usual one in a fresh interpreter."""
    if encoding is None:
        return copies.run("imdb_core", arguments, environment(home), stdin)
    return subprocess.run(
        [sys.executable, "-m", "imdb_core", *arguments],
        env=environment(home) | {"PYTHONIOENCODING": encoding},
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",  # a lone \udce9 is the byte e9
    )


@pytest.fixture(scope="module")
def run_id(home: Path) -> str:
    done = cli(home, *TRAIN, "--label", "Фильм", "--jsonl")
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


def test_scores_as_json_name_each_text_s_verdict_and_unknown_words(home: Path, run_id: str) -> None:
    texts = ["It wasn’t good…", "영화가", "!!!"]
    done = cli(home, "score", "--run", run_id, "--json", *texts)
    plain = cli(home, "score", "--run", run_id, "--json", "It wasn't good...", "영화가")
    good, unknown, wordless = (json.loads(line) for line in done.stdout.splitlines())

    assert done.returncode == 2
    assert list(good) == ["p_positive", "verdict", "words_read", "words_unknown"]
    assert good == json.loads(plain.stdout.splitlines()[0])
    assert good["verdict"] == ("positive" if good["p_positive"] > 0.5 else "negative")
    assert (unknown["words_read"], unknown["words_unknown"]) == (1, 1)
    assert (wordless["p_positive"], wordless["words_read"]) == (None, 0)
    assert "no word" in wordless["error"]


def test_a_verdict_that_means_nothing_says_so(home: Path, run_id: str) -> None:
    first, second = cli(home, "score", "--run", run_id, "a good film", "영화가").stdout.splitlines()

    assert "means nothing" not in first
    assert second.endswith("The network knows none of these words, so the verdict means nothing.")


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_byte_order_mark_is_no_part_of_the_first_review(
    home: Path, run_id: str, encoding: str
) -> None:
    lines = "good film\ngood film\n"
    done = cli(home, "score", "--run", run_id, "-", stdin=f"\ufeff{lines}", encoding=encoding)
    marked, unmarked = done.stdout.splitlines()

    assert marked == unmarked


def test_a_letter_that_the_terminal_cannot_show_is_replaced(home: Path, run_id: str) -> None:
    label = cli(home, "runs", "show", run_id).stdout
    assert json.loads(label)["label"] == "Фильм"

    for command in (["list"], ["show", run_id]):
        done = cli(home, "runs", *command, encoding="cp437")
        assert (done.returncode, done.stderr) == (0, "")
        assert run_id in done.stdout
    assert json.loads(done.stdout)["label"] == "Фильм"
    done = cli(home, "score", "--run", "Фильм", "x", encoding="cp437")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "There is no run '?????'" in done.stderr


def test_a_reader_who_leaves_stops_the_run_quietly(home: Path, run_id: str) -> None:
    endless = ("max_epochs=2000", "patience=20", "learning_rate=1e-5")
    settings = [part for value in endless for part in ("--set", value)]
    with subprocess.Popen(
        [sys.executable, "-m", "imdb_core", *TRAIN, *settings, "--jsonl"],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            if json.loads(line)["event"] == "epoch":
                break
        process.stdout.close()
        said = process.stderr.read()

    latest = json.loads(cli(home, "runs", "show", "latest").stdout)
    assert (process.returncode, said) == (0, "")
    assert latest["state"] == "stopped"
    assert "Stopped by hand" in latest["ending"]
    assert len(latest["epochs"]) < 2000
    events = home / "runs" / latest["id"] / "events.jsonl"
    assert json.loads(events.read_text().splitlines()[-1])["reason"] == "user"
    cli(home, "runs", "delete", latest["id"])


def test_a_list_whose_reader_leaves_ends_quietly(home: Path, run_id: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "imdb_core", "runs", "list"],
        env=environment(home),
        stdout=writer,
        stderr=subprocess.PIPE,
    )
    os.close(writer)

    assert (done.returncode, done.stderr) == (0, b"")


def test_ctrl_c_ends_a_command_with_a_sentence(home: Path, run_id: str) -> None:
    command = [sys.executable, "-m", "imdb_core", "score", "--run", run_id, "-"]
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, env=environment(home), text=True, **streams) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        # A thousand texts are scored at once; it waits for more of them afterwards.
        process.stdin.write("a good film\n" * 1_000)
        process.stdin.flush()
        for _ in range(900):
            process.stdout.readline()
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()

    assert (process.returncode, said) == (1, "imdb_core: Ended by Ctrl-C.\n")


def test_the_export_loads_into_the_notebooks_class(home: Path, run_id: str, tmp_path: Path) -> None:
    target = tmp_path / "best_rnn_model.pt"
    done = cli(home, "runs", "export", run_id, "--format", "pt", "-o", str(target))

    assert done.returncode == 0, done.stderr
    IMDBRnn().load_state_dict(torch.load(target, weights_only=True), strict=True)


@pytest.mark.parametrize("output", ["x.tensorboard", "events.out.tfevents.mine", "new/folder"])
def test_tensorboard_finds_what_was_exported_whatever_it_is_called(
    home: Path, run_id: str, tmp_path: Path, output: str
) -> None:
    from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer

    command = ["runs", "export", run_id, "--format", "tensorboard", "-o", str(tmp_path / output)]
    done = cli(home, *command)
    folder = done.stdout.strip().rpartition("--logdir ")[2]

    for place in (folder, str(tmp_path)):
        found = EventMultiplexer().AddRunsFromDirectory(place)
        found.Reload()
        (tags,) = (found.GetAccumulator(run).Tags() for run in found.Runs())
        assert "loss/train" in tags["tensors"]


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


def test_latest_is_a_run_wherever_one_is_named(home: Path, run_id: str) -> None:
    done = cli(home, *TRAIN)
    assert done.returncode == 0
    assert "was best" in done.stdout
    latest = json.loads(cli(home, "runs", "show", "latest").stdout)["id"]

    resumed = cli(home, "runs", "resume", "latest")
    assert resumed.returncode == 2
    assert latest in resumed.stderr
    assert f"Deleted {latest}" in cli(home, "runs", "delete", "latest").stdout
    assert latest not in cli(home, "runs", "list").stdout
    assert run_id in cli(home, "runs", "list").stdout
    assert f"Brought back {latest}" in cli(home, "runs", "restore", "latest").stdout
    assert latest in cli(home, "runs", "list").stdout


def test_the_newest_run_is_latest_for_what_needs_no_weights(home: Path, run_id: str) -> None:
    store = RunStore(home / "runs")
    waiting = store.create(TrainConfig(source="sample", max_epochs=1))
    store.log(waiting.id).append("interrupted")

    assert store.id_of("latest") == waiting.id
    assert store.resolve("latest").id != waiting.id
    assert f"Deleted {waiting.id}" in cli(home, "runs", "delete", "latest").stdout


def test_data_status_shows_the_name_that_a_user_gave(home: Path, tmp_path: Path) -> None:
    rows = [f"film number {n},{n % 2}" for n in range(20)]
    file = tmp_path / "reviews.csv"
    file.write_text("\n".join(["text,label", *rows]))
    added = cli(tmp_path, "data", "prepare", "--csv", str(file), "--name", "Café reviews")
    assert added.returncode == 0, added.stderr

    assert "Café reviews" in cli(tmp_path, "data", "status").stdout
