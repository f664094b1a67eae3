"""Runs in MLflow as well: against a server that speaks its REST calls, and against bad ones."""

import json
import logging
import os
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from imdb_core import cli
from imdb_core.config import TrainConfig
from imdb_core.jobs import Job
from imdb_core.mlflow_mirror import MlflowMirror
from imdb_core.runs.run import Run
from imdb_core.studio import Studio
from tests import copies
from tests.browser.homes import lend, train
from tests.conftest import settings_in


class FakeMlflow(ThreadingHTTPServer):
    """Keeps experiments and runs in memory, as MLflow's answers show them.

    Attributes:
        answer: what every call gets instead, if set.
        is_awake: no call is answered before it is set.
        asked_by: the `Authorization` of each call.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.experiments: dict[str, str] = {}
        self.runs: dict[str, dict[str, Any]] = {}
        self.answer: tuple[int, bytes] | None = None
        self.asked_by: list[str | None] = []
        self.is_awake = Event()
        self.is_awake.set()

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: FakeMlflow

    def do_GET(self) -> None:
        self.server.asked_by.append(self.headers["Authorization"])
        self.server.is_awake.wait(30)
        name = parse_qs(urlsplit(self.path).query)["experiment_name"][0]
        if self.server.answer is not None:
            self._send(*self.server.answer)
        elif name not in self.server.experiments:
            self._send(404, b'{"error_code": "RESOURCE_DOES_NOT_EXIST"}')
        else:
            self._reply({"experiment": {"experiment_id": self.server.experiments[name]}})

    def do_POST(self) -> None:
        self.server.asked_by.append(self.headers["Authorization"])
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        call = self.path.removeprefix("/api/2.0/mlflow/")
        runs = self.server.runs
        if self.server.answer is not None:
            self._send(*self.server.answer)
        elif call == "experiments/create":
            self.server.experiments[body["name"]] = "7"
            self._reply({"experiment_id": "7"})
        elif call == "runs/search":
            wanted = body["filter"].partition(" = ")[2].strip("'")
            found = [id for id, run in runs.items() if wanted in run["tags"].values()]
            self._reply({"runs": [{"info": {"run_id": id}} for id in found]} if found else {})
        elif call == "runs/create":
            id = f"r{len(runs)}"
            tags = {tag["key"]: tag["value"] for tag in body["tags"]}
            runs[id] = {"name": body["run_name"], "tags": tags, "metrics": [], "params": {}}
            self._reply({"run": {"info": {"run_id": id}}})
        elif call == "runs/delete":
            del runs[body["run_id"]]
            self._reply({})
        elif call == "runs/log-batch":
            run = runs[body["run_id"]]
            run["metrics"] += body.get("metrics", [])
            run["params"] |= {param["key"]: param["value"] for param in body.get("params", [])}
            assert len(body.get("metrics", [])) <= 1000
            self._reply({})
        elif call == "runs/update":
            runs[body["run_id"]]["status"] = body["status"]
            self._reply({})

    def _reply(self, content: dict[str, Any]) -> None:
        self._send(200, json.dumps(content).encode())

    def _send(self, code: int, content: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture
def mlflow() -> Iterator[FakeMlflow]:
    server = FakeMlflow()
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def run(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = tmp_path_factory.mktemp("mirrored") / "home"
    lend(sample_home, "sample", home)
    return train(home, TrainConfig(source="sample", max_epochs=190, patience=20), label="named")


def test_a_run_is_there_with_its_settings_and_every_epoch(mlflow: FakeMlflow, run: Run) -> None:
    assert MlflowMirror(mlflow.uri).submit(run).wait(30)

    (logged,) = mlflow.runs.values()
    assert (logged["name"], logged["status"]) == ("named", "FINISHED")
    assert logged["params"] == {name: str(v) for name, v in run.config.model_dump().items()}
    losses = [m["value"] for m in logged["metrics"] if m["key"] == "val_loss"]
    assert losses == [record.val_loss for record in run.epochs]
    assert run.best is not None
    assert logged["tags"]["best_val_loss"] == repr(run.best.val_loss)


def test_a_run_that_went_on_takes_the_place_of_its_earlier_self(
    mlflow: FakeMlflow, run: Run
) -> None:
    mirror = MlflowMirror(mlflow.uri)
    for _ in range(2):
        assert mirror.submit(run).wait(30)
    assert len(mlflow.runs) == 1


def test_the_last_end_counts_of_a_run_that_ends_again_while_the_server_is_slow(
    mlflow: FakeMlflow, run: Run
) -> None:
    mirror = MlflowMirror(mlflow.uri)
    mlflow.is_awake.clear()
    jobs = []
    for epochs in (1, 2, 3):
        end = run.changed_at + timedelta(hours=epochs)
        jobs.append(mirror.submit(replace(run, epochs=run.epochs[:epochs], changed_at=end)))
    mlflow.is_awake.set()
    assert all(job.wait(30) for job in jobs)

    (logged,) = mlflow.runs.values()
    assert max(metric["step"] for metric in logged["metrics"]) == 3


@pytest.mark.parametrize(
    "answer", [(500, b"{}"), (200, b"<html>"), (200, b"{}"), (200, b"[]"), (403, b"no")]
)
def test_an_odd_server_costs_a_warning(
    answer: tuple[int, bytes], mlflow: FakeMlflow, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    mlflow.answer = answer
    job = MlflowMirror(mlflow.uri).submit(run)
    assert job.wait(30)
    assert job.error is None
    assert f"Run {run.id} was not logged to MLflow" in caplog.text


def test_a_server_that_is_away_costs_a_warning(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    job = MlflowMirror("http://127.0.0.1:9").submit(run)
    assert job.wait(30)
    assert job.error is None
    assert "was not logged" in caplog.text


def test_without_the_variable_there_is_no_mirror(caplog: pytest.LogCaptureFixture) -> None:
    assert MlflowMirror.from_environment({}) is None
    assert MlflowMirror.from_environment({"MLFLOW_TRACKING_URI": "http://x:5000"}) is not None
    for odd in ("/tmp/mlruns", "http://[::1"):
        with caplog.at_level(logging.WARNING):
            assert MlflowMirror.from_environment({"MLFLOW_TRACKING_URI": odd}) is None
        assert f"MLFLOW_TRACKING_URI is {odd!r}; runs are logged to http" in caplog.text


def test_a_studio_logs_what_ended_in_it(mlflow: FakeMlflow, tmp_path: Path, run: Run) -> None:
    jobs = []

    class Noting(MlflowMirror):
        def submit(self, run: Run) -> Job:
            jobs.append(super().submit(run))
            return jobs[-1]

    home = tmp_path / "home"
    lend(run.folder.parents[1], "sample", home)
    studio = Studio(settings_in(home), mirror=Noting(mlflow.uri))
    training = studio.job(studio.start(TrainConfig(source="sample", max_epochs=1)).id)
    assert training is None or training.wait(60)
    (logging_it,) = jobs
    assert logging_it.wait(30)
    assert [logged["status"] for logged in mlflow.runs.values()] == ["FINISHED"]


@pytest.fixture
def train_command(sample_home: Path, tmp_path: Path) -> list[str]:
    lend(sample_home, "sample", tmp_path / "home")
    return ["train", "--source", "sample", "--set", "max_epochs=1"]


def test_the_command_line_logs_its_run_before_it_ends(
    mlflow: FakeMlflow, train_command: list[str], tmp_path: Path
) -> None:
    done = command_line(train_command, tmp_path / "home", mlflow.uri)

    assert (done.returncode, done.stderr) == (0, "")
    (logged,) = mlflow.runs.values()
    assert (logged["status"], logged["params"]["max_epochs"]) == ("FINISHED", "1")


USER = {"MLFLOW_TRACKING_USERNAME": "ann", "MLFLOW_TRACKING_PASSWORD": "p:w€"}
TOKEN = {"MLFLOW_TRACKING_TOKEN": "t0ken"}
BASIC = f"Basic {b64encode('ann:p:w€'.encode()).decode()}"


@pytest.mark.parametrize(
    ("variables", "in_uri", "expected"),
    [
        ({}, "", None),
        (USER, "", BASIC),
        (USER | TOKEN, "", BASIC),
        (TOKEN, "", "Bearer t0ken"),
        ({}, "ann:p%3Aw%E2%82%AC@", BASIC),
    ],
    ids=["none", "user", "user before token", "token", "in the address"],
)
def test_mlflow_s_own_variables_say_who_calls(
    variables: dict[str, str], in_uri: str, expected: str | None, mlflow: FakeMlflow, run: Run
) -> None:
    uri = mlflow.uri.replace("http://", f"http://{in_uri}")
    mirror = MlflowMirror.from_environment(variables | {"MLFLOW_TRACKING_URI": uri})

    assert mirror is not None
    assert mirror.submit(run).wait(30)
    assert set(mlflow.asked_by) == {expected}


@pytest.mark.parametrize("answer", [(500, b"{}"), None])
def test_a_bad_server_costs_the_command_line_one_line(
    answer: tuple[int, bytes] | None, mlflow: FakeMlflow, train_command: list[str], tmp_path: Path
) -> None:
    mlflow.answer = answer
    uri = "http://127.0.0.1:9" if answer is None else mlflow.uri
    done = command_line(train_command, tmp_path / "home", uri)

    assert done.returncode == 0
    (line,) = done.stderr.splitlines()
    assert "was not logged to MLflow" in line
    assert "Ended after epoch 1" in done.stdout


def test_the_command_line_does_not_wait_for_ever(
    mlflow: FakeMlflow,
    train_command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("IMDB_STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow.uri)
    monkeypatch.setattr(cli, "_MLFLOW_LIMIT_S", 0.01)
    mlflow.is_awake.clear()
    try:
        assert cli.main(train_command) == cli.DONE
    finally:
        mlflow.is_awake.set()
    assert "was not logged to MLflow: no end within 0.01 s" in capsys.readouterr().err


def command_line(
    arguments: list[str], home: Path, mlflow_uri: str
) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"IMDB_STUDIO_HOME": str(home), "MLFLOW_TRACKING_URI": mlflow_uri}
    return copies.run("imdb_core", arguments, environment)
