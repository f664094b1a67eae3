"""What changes a run's state from outside of its training: each is one event, or a refusal.

Whoever calls these holds the lock of the runs' folder, so that two cannot act on one state.
"""

from __future__ import annotations

from imdb_core.errors import ConfigError, RunStateError
from imdb_core.owner import this_process
from imdb_core.runs.event_log import EventLog, read_events
from imdb_core.runs.folder import EVENTS
from imdb_core.runs.run import EPOCHS_LIMIT, Run

CHANGEABLE = ("learning_rate", "patience")
"""Settings of a paused run that may change."""

_RESTS = ("paused", "changed", "stopped", "failed", "interrupted")
_STAMP = ("seq", "event", "time", "crc")


def claim(run: Run, log: EventLog, visitor: str = "") -> None:
    """Queue a run again that has stopped, as this process's own.

    Only a paused run stays with whoever paused over it; any other becomes the visitor's.

    Args:
        run: as its folder tells it.
        log: its events.
        visitor: the mark of whoever asks, if a visitor does.

    Raises:
        RunStateError: it is at work, or came to its end by a rule.
    """
    run.check_resumable()
    owner = run.visitor if run.state == "paused" else ""
    log.append("queued", owner=vars(this_process()), **visitor_field(owner or visitor))


def keep_going(run: Run, log: EventLog, more_epochs: int, visitor: str = "") -> None:
    """Queue a run that a rule ended, to train so many epochs more; it becomes the visitor's.

    Raises:
        RunStateError: no rule ended it, or it has as many epochs as a run can have.
    """
    if not run.can_keep_going:
        raise RunStateError(
            f"Run {run.id} cannot be kept going: it is {run.state} after "
            f"{len(run.epochs)} epochs. Resume it, or train another one."
        )
    last_epoch = min(len(run.epochs) + more_epochs, EPOCHS_LIMIT)
    log.append(
        "queued",
        owner=vars(this_process()),
        **visitor_field(visitor),
        last_epoch=last_epoch,
    )


def visitor_field(mark: str) -> dict[str, str]:
    """Whose a run is from its `queued` event on; without it, it stays whose it was."""
    return {"visitor": mark} if mark else {}


def change(run: Run, log: EventLog, settings: dict[str, float]) -> None:
    """Change the learning rate or the patience of a paused run, from its next epoch on.

    Raises:
        RunStateError: it is not paused.
        ConfigError: a value is out of its bounds, or cannot be changed on the way.
    """
    fixed = [name for name in settings if name not in CHANGEABLE]
    if fixed:
        raise ConfigError([f"{', '.join(fixed)} cannot be changed once a run has begun."])
    if run.state != "paused":
        raise RunStateError(f"Run {run.id} is {run.state}. Pause it to change its settings.")
    in_force = run.config_in_force
    differences = in_force.differences(in_force.changed(**settings))
    if differences:
        changed = {name: new for name, (_, new) in differences.items()}
        log.append("changed", epoch=len(run.epochs), settings=changed)


def end_paused(run: Run, log: EventLog, by: str = "") -> None:
    """End a paused run, as `by` asks; any other is left as it is."""
    if run.state == "paused":
        log.append("stopped", **run.stopped_event("user", by))


def has_only_waited(run: Run) -> bool:
    """Whether nothing has come of the run but its place in a queue."""
    return len(read_events(run.folder / "events.jsonl")) == 1


def withdraw(run: Run, log: EventLog) -> None:
    """Take a run that was there before out of the queue: it is again what it was."""
    *earlier, _ = read_events(run.folder / EVENTS)
    if earlier[-1]["event"] not in _RESTS:
        log.append("interrupted", is_withdrawn=True)
    else:
        rest = next(event for event in reversed(earlier) if event["event"] != "changed")
        fields = {name: value for name, value in rest.items() if name not in _STAMP}
        log.append(rest["event"], **fields | {"is_withdrawn": True})


def interrupt(run: Run, log: EventLog) -> bool:
    """Write down that the run lost its process; False if it did not, or that is written."""
    is_news = run.state == "interrupted" and not _says_interrupted(run)
    if is_news:
        log.append("interrupted")
    return is_news


def _says_interrupted(run: Run) -> bool:
    return bool(read_events(run.folder / EVENTS)[-1]["event"] == "interrupted")
