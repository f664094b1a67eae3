"""The settings of a run: names, bounds, labels and presets, each standing once.

A slider, a command-line option and an error message all read them from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from imdb_core.errors import ConfigError

Cell = Literal["rnn", "gru", "lstm"]
Readout = Literal["last", "mean_max"]
Initialization = Literal["torch", "keras", "word_vectors"]
DeviceChoice = Literal["auto", "cpu", "cuda", "mps"]
EngineChoice = Literal["auto", "torch", "fast"]
Source = str
"""One of `BUILT_IN_SOURCES`, or `own-NAME`: reviews that a user brought, see `imdb_core.data`."""

BUILT_IN_SOURCES: Final = ("imdb", "aclimdb", "sample")
OWN_PREFIX: Final = "own-"
OWN_PATTERN: Final = r"own-[a-z0-9]+(?:-[a-z0-9]+)*"
_LONGEST_SOURCE = 44


def _number(label: str, help: str, low: float, high: float, step: float) -> Any:  # noqa: ANN401
    return Field(title=label, description=help, ge=low, le=high, json_schema_extra={"step": step})


def _choice(label: str, help: str) -> Any:  # noqa: ANN401
    return Field(title=label, description=help)


class TrainConfig(BaseModel):
    """Everything that decides a run. The defaults are the notebook's."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    cell: Annotated[Cell, _choice("Cell", "The recurrent layer: plain RNN, GRU or LSTM.")] = "rnn"
    vocab_size: Annotated[
        int,
        _number(
            "Vocabulary",
            "How many different words are told apart; the most frequent ones.",
            100,
            88_587,
            100,
        ),
    ] = 500
    max_length: Annotated[
        int,
        _number("Words read", "Only the last so many words of a review are read.", 10, 1000, 10),
    ] = 100
    embedding_dim: Annotated[
        int, _number("Embedding size", "How many numbers stand for one word.", 2, 256, 2)
    ] = 16
    hidden_size: Annotated[
        int,
        _number(
            "Hidden units", "How many numbers the network remembers while it reads.", 2, 256, 2
        ),
    ] = 8
    num_layers: Annotated[
        int, _number("Layers", "Recurrent layers, one on top of the other.", 1, 3, 1)
    ] = 1
    bidirectional: Annotated[
        bool, _choice("Read both ways", "A second network reads the review backwards.")
    ] = False
    dropout: Annotated[
        float,
        _number(
            "Dropout",
            "Share of the features hidden at random from the last layer while training.",
            0.0,
            0.8,
            0.05,
        ),
    ] = 0.0
    readout: Annotated[
        Readout,
        _choice(
            "Readout",
            "What the verdict is made from: the last state, or the mean and "
            "the maximum over all words.",
        ),
    ] = "last"
    initialization: Annotated[
        Initialization,
        _choice(
            "Initial weights",
            "Drawn as PyTorch draws them, or as Keras does; or as Keras does but for the words, "
            "which start from the company they keep in the training reviews.",
        ),
    ] = "torch"
    learning_rate: Annotated[
        float, _number("Learning rate", "How far one step of Adam goes.", 1e-5, 0.1, 1e-5)
    ] = 2e-4
    batch_size: Annotated[
        int, _number("Batch size", "Reviews per step of the optimiser.", 8, 1024, 8)
    ] = 64
    weight_decay: Annotated[
        float,
        _number(
            "Weight decay", "How strongly weights are pulled to zero (AdamW).", 0.0, 0.1, 0.001
        ),
    ] = 0.0
    gradient_clip: Annotated[
        float,
        _number(
            "Gradient clip", "Longest gradient allowed (its norm); 0 allows any.", 0.0, 10.0, 0.5
        ),
    ] = 0.0
    embedding_epsilon: Annotated[
        float,
        _number(
            "Adam's epsilon for words",
            "The larger, the less a rare word's vector moves at a step.",
            1e-8,
            0.1,
            1e-3,
        ),
    ] = 1e-8
    weight_average: Annotated[
        float,
        _number(
            "Weight averaging",
            "Share of its running average that a weight keeps at each step; the averages are "
            "validated, kept and scored with. 0 takes the weights as they are.",
            0.0,
            0.999,
            0.001,
        ),
    ] = 0.0
    patience: Annotated[
        int,
        _number(
            "Patience",
            "Training stops after so many epochs in a row without a better validation loss.",
            1,
            20,
            1,
        ),
    ] = 2
    min_delta: Annotated[
        float,
        _number(
            "Smallest gain",
            "A validation loss counts as better only if it falls by more than this.",
            0.0,
            0.1,
            0.001,
        ),
    ] = 0.0
    max_epochs: Annotated[
        int, _number("Most epochs", "Training ends here at the latest.", 1, 2000, 1)
    ] = 100
    validation_fraction: Annotated[
        float,
        _number(
            "Validation share",
            "Share of the training reviews kept aside to validate on.",
            0.05,
            0.5,
            0.05,
        ),
    ] = 0.2
    seed: Annotated[
        int, _number("Seed", "The same seed gives the same curve.", 0, 2**31 - 1, 1)
    ] = 42
    device: Annotated[
        DeviceChoice,
        _choice(
            "Device",
            "Where to compute; auto takes CUDA, else the CPU, or Apple's GPU for networks that "
            "the compiled kernels cannot train.",
        ),
    ] = "auto"
    engine: Annotated[
        EngineChoice,
        _choice(
            "Engine",
            "What computes a step: PyTorch's layers, or compiled kernels for one layer read one "
            "way on the CPU; auto takes the faster one.",
        ),
    ] = "auto"
    source: Annotated[
        Source,
        Field(
            title="Data",
            description="IMDB reviews, Stanford's original files, the synthetic sample, or reviews "
            "of your own from the Data page.",
            pattern=f"^(?:{'|'.join(BUILT_IN_SOURCES)}|{OWN_PATTERN})$",
            max_length=_LONGEST_SOURCE,
            json_schema_extra={"enum": list(BUILT_IN_SOURCES)},
        ),
    ] = "imdb"

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> TrainConfig:
        """Check untrusted values: a form's, a link's, a file's or a command line's.

        Text is accepted where it spells the value (`"64"`, `"true"`).

        Raises:
            ConfigError: with one sentence for every fault, not only the first.
        """
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise ConfigError([_fault(detail) for detail in error.errors()]) from error

    def changed(self, **values: Any) -> TrainConfig:  # noqa: ANN401
        """A checked copy with some settings replaced.

        Raises:
            ConfigError: as in `parse`.
        """
        return self.parse(self.model_dump() | values)

    def differences(self, other: TrainConfig) -> dict[str, tuple[Any, Any]]:
        """The settings that are not the same: name to (own value, the other's)."""
        mine, theirs = self.model_dump(), other.model_dump()
        return {name: (mine[name], theirs[name]) for name in mine if mine[name] != theirs[name]}


@dataclass(frozen=True, kw_only=True)
class FieldSpec:
    """What a widget or a help text needs to know of one setting.

    `minimum`, `maximum` and `step` are None for a choice or a switch; `choices` is
    empty for a number or a switch, and for the data leaves out the user's own. A value
    between two steps is valid: `step` is how far a slider moves.
    """

    name: str
    label: str
    help: str
    default: Any
    minimum: float | None
    maximum: float | None
    step: float | None
    choices: tuple[str, ...]


@cache
def field_specs() -> dict[str, FieldSpec]:
    """Name to `FieldSpec`, in the order of `TrainConfig`."""
    properties = TrainConfig.model_json_schema()["properties"]
    return {
        name: FieldSpec(
            name=name,
            label=schema["title"],
            help=schema["description"],
            default=schema["default"],
            minimum=schema.get("minimum"),
            maximum=schema.get("maximum"),
            step=schema.get("step"),
            choices=tuple(schema.get("enum", ())),
        )
        for name, schema in properties.items()
    }


def _fault(detail: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    name = str(detail["loc"][0]) if detail["loc"] else "settings"
    spec = field_specs().get(name)
    if spec is None:
        return f"There is no setting {name!r}; the settings are {', '.join(field_specs())}."
    if spec.choices:
        rule = f"one of {', '.join(spec.choices)}"
        if name == "source":
            rule += f", or {OWN_PREFIX}NAME for reviews of your own"
    elif spec.minimum is not None:
        whole = "a whole number" if isinstance(spec.default, int) else "a number"
        rule = f"{whole} from {spec.minimum:g} to {spec.maximum:g}"
        if spec.maximum is not None and spec.maximum >= 1e6:
            rule = f"{whole} from {spec.minimum:g} to {int(spec.maximum)}"
    else:
        rule = "true or false"
    return f"{spec.label} ({name}) is {detail['input']!r}, but must be {rule}."


PRESETS: dict[str, TrainConfig] = {
    "notebook": TrainConfig(),
    "quick": TrainConfig(
        cell="lstm",
        vocab_size=10_000,
        max_length=250,
        embedding_dim=32,
        hidden_size=32,
        dropout=0.5,
        readout="mean_max",
        initialization="word_vectors",
        learning_rate=6e-3,
        embedding_epsilon=1e-3,
        weight_average=0.99,
        patience=1,
        max_epochs=3,
    ),
    "accurate": TrainConfig(
        cell="lstm",
        vocab_size=20_000,
        max_length=800,
        embedding_dim=64,
        hidden_size=32,
        batch_size=32,
        dropout=0.5,
        readout="mean_max",
        initialization="word_vectors",
        learning_rate=6e-3,
        embedding_epsilon=1e-2,
        weight_average=0.99,
        patience=1,
        max_epochs=6,
    ),
}
"""Name to settings. Notebook is the notebook's own; README has the figures of the others."""
