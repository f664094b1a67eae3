"""Short phrases that several pages share. Plain text; `as_markdown` where Streamlit parses it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from imdb_core.config import PRESETS, TrainConfig, field_specs
from imdb_core.data import SOURCES
from imdb_core.runs.run import Change, Run

_MOST_HEARTS = 6

HTML_BREAK = "<br />"
CELL_NAMES = {"rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}
_CHOICE_NAMES: dict[str, str] = {
    **CELL_NAMES,
    "last": "Last state",
    "mean_max": "Mean and maximum",
    "torch": "PyTorch's",
    "keras": "Keras's",
    "word_vectors": "Keras's, with word vectors",
    "auto": "Automatic",
    "cpu": "CPU",
    "cuda": "CUDA",
    "mps": "Apple",
    "fast": "Compiled kernels",
    **{source: title for source, (title, _) in SOURCES.items()},
}

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~:$<>&])")
# Replaced even where it is escaped, unless something stands within: icons, addresses, symbols.
_REPLACED = re.compile(
    r"(?<=:)(?=//|material/|streamlit:)"
    r"|(?<=www)(?=\.)|(?<=[-.\w+])(?=@[-\w]+\.)"
    r"|(?<=(?<!\S)[-<>~])(?=[->=](?!\S))",
    re.IGNORECASE,
)
_WORD_JOINER = "\N{WORD JOINER}"


def as_markdown(text: str) -> str:
    """`text` so that Markdown shows it as it is, whatever a user put into it."""
    return _MARKDOWN.sub(r"\\\1", _REPLACED.sub(_WORD_JOINER, " ".join(text.split())))


def choice_name(choice: str) -> str:
    """What people call a setting's choice."""
    return _CHOICE_NAMES.get(choice, choice)


def with_line_breaks(text: str) -> str:
    """A review with its line breaks as such; IMDB's texts have them as HTML."""
    return text.replace(HTML_BREAK, "\n").strip()


def preset_name(config: TrainConfig) -> str | None:
    """The preset that `config` equals, whatever its data, device and seed."""
    for name, preset in PRESETS.items():
        if not set(config.differences(preset)) - {"source", "device", "engine", "seed"}:
            return name.capitalize()
    return None


def settings_phrase(config: TrainConfig) -> str:
    """The settings that matter most, in a line."""
    both_ways = "two-way " if config.bidirectional else ""
    layers = f"{config.num_layers}-layer " if config.num_layers > 1 else ""
    return (
        f"{layers}{both_ways}{CELL_NAMES[config.cell]}, {config.hidden_size} hidden units, "
        f"embedding {config.embedding_dim}, patience {config.patience}"
    )


def changes_phrase(run: Run) -> str:
    """What was changed on the run's way, in a sentence for each change; empty if nothing was."""
    return " ".join(
        f"Changed after epoch {change.epoch}: {changed_values(change)}." for change in run.changes
    )


def changed_values(change: Change) -> str:
    """`learning rate 0.002, patience 9`."""
    specs = field_specs()
    return ", ".join(f"{specs[name].label.lower()} {v:g}" for name, v in change.settings.items())


def run_title(run: Run) -> str:
    """What to call a run where one chooses among several.

    Without its accuracy while that changes: a browser tells what was chosen by these very words.
    """
    best = f" · {run.best.val_accuracy:.1%}" if run.best else ""
    standing = " · training" if run.is_live else best
    return f"{run.name}{standing} · {settings_phrase(run.config)}"


def computer_phrase(run: Run) -> str:
    """What computed: `CPU, compiled kernels`; empty before it has begun."""
    engine = {"fast": "compiled kernels", "torch": "PyTorch's layers"}.get(run.engine)
    return ", ".join(filter(None, (run.device.partition(" (")[0], engine)))


def run_titles(runs: Iterable[Run]) -> dict[str, str]:
    """Each run's title by its id, with the end of the id where two would be called the same."""
    return distinct({run.id: run_title(run) for run in runs})


def distinct(names: Mapping[str, str]) -> dict[str, str]:
    """The names of runs by their ids, with the end of the id where two are the same."""
    count = Counter(names.values())
    return {
        run_id: name if count[name] == 1 else f"{name} ({run_id[-4:]})"
        for run_id, name in names.items()
    }


def duration(seconds: float) -> str:
    """`8.3 s`, `2 min 5 s`, `1 h 4 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def patience_words(patience: int, bad_epochs: int) -> str:
    """How close the patience rule is to ending a run."""
    left = patience - bad_epochs
    if left <= 0:
        return "Patience has run out."
    if left == 1:
        return "One more epoch without improvement stops it."
    return f"{left} more epochs without improvement stop it."


def hearts(patience: int, bad_epochs: int) -> str:
    """Patience left and patience used."""
    left = max(patience - bad_epochs, 0)
    if patience > _MOST_HEARTS:
        return f"♥ {left} of {patience}"
    return "♥" * left + "♡" * (patience - left)
