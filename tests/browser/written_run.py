"""A run whose folder a test fills from a recorded curve, as another program would that trains."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from imdb_core.errors import StudioError
from imdb_core.runs.run import DatasetInfo, Run
from imdb_core.runs.store import RunStore
from imdb_core.training.records import StopReason
from tests.unit.training.recorded_curves import RecordedCurve

_IMDB = DatasetInfo(
    source="aclimdb",
    origin="IMDB reviews, from Stanford's aclImdb",
    fingerprint="recorded",
    is_synthetic=False,
    train_reviews=20_000,
    validation_reviews=5_000,
)


class WrittenRun:
    """A run that trains until it is told otherwise; its weights were never kept.

    Args:
        home: where its folder will be.
        curve: what it tells, from epoch 1 on.
        guess: the epoch at which its user thought it would stop.
        pinned_texts: judged after every epoch, by a number that means nothing.
    """

    def __init__(
        self,
        home: Path,
        curve: RecordedCurve,
        *,
        guess: int | None = None,
        pinned_texts: Sequence[str] = (),
    ) -> None:
        self._store = RunStore(home / "runs")
        self._curve = curve
        run = self._store.create(curve.config, guess=guess, pinned_texts=pinned_texts)
        self.id, self._pinned_texts = run.id, pinned_texts
        self._log = self._store.log(self.id)
        self._log.append("preparing")
        self._store.describe(self.id, _IMDB, "CPU (x86_64)")
        self._log.append("started", device="cpu", engine="fast")

    @property
    def record(self) -> Run:
        """As its folder tells it now."""
        return self._store.get(self.id)

    def train_to(self, epoch: int) -> Run:
        """Add the curve's epochs up to this one."""
        for record in self._curve.epochs[len(self.record.epochs) : epoch]:
            pinned = [record.val_accuracy for _ in self._pinned_texts]
            self._log.append("epoch", **record._asdict(), pinned=pinned)
        return self.record

    def pause(self) -> None:
        """After the last epoch so far."""
        self._log.append("paused", epoch=len(self.record.epochs))

    def resume(self) -> None:
        """From where it was paused."""
        self._log.append("resumed", epoch=len(self.record.epochs))

    def fail(self, error: StudioError) -> Run:
        """By an error, in the epoch after the last one."""
        self._log.append("failed", error=type(error).__name__, message=str(error))
        return self.record

    def stop(self, reason: StopReason | None = None) -> Run:
        """For the reason that ended the recorded run, unless for another."""
        run = self.record
        self._log.append("stopped", **run.stopped_event(reason or self._curve.reason))
        return self.record


def slowed(curve: RecordedCurve, seconds: float) -> RecordedCurve:
    """The same curve, each epoch of which trained so long."""
    return replace(curve, epochs=tuple(e._replace(train_seconds=seconds) for e in curve.epochs))


def endless(curve: RecordedCurve) -> RecordedCurve:
    """The curve's first epoch, and after it as many as a run may have, each a little better."""
    first, epochs = curve.epochs[0], range(1, 2_001)
    return replace(
        curve,
        config=curve.config.changed(max_epochs=len(epochs)),
        epochs=tuple(
            first._replace(epoch=epoch, best_epoch=epoch, val_loss=first.val_loss * 0.9999**epoch)
            for epoch in epochs
        ),
    )
