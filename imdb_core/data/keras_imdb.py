"""IMDB as Keras offers it, prepared by `keras_worker` in a process of its own that ends.

Importing Keras costs seconds and 480 MB and would stay in a server for good.
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from imdb_core.data.progress import Progress, Watch
from imdb_core.errors import SourceUnavailableError
from imdb_core.files import scratch_file
from imdb_core.process import environment, last_words, named_error, python, started

WORKER: Final = python("imdb_core.data.keras_worker")
SILENCE_S: Final = 120.0
"""A worker that says nothing for so long is given up."""

_POLL_S = 0.1


def prepare(
    folder: Path,
    keras_home: Path,
    watch: Watch,
    *,
    worker: Sequence[str] = WORKER,
    timeout_s: float = SILENCE_S,
) -> None:
    """Let a worker write Keras's IMDB into the existing `folder`, as `prepared.write` does.

    Args:
        folder: taken as it is; what stands in it after an error is worth nothing.
        keras_home: files are looked for, and kept after a download, in its `datasets`.
        watch: hears of downloads in bytes, then of each stage; may cancel.
        worker: the command, to which `folder` is added.
        timeout_s: how long the worker may say nothing.

    Raises:
        SourceUnavailableError: no network, no sign of life, or the worker was killed.
        SourceDamagedError: a file is not Keras's.
        StorageError: the disk is full, or a folder cannot be written.
        PreparationCancelledError: cancelled; the worker has ended.
    """
    with scratch_file() as log:
        with started(
            [*worker, str(folder)],
            stdout=subprocess.PIPE,
            stderr=log,
            # Without a backend named, Keras looks for TensorFlow.
            env=environment({"KERAS_BACKEND": "torch", "KERAS_HOME": str(keras_home)}),
        ) as process:
            try:
                assert process.stdout is not None  # it is a pipe
                _follow(process.stdout, watch, timeout_s, keras_home)
            except BaseException:
                process.kill()
                raise
        if process.returncode != 0:
            log.seek(0)
            raise _failure(process.returncode, log.read(), keras_home)


def advice(keras_home: Path) -> str:
    """What helps when Keras's files cannot be had."""
    return (
        "Connect to the internet, set IMDB_STUDIO_ACLIMDB to Stanford's aclImdb folder or "
        f"its .tar.gz, put Keras's imdb.npz and imdb_word_index.json into "
        f"{keras_home / 'datasets'}, or use the sample."
    )


def _follow(stdout: IO[bytes], watch: Watch, timeout_s: float, keras_home: Path) -> None:
    """Pass on what the worker says until it closes its end."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(
        target=_read, args=(stdout, lines), name="keras-worker-reader", daemon=True
    ).start()
    heard_at = time.monotonic()
    while True:
        watch.check()
        try:
            line = lines.get(timeout=_POLL_S)
        except queue.Empty:
            if time.monotonic() - heard_at > timeout_s:
                raise SourceUnavailableError(
                    f"Keras gave no sign of life for {timeout_s:g} s. {advice(keras_home)}"
                ) from None
            continue
        if not line:
            return
        heard_at = time.monotonic()
        message = json.loads(line)
        if "error" in message:
            raise named_error(message)
        watch.report(Progress(**message))


def _read(stdout: IO[bytes], lines: queue.SimpleQueue[bytes]) -> None:
    for line in stdout:
        lines.put(line)
    lines.put(b"")


def _failure(returncode: int, log: bytes, keras_home: Path) -> SourceUnavailableError:
    if returncode < 0:
        return SourceUnavailableError(
            f"The process that reads Keras's files was killed (signal {-returncode}), perhaps "
            "because memory ran out: it needs about 1 GB. Close other programs and try again."
        )
    return SourceUnavailableError(
        f"Keras's files could not be read ({last_words(returncode, log)}). {advice(keras_home)}"
    )
