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


class Watch:
    """The two ends of a preparation's leash: it reports, and it hears of a cancel."""

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
