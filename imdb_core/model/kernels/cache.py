"""Compiled kernels on disk, so that only the first process compiles them.

Numba's own cache stands beside the sources, which may not be writable; its files are taken as
they are, and two processes that compile at once can leave an index that names the wrong one.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import pickle
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import llvmlite
import numba
from numba.core import config, serialize
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult

from imdb_core.errors import StorageError
from imdb_core.files import sweep, write_atomically
from imdb_core.settings import kernels_folder

logger = logging.getLogger(__name__)

_KEPT_S: Final = 30 * 24 * 3600.0
_DIGEST_BYTES: Final = hashlib.sha256().digest_size

# Numba does not annotate them.
_rebuild: Any = CompileResult._rebuild
_dumps: Any = serialize.dumps
_config: Any = config


class KernelCache(NullCache):
    """What numba asks before it compiles a kernel, and tells afterwards.

    A file is named for all that its machine code depends on, and begins with a checksum over
    that name and the code. One that is damaged, or another user's, is removed and compiled
    anew. Where nothing can be kept, kernels are compiled in each process.

    Args:
        function: the kernel, as it was before it was compiled.
        folder: where the files are; asked for when the first one is.
    """

    def __init__(
        self, function: Callable[..., Any], folder: Callable[[], Path] = kernels_folder
    ) -> None:
        self._kernel = f"{function.__module__.rpartition('kernels.')[2]}.{function.__name__}"
        own, ours = Path(function.__code__.co_filename).parent, Path(__file__).parent
        self._sources = _digest_of_sources(own), _digest_of_sources(ours)
        self._folder = folder

    @property
    def cache_path(self) -> str:
        """The folder."""
        return str(self._folder())

    def load_overload(self, sig: object, target_context: Any) -> Any:  # noqa: ANN401 - numba's
        """The kernel compiled for these types, or None."""
        target_context.refresh()
        path = self._path(sig, target_context.codegen())
        try:
            payload = _checked(path)
            return None if payload is None else _rebuild(target_context, *payload)
        except OSError as error:
            logger.warning("%s cannot be read, so its kernel is compiled: %s", path, error.strerror)
            return None
        except Exception as error:  # whatever stands in a file that is not what it should be
            logger.warning("%s is thrown away and compiled anew: %s", path, error or type(error))
            _remove(path)
            return None

    def save_overload(self, sig: object, data: Any) -> None:  # noqa: ANN401 - numba's
        """Keep a kernel that was just compiled."""
        if data.library.has_dynamic_globals:
            return
        path = self._path(sig, data.codegen)
        code = _dumps(data._reduce())
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, _digest(path, code) + code)
        except (OSError, StorageError):
            _say_that_nothing_is_kept(path.parent)
            return
        self._sweep(path)

    def _path(self, sig: object, codegen: Any) -> Path:  # noqa: ANN401 - numba's
        depends_on = (
            str(sig), codegen.magic_tuple(), int(_config.OPT), self._kernel, self._sources,
            numba.__version__, llvmlite.__version__, platform.python_version(),
        )  # fmt: skip
        digest = hashlib.sha256(repr(depends_on).encode()).hexdigest()[:32]
        return self._folder() / f"{self._kernel}-{digest}.nbc"

    def _sweep(self, newest: Path) -> None:
        """Remove what this kernel was compiled to for a program or processor of long ago, and
        what killed processes left.
        """
        sweep(newest.parent)
        for path in newest.parent.glob(f"{self._kernel}-*.nbc"):
            if path != newest and time.time() - path.stat().st_mtime > _KEPT_S:
                _remove(path)


@functools.cache
def _digest_of_sources(folder: Path) -> str:
    """Of all modules beside a kernel: what it calls is compiled into it."""
    sources = sorted(folder.glob("*.py"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()


def _checked(path: Path) -> Any:  # noqa: ANN401 - what numba pickled
    """What the file holds; None if there is no file.

    Raises:
        ValueError: it is damaged, or not this user's own: reading it may run what is in it.
        OSError: it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            owner, content = os.fstat(file.fileno()).st_uid, file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if hasattr(os, "getuid") and owner != os.getuid():
        raise ValueError(f"it belongs to another user ({owner})")
    digest, code = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if digest != _digest(path, code):
        raise ValueError("it is damaged")
    return pickle.loads(code)


@functools.cache  # once, not for every kernel
def _say_that_nothing_is_kept(folder: Path) -> None:
    logger.warning(
        "Compiled kernels cannot be kept in %s, so each start compiles them again.", folder
    )


def _digest(path: Path, code: bytes) -> bytes:
    return hashlib.sha256(path.name.encode() + b"\0" + code).digest()


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("%s cannot be removed: %s", path, error.strerror)
