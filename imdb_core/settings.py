"""Where things live: the one place that reads environment variables for folders."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The folders of one installation.

    Attributes:
        home: holds `runs/` and `data/` (`IMDB_STUDIO_HOME`).
        aclimdb: an `aclImdb` folder or its `.tar.gz`, if set (`IMDB_STUDIO_ACLIMDB`).
        keras_home: where Keras keeps `datasets/imdb.npz` (`KERAS_HOME`).
    """

    home: Path
    aclimdb: Path | None
    keras_home: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the variables; an empty one counts as unset."""
        home = environment.get("IMDB_STUDIO_HOME")
        aclimdb = environment.get("IMDB_STUDIO_ACLIMDB")
        keras_home = environment.get("KERAS_HOME")
        return cls(
            home=_absolute(home)
            if home
            else platformdirs.user_data_path("imdb-rnn-studio", appauthor=False),
            aclimdb=_absolute(aclimdb) if aclimdb else None,
            keras_home=_absolute(keras_home) if keras_home else Path.home() / ".keras",
        )

    @property
    def runs_folder(self) -> Path:
        """One folder a run."""
        return self.home / "runs"

    @property
    def data_folder(self) -> Path:
        """One folder a prepared source."""
        return self.home / "data"


def _absolute(path: str) -> Path:
    return Path(path).expanduser().absolute()
