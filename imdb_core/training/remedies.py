"""What the coach tells to try, as words and as settings.

The order of what is tried first follows what lowered the best validation loss of recorded
runs (tests/data/curves holds runs with and without it).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from imdb_core.config import TrainConfig, field_specs


class Remedy(NamedTuple):
    """One thing to try.

    Attributes:
        advice: in words.
        changes: the settings that differ from the present ones, valid for
            `TrainConfig.changed`; empty where the advice is no setting.
    """

    advice: str
    changes: dict[str, Any]


def lower_rate(config: TrainConfig) -> Remedy | None:
    """A fifth of the learning rate, a tenth of a very high one; None at its lower bound."""
    rate = config.learning_rate
    slower = _rate(rate / (10 if rate >= 0.02 else 5))
    if slower >= rate:
        return None
    return Remedy(f"Try a lower learning rate, {slower:g}.", {"learning_rate": slower})


def higher_rate(config: TrainConfig) -> Remedy:
    """Five times the learning rate, at least 1e-4; for rates well below the upper bound."""
    faster = _rate(max(5 * config.learning_rate, 1e-4))
    return Remedy(f"Try a higher learning rate, {faster:g}.", {"learning_rate": faster})


def more_epochs(config: TrainConfig, finished: int) -> Remedy | None:
    """Twice as many as were finished; None where the settings allow no more."""
    most = _within("max_epochs", 2 * finished)
    if most <= config.max_epochs:
        return None
    return Remedy(f"Try up to {most} epochs.", {"max_epochs": most})


def against_explosion(config: TrainConfig) -> Remedy:
    """For a loss that is no number any more."""
    slower = _rate(config.learning_rate / 10)
    if slower < config.learning_rate:
        return Remedy(f"Try a tenth of the learning rate, {slower:g}.", {"learning_rate": slower})
    if config.gradient_clip == 0 or config.gradient_clip > 1:
        return Remedy("Try a gradient clip of 1.", {"gradient_clip": 1.0})
    return Remedy("Try other initial weights, or another seed.", {})


def against_overfitting(config: TrainConfig) -> Remedy:
    """For a network that learns the training reviews by heart."""
    words = _within("vocab_size", round(config.vocab_size / 4, -2))
    if config.readout == "last" and config.vocab_size >= 4000:
        return Remedy(f"Try a smaller vocabulary, {words:,} words.", {"vocab_size": words})
    if config.dropout < 0.5:
        return Remedy("Try dropout 0.5.", {"dropout": 0.5})
    if config.weight_decay < 0.05:
        return Remedy("Try weight decay 0.05.", {"weight_decay": 0.05})
    units = _within("hidden_size", config.hidden_size // 4 * 2)
    if units < config.hidden_size:
        return Remedy(f"Try fewer hidden units, {units}.", {"hidden_size": units})
    return Remedy("The best epoch's weights are kept; more epochs will not help.", {})


def against_a_plateau(config: TrainConfig) -> Remedy:
    """For a loss that has stopped falling: more to read mattered more than a larger network."""
    if config.learning_rate >= 0.005 and (slower := lower_rate(config)):
        return slower
    if config.cell == "rnn":
        return Remedy("Try a GRU: it remembers longer than a plain RNN.", {"cell": "gru"})
    if config.max_length <= 200:
        words = 2 * config.max_length
        return Remedy(f"Let it read more of each review, {words} words.", {"max_length": words})
    if config.vocab_size < 5000:
        words = 4 * config.vocab_size
        return Remedy(f"Try a larger vocabulary, {words:,} words.", {"vocab_size": words})
    units = _within("hidden_size", 2 * config.hidden_size)
    if units > config.hidden_size:
        return Remedy(f"Try more hidden units, {units}.", {"hidden_size": units})
    return Remedy("It has learnt what it can: stop it and score with its best epoch.", {})


def _rate(wanted: float) -> float:
    """A learning rate within its bounds, to two digits."""
    return float(f"{_within('learning_rate', wanted):.2g}")


def _within(name: str, wanted: float) -> Any:  # noqa: ANN401 - int or float, as the setting is
    spec = field_specs()[name]
    assert spec.minimum is not None  # a number's setting has both
    assert spec.maximum is not None
    return type(spec.default)(min(max(wanted, spec.minimum), spec.maximum))
