"""Every error that a user can meet.

Each message says what happened, with the value, and what to do next; a page or
the command line shows it as it is. Anything else that escapes is a defect.

::

    StudioError
    ├── ConfigError              settings out of their bounds, all faults at once
    ├── StorageError             the disk is full, or a folder cannot be written
    ├── DataError
    │   ├── DataNotPreparedError   nothing prepared for this source yet
    │   ├── SourceUnavailableError no network, no such path, too slow
    │   ├── SourceDamagedError     a file is not what it should be; the message names it
    │   └── PreparationCancelledError
    ├── RunError
    │   ├── RunNotFoundError
    │   ├── RunDamagedError        a run folder cannot be read; the message names the file
    │   └── RunStateError          the run's state does not allow what was asked
    ├── TrainingError
    │   ├── DeviceUnavailableError
    │   ├── EngineUnavailableError
    │   └── NonFiniteLossError
    └── TextError                a review that cannot be scored
"""

from __future__ import annotations

import errno
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
    """A file or folder could not be written."""

    @classmethod
    def from_os_error(cls, error: OSError, path: Path) -> StorageError:
        """Say in one sentence what kept `path` from being written."""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return cls(f"The disk is full: {path} was not written. Free some space and try again.")
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            return cls(
                f"{path} cannot be written: permission denied. "
                "Set IMDB_STUDIO_HOME to a folder of yours."
            )
        return cls(f"{path} could not be written: {error.strerror or error}.")


class DataError(StudioError):
    """Base of what can go wrong with review data."""


class DataNotPreparedError(DataError):
    """A source was asked for before it was prepared."""


class SourceUnavailableError(DataError):
    """A source cannot be had: no network, no such path, or no answer in time."""


class SourceDamagedError(DataError):
    """A source's file is not what it should be; the message names the file."""


class PreparationCancelledError(DataError):
    """The user cancelled a preparation; nothing of it is left."""


class RunError(StudioError):
    """Base of what can go wrong with a run's folder."""


class RunNotFoundError(RunError):
    """No run has this id."""


class RunDamagedError(RunError):
    """A run folder cannot be read; the message names the file."""


class RunStateError(RunError):
    """The run's state does not allow what was asked of it."""


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
