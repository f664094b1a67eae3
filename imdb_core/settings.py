"""Where things live: the one place that reads environment variables for folders."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from imdb_core.errors import StorageError


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The folders of one installation.

    Attributes:
        home: holds `runs/`, `data/` and `kernels/` (`IMDB_STUDIO_HOME`).
        aclimdb: an `aclImdb` folder or its `.tar.gz`, if set (`IMDB_STUDIO_ACLIMDB`).
        keras_home: where Keras keeps `datasets/imdb.npz` (`KERAS_HOME`).
    """

    home: Path
    aclimdb: Path | None
    keras_home: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the variables; an empty one counts as unset.

        Raises:
            StorageError: no home is set, and the user has none.
        """
        home = environment.get("IMDB_STUDIO_HOME")
        aclimdb = environment.get("IMDB_STUDIO_ACLIMDB")
        keras_home = environment.get("KERAS_HOME")
        return cls(
            home=_absolute(home) if home else _user_data(),
            aclimdb=_absolute(aclimdb) if aclimdb else None,
            keras_home=_absolute(keras_home or os.path.join("~", ".keras")),
        )

    @property
    def runs_folder(self) -> Path:
        """One folder a run."""
        return self.home / "runs"

    @property
    def data_folder(self) -> Path:
        """One folder a prepared source."""
        return self.home / "data"


def kernels_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where compiled kernels are kept: in the home, or where numba's NUMBA_CACHE_DIR says.

    Raises:
        StorageError: as `Settings.from_environment`.
    """
    given = environment.get("NUMBA_CACHE_DIR")
    return _absolute(given) if given else Settings.from_environment(environment).home / "kernels"


def _user_data() -> Path:
    try:
        return platformdirs.user_data_path("imdb-rnn-studio", appauthor=False)
    except RuntimeError as error:  # all that it raises, of a user unknown to the system
        raise StorageError(
            "This user has no home folder to keep runs in. Set IMDB_STUDIO_HOME to a folder."
        ) from error


def _absolute(path: str) -> Path:
    return Path(os.path.expanduser(path)).absolute()  # a user without a home has none to expand
