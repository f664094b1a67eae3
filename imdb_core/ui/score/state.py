"""What pages keep of scores between their runs: networks, explanations, files on their way."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import streamlit as st

from imdb_core.errors import StudioError
from imdb_core.jobs import JobQueue
from imdb_core.scoring import Attribution, Reading, ReadingCurve, Scorer, ScorerCache
from imdb_core.scoring.answers import Answers
from imdb_core.scoring.batch import FileScoring
from imdb_core.scoring.calibration import Calibration, calibrate
from imdb_core.studio import Studio

_WAIT_S = 0.1
_POLL_S = 0.4
_FILES_KEPT = 4

T = TypeVar("T")

# Module globals, because any visitor can clear Streamlit's caches.
scorers = ScorerCache()
file_queue = JobQueue("files")
files: OrderedDict[str, FileScoring] = OrderedDict()
"""The last file of each of the last visitors, so that a reload does not lose it."""
_calibrations = Answers("calibration")
_curves = Answers("curves")
_explanations = Answers("explanations")


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
    return _explained("curve", scorer, reading, lambda: scorer.curve(reading), answers=_curves)


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
    found = _explanations.get(question, work, wait_s=_WAIT_S)
    if found is None:
        _wait(_explanations, question, work, "Asking every epoch …")
    return found


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
        found = _calibrations.get(question, work, wait_s=_WAIT_S)
    except StudioError as error:
        _calibrations.forget(question)  # the reviews may be there the next time
        return None, str(error)
    if found is None:
        _wait(_calibrations, question, work, "Looking how often such scores were right …")
    return found, ""


def _explained(
    kind: str,
    scorer: Scorer,
    reading: Reading,
    work: Callable[[], T],
    *,
    answers: Answers = _explanations,
) -> T | None:
    # Not the scorer: an answer that is kept would keep its network, too.
    question = (
        kind, scorer.run.folder, scorer.epoch, reading.ids.tobytes(), reading.ranks.tobytes()
    )  # fmt: skip
    found = answers.get(question, work, wait_s=_WAIT_S)
    if found is None:
        _wait(answers, question, work, "Working it out …")
    return found


@st.fragment(run_every=_POLL_S)
def _wait(answers: Answers, question: Hashable, work: Callable[[], object], words: str) -> None:
    """Say what is under way, and draw the page again once the answer is there."""
    try:
        is_known = answers.get(question, work) is not None
    except StudioError:
        is_known = True
    if is_known:
        st.rerun()
    st.caption(f":material/hourglass_empty: {words}")
