"""What pages keep of scores between their runs: networks, explanations, files on their way."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import streamlit as st

from imdb_core.errors import StudioError
from imdb_core.jobs import Memo
from imdb_core.scoring import Attribution, Reading, ReadingCurve, Scorer, ScorerCache
from imdb_core.scoring.batch import FileScoring
from imdb_core.scoring.calibration import Calibration, calibrate
from imdb_core.studio import Studio, the_studio
from imdb_core.ui.live import wait_for

_WAIT_S = 0.1
_FILES_KEPT = 4

T = TypeVar("T")

# Module globals, because any visitor can clear Streamlit's caches.
scorers = ScorerCache()
files: OrderedDict[str, FileScoring] = OrderedDict()
"""The last file of each of the last visitors, so that a reload does not lose it."""


def keep_file(visitor: str, scoring: FileScoring) -> None:
    """Put a visitor's file in the place of his last one."""
    previous = files.pop(visitor, None)
    if previous is not None:
        previous.cancel()
    files[visitor] = scoring
    for other in list(files)[:-_FILES_KEPT]:
        if files[other].is_done:
            del files[other]


def curve_of(scorer: Scorer, reading: Reading) -> ReadingCurve | None:
    """The reading curve; None, and a line that says so, while it is worked out.

    Raises:
        StudioError: there is none.
    """
    # Not behind the explanations that take long: it is drawn first.
    return _explained(
        "curve", scorer, reading, lambda: scorer.curve(reading), answers=the_studio().curves
    )


def gradients_of(scorer: Scorer, reading: Reading) -> Attribution | None:
    """Integrated gradients; None, and a line that says so, while they are worked out."""
    return _explained("gradients", scorer, reading, lambda: scorer.integrated_gradients(reading))


def left_out_of(scorer: Scorer, reading: Reading) -> Attribution | None:
    """Leaving each word out; None, and a line that says so, while it is worked out."""
    return _explained("left out", scorer, reading, lambda: scorer.left_out(reading))


def epoch_scores_of(scorer: Scorer, reading: Reading, epochs: Sequence[int]) -> list[float] | None:
    """P(positive) by the weights of each of `epochs`; None while they are worked out."""
    run = scorer.run

    def work() -> list[float]:
        return [Scorer.load(run, epoch).judge(reading).probability for epoch in epochs]

    question = "epochs", run.folder, tuple(epochs), run.changed_at, reading.ids.tobytes()
    return _answer(the_studio().answers, question, work, "Asking every epoch …")


def calibration_of(studio: Studio, scorer: Scorer) -> tuple[Calibration | None, str]:
    """How often its scores were right, or else why that is not known.

    While it is worked out there is neither, and a line says so.
    """
    run = scorer.run
    if run.best is None or scorer.epoch != run.best.epoch:
        return None, "that is worked out for the best epoch only."

    def work() -> Calibration:
        return calibrate(run, scorer, studio.library)

    question = run.folder, scorer.epoch
    try:
        words = "Looking how often such scores were right …"
        return _answer(studio.calibrations, question, work, words), ""
    except StudioError as error:
        studio.calibrations.forget(question)  # the reviews may be there the next time
        return None, str(error)


def _explained(
    kind: str,
    scorer: Scorer,
    reading: Reading,
    work: Callable[[], T],
    *,
    answers: Memo | None = None,
) -> T | None:
    # Not the scorer: an answer that is kept would keep its network, too.
    question = (
        kind, scorer.run.folder, scorer.epoch, reading.ids.tobytes(), reading.ranks.tobytes()
    )  # fmt: skip
    return _answer(answers or the_studio().answers, question, work, "Working it out …")


def _answer(answers: Memo, question: Hashable, work: Callable[[], T], words: str) -> T | None:
    """The answer; while it is worked out, None, and `words` say so where it will stand."""
    found = answers.get(question, work, wait_s=_WAIT_S)
    if found is None:
        wait_for(answers.topic(question) or "")
        st.caption(f":material/hourglass_empty: {words}")
    return found
