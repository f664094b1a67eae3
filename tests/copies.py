"""Processes of the program that begin as copies of one that has imported it.

What a command or a server imports takes longer than what most tests do with it. A copy is a real
process with an environment, a working directory, streams and signals of its own; only how it came
by its modules differs. What is about that, or about the interpreter, starts a fresh one.
"""

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[1]
CAN_COPY: Final = sys.platform == "linux"

_copying = multiprocessing.get_context("forkserver" if CAN_COPY else "spawn")
if CAN_COPY:
    _copying.set_forkserver_preload([
        "streamlit.web.bootstrap", "plotly.graph_objects", "imdb_core.cli_command",
        "imdb_core.training.fast_engine", "imdb_core.evaluation",
    ])  # fmt: skip


def start(
    module: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    output: Path,
    *,
    errors: Path | None = None,
    input: Path = Path(os.devnull),
    niceness: int = 0,
) -> BaseProcess:
    """`python -m module arguments`, in a session of its own.

    Args:
        module: by its name.
        arguments: the command's.
        environment: all of it.
        output: to be written on from its end.
        errors: the same for standard error, if it is another file.
        input: to be read.
        niceness: how far everything else on the machine goes first.
    """
    streams = input, output, errors or output
    process = _copying.Process(
        target=_become, args=(module, arguments, environment, streams, niceness), daemon=True
    )
    process.start()
    return process


def run(
    module: str, arguments: Sequence[str], environment: Mapping[str, str], stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """The same to its end, with what it said."""
    with tempfile.TemporaryDirectory() as name:
        said, complained, asked = (Path(name, stream) for stream in ("out", "err", "in"))
        asked.write_text(stdin, "utf-8", "surrogateescape")
        streams = {"errors": complained, "input": asked}
        process = start(module, arguments, environment, said, **streams)
        process.join()
        assert process.exitcode is not None
        texts = (path.read_text("utf-8", "surrogateescape") for path in (said, complained))
        return subprocess.CompletedProcess([module, *arguments], process.exitcode, *texts)


def _become(
    module: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    streams: tuple[Path, Path, Path],
    niceness: int,
) -> None:
    """What a copy does."""
    os.setsid()
    os.nice(niceness)
    threading.Thread(target=_end_with_the_tests, daemon=True).start()
    os.chdir(PROJECT)
    os.environ.clear()
    os.environ.update(environment)
    _stream_to(*streams)
    if environment.get("PYTHONWARNINGS") == "error":
        warnings.simplefilter("error")
    from imdb_core.model.kernels.target import choose_target

    choose_target()  # which it did for the environment that was there when it was imported
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _stream_to(input: Path, output: Path, errors: Path) -> None:
    """As an interpreter has its streams."""
    write = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    for number, path in enumerate((input, output, errors)):
        file = os.open(path, write if number else os.O_RDONLY, 0o644)
        os.dup2(file, number)
        os.close(file)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(
        2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False
    )


def _end_with_the_tests() -> None:
    tests = multiprocessing.parent_process()
    assert tests is not None
    tests.join()
    os.killpg(0, signal.SIGKILL)
