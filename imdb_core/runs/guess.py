"""The epoch at which a visitor thinks that a run will stop."""

from __future__ import annotations

from imdb_core.config import TrainConfig
from imdb_core.errors import ConfigError


def check_guess(guess: int | None, config: TrainConfig) -> None:
    """Raise ConfigError if there can be no such epoch."""
    if guess is not None and not 1 <= guess <= config.max_epochs:
        raise ConfigError(
            [
                f"The guess is epoch {guess}, but the settings allow epochs 1 to "
                f"{config.max_epochs}. Guess again, or leave it empty."
            ]
        )
