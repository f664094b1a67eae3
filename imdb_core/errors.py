"""Every error that a user can meet.

Each message says what happened, with the value, and what to do next; a page or
the command line shows it as it is. Anything else that escapes is a defect.

::

    StudioError
    ├── ConfigError              settings out of their bounds, all faults at once
    ├── StorageError             a full disk, no permission, too many open files
    ├── DataError
    │   ├── DataNotPreparedError   nothing prepared for this source yet
    │   ├── SourceUnavailableError no network, no such path, too slow
    │   ├── SourceDamagedError     a file is not what it should be; the message names it
    │   ├── DataChangedError       other reviews than a run was trained on
    │   ├── TableError             a file of reviews that cannot be used, all faults at once
    │   └── PreparationCancelledError
    ├── RunError
    │   ├── RunNotFoundError
    │   ├── RunDamagedError        a run's file is missing or not what it was; it is named
    │   ├── RunStateError          the run's state does not allow what was asked
    │   ├── RunForbiddenError      it is for whoever started the run to decide
    │   ├── RunArchiveError        a zip that is offered as a run, and is none
    │   └── RunExistsError         the very run that was to be taken in is here already
    ├── WeightsMismatchError     weights are not those of the network that settings describe
    ├── TrainingError
    │   ├── DeviceUnavailableError
    │   ├── EngineUnavailableError
    │   └── NonFiniteLossError
    └── TextError                a review that cannot be scored
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class StudioError(Exception):
    """Base of every error meant for the user; `str(error)` is the whole message."""


class ConfigError(StudioError):
    """Settings outside their bounds.

    Attributes:
        faults: one sentence a fault, all of them.
    """

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__(" ".join(faults))


class StorageError(StudioError):
    """The system did not let a file or folder be written, or read; its content is not at fault."""

    @classmethod
    def from_os_error(cls, error: OSError, path: Path) -> StorageError:
        """Say in one sentence what kept `path` from being written."""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return cls(f"The disk is full: {path} was not written. Free some space and try again.")
        if error.errno == errno.EROFS:
            return cls(
                f"{path} cannot be written: its disk is read-only. "
                "Set IMDB_STUDIO_HOME to a folder of yours."
            )
        if error.errno in (errno.EACCES, errno.EPERM):
            return cls(
                f"{path} cannot be written: permission denied. "
                "Set IMDB_STUDIO_HOME to a folder of yours."
            )
        return cls(f"{path} could not be written: {_reason(error)}")

    @classmethod
    def from_reading(cls, error: OSError, path: Path) -> StorageError:
        """Say in one sentence what kept `path` from being read."""
        return cls(f"{path} could not be read: {_reason(error)}")


def _reason(error: OSError) -> str:
    """What the system says, and what helps."""
    said = (error.strerror or str(error) or type(error).__name__).rstrip(".")
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return (
            "too many open files. Close other programs, or allow more with: ulimit -n 4096. "
            "Then try again."
        )
    if error.errno == errno.EIO:
        return f"{said}. The disk may be failing: copy what you need from it."
    return f"{said}."


def unreadable(error: OSError, path: Path, damaged: StudioError) -> StudioError:
    """What to raise where `path` could not be read: `damaged` if it is not there or no file,
    else what the system says. Only the former is a fault of the content.
    """
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP):
        return damaged
    return StorageError.from_reading(error, path)


class DataError(StudioError):
    """Base of what can go wrong with review data."""


class DataNotPreparedError(DataError):
    """A source was asked for before it was prepared."""


class SourceUnavailableError(DataError):
    """A source cannot be had: no network, no such path, or no answer in time."""


class SourceDamagedError(DataError):
    """A source's file is not what it should be; the message names the file."""


class DataChangedError(DataError):
    """The reviews under a run's name for them are not those that it was trained on."""


@dataclass(frozen=True, kw_only=True)
class TableFault:
    """What is wrong with a file of reviews, and where.

    Attributes:
        message: what it is; of a row, without a full stop.
        row: the row as a spreadsheet counts; None for what concerns the whole file.
        line: the row's first line in a text editor.
        options: of the command line, that help.
    """

    message: str
    row: int | None = None
    line: int | None = None
    options: str = ""

    def __str__(self) -> str:
        if self.row is None:
            return self.message
        line = "" if self.line in (None, self.row) else f" (line {self.line})"
        return f"Row {self.row}{line}: {self.message}."


class TableError(DataError):
    """A file of reviews that cannot be used.

    Attributes:
        faults: all that was found.
    """

    def __init__(self, faults: Sequence[TableFault]) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(map(str, faults)))

    @classmethod
    def of(cls, message: str, *, options: str = "") -> TableError:
        """The one fault of a whole file."""
        return cls([TableFault(message=message, options=options)])


class PreparationCancelledError(DataError):
    """The user cancelled a preparation; nothing of it is left."""


class RunError(StudioError):
    """Base of what can go wrong with a run's folder."""


class RunNotFoundError(RunError):
    """No run has this id."""


class RunDamagedError(RunError):
    """A file of a run is missing, or not what was written; the message names it."""


class RunStateError(RunError):
    """The run's state does not allow what was asked of it."""


class RunForbiddenError(RunError):
    """What was asked of the run is for somebody else to decide."""


class RunArchiveError(RunError):
    """A zip that is offered as a run, and is none that can be taken in."""


class WeightsMismatchError(StudioError):
    """Weights whose names or shapes are not those of the network that settings describe."""


class RunExistsError(RunError):
    """The very run that was to be taken in is here already.

    Attributes:
        run_id: its id here.
    """

    def __init__(self, run_id: str, name: str) -> None:
        self.run_id = run_id
        super().__init__(f"{name} (run {run_id}) is here already; nothing was imported.")


class TrainingError(StudioError):
    """Base of what can end a training."""


class DeviceUnavailableError(TrainingError):
    """The chosen device is not on this machine."""


class EngineUnavailableError(TrainingError):
    """The chosen engine cannot train such a network."""


class NonFiniteLossError(TrainingError):
    """The loss became NaN or infinite."""


class TextError(StudioError):
    """A text that cannot be scored."""
