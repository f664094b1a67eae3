"""A disk under a folder that fails, or that forgets what was not brought down to it."""

from __future__ import annotations

import builtins
import errno
import io
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

WRITES = ("open to write", "write", "fsync", "mkdir", "rename", "replace", "unlink", "rmdir",
          "truncate", "utime")  # fmt: skip

Before = Callable[[str, Path], None]
"""Told of each call by its kind and its path before it is made; may raise."""


def read_only(kind: str, path: Path) -> None:
    """A `Before` of a file system that is mounted so."""
    if kind in WRITES:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))


class _Watched:
    """A file opened to write, each write of which is told."""

    def __init__(self, file: Any, path: Path, before: Before) -> None:
        self._file, self._path, self._before = file, path, before

    def write(self, content: Any) -> int:
        self._before("write", self._path)
        return int(self._file.write(content))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> _Watched:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()


@contextmanager
def watched(
    folder: Path,
    before: Before,
    after: Callable[[str, Path], None] = lambda kind, path: None,
) -> Iterator[None]:
    """Tell of all calls on files under `folder`; Linux only."""
    root = str(folder)

    def place(target: Any) -> Path | None:
        if isinstance(target, int):
            try:
                target = os.readlink(f"/proc/self/fd/{target}")
            except OSError:
                return None
        if isinstance(target, os.DirEntry):
            target = target.path
        text = os.fsdecode(target) if isinstance(target, str | bytes | os.PathLike) else ""
        return Path(text) if text.startswith(root) else None

    def told(kind: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def around(target: Any = ".", *arguments: Any, **options: Any) -> Any:
            path = None if options.get("dir_fd") is not None else place(target)
            if path is None:
                return call(target, *arguments, **options)
            before(kind, path)
            result = call(target, *arguments, **options)
            after(kind, path)
            return result

        return around

    real_open, real_os_open = builtins.open, os.open

    def opened(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        path = place(file)
        if path is None or isinstance(file, int):
            return real_open(file, mode, *arguments, **options)
        is_write = any(letter in mode for letter in "wax+")
        before("open to write" if is_write else "open to read", path)
        stream = real_open(file, mode, *arguments, **options)
        return _Watched(stream, path, before) if is_write else stream

    def os_opened(file: Any, flags: int, *arguments: Any, **options: Any) -> int:
        path = None if options.get("dir_fd") is not None else place(file)
        if path is not None:
            is_write = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            before("open to write" if is_write else "open to read", path)
        return real_os_open(file, flags, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        for kind in ("fsync", "mkdir", "rename", "replace", "unlink", "rmdir", "truncate", "utime",
                     "stat", "scandir", "listdir"):  # fmt: skip
            # What a test's own disk has or has not is known without waiting for it.
            call = (lambda target: None) if kind == "fsync" else getattr(os, kind)
            patch.setattr(os, kind, told(kind, call))
        patch.setattr(builtins, "open", opened)
        patch.setattr(io, "open", opened)
        patch.setattr(os, "open", os_opened)
        # Without it, rmtree works on descriptors, which are not told.
        patch.setattr(shutil, "_use_fd_functions", False)
        yield


Files = dict[str, bytes]
"""Paths below a folder, with `/`, to contents."""


def files_in(folder: Path) -> Files:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def write_files(folder: Path, files: Files) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


class Forgetful:
    """What a power cut leaves of `folder` at its worst: contents that were synced, under the names
    that were in a folder when that was synced. All that is there at first is safe.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._contents: dict[int, bytes] = {}
        self._names: dict[Path, dict[str, int]] = {}
        for path in (folder, *folder.rglob("*")):
            self.sync(path)

    def sync(self, path: Path) -> None:
        if path.is_dir():
            entries = {entry.name: entry.inode() for entry in os.scandir(path)}
            self._names[path] = entries
        else:
            self._contents[path.stat().st_ino] = path.read_bytes()

    def left(self, below: Path | None = None) -> Files:
        folder = below or self._folder
        files: Files = {}
        for name, inode in self._names.get(folder, {}).items():
            if folder / name in self._names or (folder / name).is_dir():
                files |= {f"{name}/{rest}": each for rest, each in self.left(folder / name).items()}
            else:
                files[name] = self._contents.get(inode, b"")
        return files
