"""A real server process of the app, with a home of its own and no way out to the internet."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests import copies
from tests.copies import PROJECT
from tests.limits import LIMIT_S

_PORTS = range(20_000, 30_000)  # below those that systems hand out themselves
_NICENESS = 5  # a training takes all the time it gets, and a test waits for the browser
_POLL_S = 0.1
_NOWHERE = "http://127.0.0.1:9"  # the discard port: a proxy that refuses every connection
_PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy")

# A script that is being left and the next one share a dictionary, each under a lock of its own
# (Streamlit 1.67, `SafeSessionState`); which widgets there are is lost to the former only.
_STREAMLITS_OWN = re.compile(
    r"in filtered_state\n.*RuntimeError: dictionary changed size during iteration", re.DOTALL
)
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
        self._process: BaseProcess | subprocess.Popen[bytes] | None = None

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
            is_fresh: as `python -m streamlit` in a shell, which has imported nothing yet.
        """
        self._base = base
        self.log_path.touch()
        command = [
            "run", script, "--server.port", str(self.port), "--server.headless", "true",
            "--server.baseUrlPath", base, *flags,
        ]  # fmt: skip
        if is_fresh:
            self._process = self._fresh(command)
        else:
            self._process = copies.start(
                "streamlit", command, self._environment(), self.log_path, niceness=_NICENESS
            )
        give_up_at = time.monotonic() + LIMIT_S
        while not self._is_healthy():
            assert not self._ended_within(_POLL_S), f"the server ended:\n{self.log_tail()}"
            assert time.monotonic() < give_up_at, f"no server in time:\n{self.log_tail()}"
        assert not self._ended_within(0), f"another program answers:\n{self.log_tail()}"

    def kill(self) -> None:
        """As a power cut: the process and all that it started, at any instruction."""
        if self._process is not None:
            assert self._process.pid is not None
            with suppress(ProcessLookupError):  # it has ended by itself
                os.killpg(self._process.pid, signal.SIGKILL)
            assert self._ended_within(LIMIT_S)
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
        found = re.split("Uncaught app execution|Couldn't find fragment", log)[1:]
        return [each for each in found if not _STREAMLITS_OWN.search(each)]

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

    def _fresh(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with self.log_path.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "streamlit", *command],
                cwd=PROJECT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _ended_within(self, timeout_s: float) -> bool:
        if isinstance(self._process, subprocess.Popen):
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout_s)
            return self._process.returncode is not None
        assert self._process is not None
        self._process.join(timeout_s)
        return self._process.exitcode is not None


def _free_port() -> int:
    """The same port for each server of a process, if it is free: browsers cache scripts by the
    address that they came from.
    """
    first = _PORTS[os.getpid() * 50 % len(_PORTS)]
    for port in (*range(first, _PORTS.stop), *range(_PORTS.start, first)):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def own_address() -> str:
    """This machine's address in its network; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return _NO_NETWORK
        host: str = probe.getsockname()[0]
    return _NO_NETWORK if host.startswith("127.") else host
