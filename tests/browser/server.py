"""A real server process of the app, with a home of its own and no way out to the internet."""

import http.client
import multiprocessing
import os
import re
import runpy
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

PROJECT = Path(__file__).parents[2]

_FIRST_PORT, _PORTS_A_WORKER = 21_000, 50  # systems hand out others by themselves
_NICENESS = 5  # a training takes all that it is given; what a test waits for is in the browser
_START_LIMIT_S = 60.0
_POLL_S = 0.1
_NOWHERE = "http://127.0.0.1:9"  # the discard port: a proxy that refuses every connection
_PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy")

# What a server imports takes longer than what most tests do with it. A process that has imported
# it is copied for each server that a test starts.
_IMPORTED = multiprocessing.get_context("forkserver")
_IMPORTED.set_forkserver_preload(
    ["streamlit.web.bootstrap", "plotly.graph_objects", "imdb_core.training.fast_engine"]
)
_FRESH = multiprocessing.get_context("spawn")

_NO_NETWORK = "127.0.0.2"  # this computer, by no name that the server has by default


class Server:
    """`streamlit run app.py` on `home`; can be killed and started again on the same port.

    Attributes:
        home: its IMDB_STUDIO_HOME.
        log_path: all that it printed, over all its lives.
        port: where it listens.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.log_path = home.with_name(f"{home.name}_server.log")
        self.port = _free_port()
        self._base = ""
        self._process: BaseProcess | None = None

    @property
    def url(self) -> str:
        return self.url_at("127.0.0.1")

    def url_at(self, host: str) -> str:
        """Its address for who calls this machine `host`."""
        return f"http://{host}:{self.port}"

    def start(
        self,
        script: str = "app.py",
        *,
        base: str = "",
        flags: Sequence[str] = (),
        is_fresh: bool = False,
    ) -> None:
        """Returns once it answers.

        Args:
            script: what `streamlit run` runs.
            base: the path that its addresses have before theirs.
            flags: more of `streamlit run`'s.
            is_fresh: begin with a Python that has imported nothing, as a shell does.
        """
        self._base = base
        command = [
            "run", script, "--server.port", str(self.port), "--server.headless", "true",
            "--server.baseUrlPath", base, *flags,
        ]  # fmt: skip
        self._process = (_FRESH if is_fresh else _IMPORTED).Process(
            target=_streamlit, args=(command, self._environment(), self.log_path), daemon=True
        )
        self._process.start()
        give_up_at = time.monotonic() + _START_LIMIT_S
        while not self._is_healthy():
            assert not self._ended_within(_POLL_S), f"the server ended:\n{self.log_tail()}"
            assert time.monotonic() < give_up_at, f"no server in time:\n{self.log_tail()}"

    def kill(self) -> None:
        """As a power cut: the process and all that it started, at any instruction."""
        if self._process is not None:
            assert self._process.pid is not None
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.join()
            self._process = None

    def interrupt(self, limit_s: float = 60.0) -> None:
        """As Ctrl-C in its terminal; returns once it has ended by itself."""
        assert self._process is not None
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGINT)
        assert self._ended_within(limit_s), f"it goes on:\n{self.log_tail()}"
        self._process = None

    def log_tail(self) -> str:
        """Its last lines, for whoever wonders why a test failed."""
        return self.log_path.read_text("utf-8", errors="replace")[-4000:]

    def failures(self) -> list[str]:
        """What ended a page's script or was asked of a page that is gone, as the log has it."""
        log = self.log_path.read_text("utf-8", errors="replace") if self.log_path.exists() else ""
        return re.split("Uncaught app execution|Couldn't find fragment", log)[1:]

    def _environment(self) -> dict[str, str]:
        own = {
            "IMDB_STUDIO_HOME": str(self.home),
            "KERAS_HOME": str(self.home.with_name("keras_home")),
            "STREAMLIT_LOGGER_ENABLE_RICH": "false",
            **dict.fromkeys(_PROXIES, _NOWHERE),
        }
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("IMDB_STUDIO_")}
        return inherited | own

    def _is_healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", f"/{self._base}/_stcore/health".replace("//", "/"))
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def _ended_within(self, timeout_s: float) -> bool:
        assert self._process is not None
        self._process.join(timeout_s)
        return self._process.exitcode is not None


def _streamlit(command: Sequence[str], environment: Mapping[str, str], log_path: Path) -> None:
    """What a server's process does: `streamlit` with a session of its own, printing to a file."""
    os.setsid()
    os.nice(_NICENESS)
    log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.chdir(PROJECT)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = command
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)


def _free_port() -> int:
    """The same for each server of a process, where it is free: a browser keeps the scripts that
    it has read by the server's address.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = _FIRST_PORT + worker * _PORTS_A_WORKER
    for port in range(first, first + _PORTS_A_WORKER):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError(f"no port is free from {first} to {port}")


def own_address() -> str:
    """This machine's address in its network; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return _NO_NETWORK
        host: str = probe.getsockname()[0]
    return _NO_NETWORK if host.startswith("127.") else host
