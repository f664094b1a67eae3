"""What `run.json` and `events.jsonl` of a stranger's run must say to be read here."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from imdb_core.config import TrainConfig
from imdb_core.errors import ConfigError, TextError
from imdb_core.runs.annotations import LABEL_LIMIT, NOTES_LIMIT, TAG_LIMIT, TAGS_LIMIT
from imdb_core.runs.event_log import Event
from imdb_core.runs.pinned_texts import checked_texts
from imdb_core.runs.run import EPOCHS_LIMIT, SCHEMA_VERSION, Run


def _aware(text: str) -> str:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None or not 2000 < time.year < 2200:
        raise ValueError("no time of these days, with its zone")
    return text


_Time = Annotated[str, AfterValidator(_aware)]
_Text = Annotated[str, StringConstraints(max_length=200)]
_RunId = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}_\d{6}_[a-z0-9]{4}$")]
# A source's name becomes a folder's, so nothing that leads elsewhere.
_SourceName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$")]
_Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_Count = Annotated[int, Field(ge=0, le=10_000_000)]
_Epoch = Annotated[int, Field(ge=1, le=EPOCHS_LIMIT)]
_Seconds = Annotated[float, Field(ge=0)]


class _Checked(BaseModel):
    # What is not known here, as of a newer version, is kept and read by nobody.
    model_config = ConfigDict(strict=True, allow_inf_nan=False, extra="ignore")


class _Dataset(_Checked):
    model_config = ConfigDict(strict=True, extra="forbid")

    source: _SourceName
    origin: _Text
    fingerprint: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{1,64}$")]
    is_synthetic: bool
    train_reviews: _Count
    validation_reviews: Annotated[_Count, Field(ge=1)]


class _Facts(_Checked):
    schema_: Annotated[Literal[1], Field(alias="schema")]
    label: Annotated[str, StringConstraints(max_length=LABEL_LIMIT)]
    created: _Time
    config: dict[str, Any]
    dataset: _Dataset | None
    device: _Text
    versions: Annotated[dict[_Text, _Text], Field(max_length=50)]
    parent: _RunId | None
    pinned_texts: list[str] = []
    guess: _Epoch | None = None
    notes: Annotated[str, StringConstraints(max_length=NOTES_LIMIT)] = ""
    tags: Annotated[
        list[Annotated[str, StringConstraints(max_length=TAG_LIMIT)]], Field(max_length=TAGS_LIMIT)
    ] = []
    archived: bool = False


class EpochFacts(_Checked):
    """An epoch's figures, as an event and as a training's state hold them."""

    epoch: _Epoch
    train_loss: float
    val_loss: float
    val_accuracy: Annotated[float, Field(ge=0, le=1)]
    improved: bool
    bad_epochs: _Count
    best_epoch: _Epoch
    train_seconds: _Seconds
    val_seconds: _Seconds


class _AnyEvent(_Checked):
    time: _Time


class _EpochEvent(EpochFacts, _AnyEvent):
    event: Literal["epoch"]
    pinned: list[float] = []
    sha256: Annotated[dict[_Text, _Sha256], Field(max_length=10)] = {}


class _Queued(_AnyEvent):
    event: Literal["queued"]
    last_epoch: _Epoch | None = None


class _Changed(_AnyEvent):
    event: Literal["changed"]
    epoch: _Count
    settings: dict[Literal["learning_rate", "patience"], float]


class _Stopped(_AnyEvent):
    event: Literal["stopped"]
    reason: Literal["patience", "max_epochs", "user"]


class _Failed(_AnyEvent):
    event: Literal["failed"]
    message: Annotated[str, StringConstraints(max_length=4_000)]


class _Other(_AnyEvent):
    event: Literal["preparing", "started", "paused", "resumed", "interrupted"]


_EVENT: TypeAdapter[Any] = TypeAdapter(
    Annotated[
        _EpochEvent | _Queued | _Changed | _Stopped | _Failed | _Other,
        Field(discriminator="event"),
    ]
)


def check_facts(facts: Any) -> TrainConfig:  # noqa: ANN401 - any JSON value
    """The settings in a `run.json`.

    Raises:
        ValueError: it is not one that this version reads; the message says where.
    """
    if isinstance(facts, dict) and isinstance(facts.get("schema"), int):
        schema = facts["schema"]
        if schema > SCHEMA_VERSION:
            raise ValueError(
                f"it is of a newer version of this program (format {schema}, this one reads "
                f"{SCHEMA_VERSION})"
            )
    try:
        checked = _Facts.model_validate(facts)
        if list(checked_texts(checked.pinned_texts)) != checked.pinned_texts:
            raise ValueError("a pinned review is not as this program writes it")
        return TrainConfig.parse(checked.config)
    except ValidationError as error:
        raise ValueError(_place(error)) from error
    except (ConfigError, TextError) as error:
        raise ValueError(str(error)) from error


def check_events(events: list[Event]) -> None:
    """Whether they tell of a run that could have been.

    Raises:
        ValueError: they do not; the message says where.
    """
    epochs = 0
    for event in events:
        try:
            checked = _EVENT.validate_python(event)
        except ValidationError as error:
            raise ValueError(f"event {event['seq']}: {_place(error)}") from error
        if isinstance(checked, _EpochEvent):
            epochs += 1
            if checked.epoch != epochs or checked.best_epoch > epochs:
                raise ValueError(f"event {event['seq']} is no {epochs}. epoch")
    if not events or events[0]["event"] != "queued":
        raise ValueError("the first event does not queue the run")


def check_pinned(run: Run) -> None:
    """Whether every epoch judged every pinned review.

    Raises:
        ValueError: one did not; the message says which.
    """
    for record, probabilities in zip(run.epochs, run.pinned, strict=True):
        if len(probabilities) != len(run.pinned_texts):
            raise ValueError(
                f"epoch {record.epoch} judges {len(probabilities)} pinned reviews, but the run "
                f"has {len(run.pinned_texts)}"
            )


def _place(error: ValidationError) -> str:
    """The first fault in a few words; what was found is not repeated, for it may be anything."""
    detail = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in detail["loc"])[:80]
    return f"{where or 'it'}: {detail['msg']}"
