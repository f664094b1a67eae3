"""Who asks for something, and what of a run is theirs to decide."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from imdb_core.errors import RunForbiddenError

if TYPE_CHECKING:
    from imdb_core.data import SourceStatus
    from imdb_core.runs.run import Run

_MARK_DIGITS: Final = 16


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """One browser, as a page knows it.

    Attributes:
        id: a random name that only this browser and the server know; empty for nobody.
        is_at_computer: sits at the computer that serves only itself, and so may do everything.
    """

    id: str = ""
    is_at_computer: bool = False

    @property
    def mark(self) -> str:
        """What a run's folder keeps of the id: whoever reads it cannot pass for the visitor."""
        return sha256(self.id.encode()).hexdigest()[:_MARK_DIGITS] if self.id else ""

    def owns(self, made: Run | SourceStatus) -> bool:
        """Whether the visitor started the run, or resumed it last; or added the reviews."""
        return bool(self.mark) and made.visitor == self.mark

    def may_act_for(self, owner: str) -> bool:
        """Whether the visitor may change what the visitor of this mark made."""
        return self.is_at_computer or owner == self.mark

    def check_may_act(self, run_id: str, owner: str) -> None:
        """Raise RunForbiddenError unless the visitor may stop, pause or change the run.

        Args:
            run_id: the run's.
            owner: the mark of whoever started it, empty where nobody knows.
        """
        if self.may_act_for(owner):
            return
        if not owner:
            raise RunForbiddenError(
                f"Nobody knows who started run {run_id}. Only a person at the server's own "
                "computer can do this."
            )
        raise RunForbiddenError(
            f"Run {run_id} is somebody else's run: only whoever started it can do this."
        )


TERMINAL: Final = "terminal"
"""Who asked, where a command did; elsewhere it is a mark, or empty where that is not known."""

NOBODY: Final = Visitor()
"""Whoever is no visitor; of runs that nobody started, they may do everything."""
