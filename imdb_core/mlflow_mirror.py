"""Runs in MLflow as well, where MLFLOW_TRACKING_URI names a server.

Speaks the few calls of MLflow's REST API that this takes, so that no package is needed. A
server that is away, slow or odd costs a warning in the log, never a run.
Source: https://mlflow.org/docs/latest/rest-api.html
"""

from __future__ import annotations

import json
import logging
import os
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from http.client import HTTPException
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit
from urllib.request import Request, urlopen

from imdb_core.errors import StudioError
from imdb_core.jobs import Job, JobQueue
from imdb_core.runs.event_log import read_events
from imdb_core.runs.folder import EVENTS
from imdb_core.runs.run import Run

logger = logging.getLogger(__name__)

EXPERIMENT: Final = "IMDB RNN Studio"
_TAG: Final = "imdb_rnn_studio.run"
_TIMEOUT_S: Final = 10.0
_METRICS_AT_ONCE: Final = 900  # MLflow takes 1,000 entries a call
_METRICS: Final = ("train_loss", "val_loss", "val_accuracy", "train_seconds", "val_seconds")
_STATUS: Final = {"finished": "FINISHED", "failed": "FAILED"}


class MlflowMirror:
    """Logs ended runs to a server, one after another, in a thread of its own.

    Args:
        uri: the server's address, http or https.
        timeout_s: how long one call may take.
        authorization: the header by which the server knows who calls; none if empty.
    """

    def __init__(self, uri: str, timeout_s: float = _TIMEOUT_S, *, authorization: str = "") -> None:
        self._authorization = authorization
        self._api = f"{uri.rstrip('/')}/api/2.0/mlflow"
        self._timeout_s = timeout_s
        self._queue = JobQueue("mlflow")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> MlflowMirror | None:
        """None where no server is named; user, password and token by MLflow's own variables."""
        uri = environment.get("MLFLOW_TRACKING_URI", "")
        if uri and not _is_http(uri):
            logger.warning("MLFLOW_TRACKING_URI is %r; runs are logged to http servers only.", uri)
            return None
        if not uri:
            return None
        parts = urlsplit(uri)
        host = parts.netloc.rpartition("@")[2]  # urllib takes no user in it
        named = {"MLFLOW_TRACKING_USERNAME": unquote(parts.username or ""),
                 "MLFLOW_TRACKING_PASSWORD": unquote(parts.password or "")}  # fmt: skip
        known = _authorization(environment) or _authorization(named)
        return cls(urlunsplit(parts._replace(netloc=host)), authorization=known)

    def submit(self, run: Run) -> Job:
        """Have an ended run logged soon; one that was logged before is replaced."""
        # Each end is a job of its own: the run may go on and end again before the first is logged.
        end = f"{run.id} {run.changed_at.isoformat()}"
        return self._queue.submit(end, lambda job: self._log_safely(run))

    def _log_safely(self, run: Run) -> None:
        try:
            self._log(run)
        except (OSError, HTTPException, ValueError, KeyError, TypeError, StudioError) as error:
            logger.warning("Run %s was not logged to MLflow: %s", run.id, error)

    def _log(self, run: Run) -> None:
        experiment_id = self._experiment_id()
        search = {"experiment_ids": [experiment_id], "filter": f"tags.`{_TAG}` = '{run.id}'"}
        for earlier in self._post("runs/search", search).get("runs", []):
            self._post("runs/delete", {"run_id": earlier["info"]["run_id"]})
        created = self._post(
            "runs/create",
            {
                "experiment_id": experiment_id,
                "run_name": run.name,
                "start_time": _milliseconds(run.created_at),
                "tags": [{"key": key, "value": value} for key, value in _tags(run).items()],
            },
        )
        run_id = created["run"]["info"]["run_id"]
        params = [{"key": k, "value": str(v)} for k, v in run.config.model_dump().items()]
        self._post("runs/log-batch", {"run_id": run_id, "params": params})
        metrics = _metrics(run)
        for start in range(0, len(metrics), _METRICS_AT_ONCE):
            part = metrics[start : start + _METRICS_AT_ONCE]
            self._post("runs/log-batch", {"run_id": run_id, "metrics": part})
        status = _STATUS.get(run.state, "KILLED")
        end = {"run_id": run_id, "status": status, "end_time": _milliseconds(run.changed_at)}
        self._post("runs/update", end)

    def _experiment_id(self) -> str:
        query = urlencode({"experiment_name": EXPERIMENT})
        try:
            found = self._call(Request(f"{self._api}/experiments/get-by-name?{query}"))
            experiment_id: str = found["experiment"]["experiment_id"]
        except HTTPError as error:
            if error.code != 404:
                raise
            experiment_id = self._post("experiments/create", {"name": EXPERIMENT})["experiment_id"]
        return experiment_id

    def _post(self, path: str, content: Mapping[str, Any]) -> dict[str, Any]:
        body = json.dumps(content).encode()
        headers = {"Content-Type": "application/json"}
        return self._call(Request(f"{self._api}/{path}", body, headers))

    def _call(self, request: Request) -> dict[str, Any]:
        if self._authorization:  # for this server only, wherever it sends the call on to
            request.add_unredirected_header("Authorization", self._authorization)
        with urlopen(request, timeout=self._timeout_s) as response:
            answer = json.loads(response.read())
        if not isinstance(answer, dict):
            raise ValueError("the server's answer is no JSON object")
        return answer


def _is_http(uri: str) -> bool:
    try:
        return urlsplit(uri).scheme in ("http", "https")
    except ValueError:  # http://[::1
        return False


def _authorization(environment: Mapping[str, str]) -> str:
    """As MLflow's own client does it: user and password, else a token."""
    user, password, token = (
        environment.get(f"MLFLOW_TRACKING_{name}", "") for name in ("USERNAME", "PASSWORD", "TOKEN")
    )
    if user and password:
        return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"
    return f"Bearer {token}" if token else ""


def _tags(run: Run) -> dict[str, str]:
    best = run.best
    tags = {_TAG: run.id, "state": run.state, "device": run.device, "ending": run.ending}
    if run.dataset is not None:
        tags |= {"data": run.dataset.origin, "data_fingerprint": run.dataset.fingerprint}
    if best is not None:
        tags |= {"best_epoch": str(best.epoch), "best_val_loss": repr(best.val_loss)}
    for change in run.changes:
        tags[f"changed_after_epoch_{change.epoch}"] = json.dumps(change.settings)
    if run.notes:
        tags["mlflow.note.content"] = run.notes
    return {key: value for key, value in tags.items() if value}


def _metrics(run: Run) -> list[dict[str, Any]]:
    times = [e["time"] for e in read_events(run.folder / EVENTS) if e["event"] == "epoch"]
    return [
        {
            "key": name,
            "value": getattr(record, name),
            "timestamp": _milliseconds(datetime.fromisoformat(time)),
            "step": record.epoch,
        }
        for record, time in zip(run.epochs, times, strict=False)
        for name in _METRICS
    ]


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)
