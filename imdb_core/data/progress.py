"""What a preparation tells while it runs, and how it is asked to end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from imdb_core.errors import PreparationCancelledError

Unit = Literal["bytes", "files", "reviews"]


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a stage of a preparation has come.

    Attributes:
        stage: what is being done, for people: "Downloading imdb.npz".
        done: in `unit`.
        total: in `unit`; None if nobody knows.
        unit: what `done` and `total` count.
    """

    stage: str
    done: int = 0
    total: int | None = None
    unit: Unit = "reviews"

    @property
    def share(self) -> float:
        """How much of the stage is done, from 0 to 1; 0 where nobody knows."""
        return min(self.done / self.total, 1.0) if self.total else 0.0

    @property
    def text(self) -> str:
        """The stage and how far it is: `Downloading imdb.npz (3.2 of 17.8 MB)`."""
        if not self.done:
            return f"{self.stage} …"
        if self.unit == "bytes":
            total = f" of {self.total / 1e6:.1f}" if self.total else ""
            return f"{self.stage} ({self.done / 1e6:.1f}{total} MB)"
        total = f" of {self.total:,}" if self.total else ""
        return f"{self.stage} ({self.done:,}{total} {self.unit})"


class Watch:
    """Reports how far a preparation is, and checks whether it was cancelled."""

    def __init__(
        self,
        on_progress: Callable[[Progress], None] | None = None,
        is_cancelled: Callable[[], bool] | None = None,
    ) -> None:
        self._on_progress = on_progress
        self._is_cancelled = is_cancelled

    @property
    def is_cancelled(self) -> bool:
        """Whether the user wants it to end."""
        return self._is_cancelled is not None and self._is_cancelled()

    def check(self) -> None:
        """Go on, or not.

        Raises:
            PreparationCancelledError: the user cancelled.
        """
        if self.is_cancelled:
            raise PreparationCancelledError("The preparation was cancelled; nothing of it is kept.")

    def report(self, progress: Progress) -> None:
        """Pass `progress` on, unless cancelled (then as `check`)."""
        self.check()
        if self._on_progress is not None:
            self._on_progress(progress)
