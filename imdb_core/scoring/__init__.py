"""Judging texts with a trained network, and explaining the verdict."""

from imdb_core.runs.weights import kept_epochs
from imdb_core.scoring.attribution import Attribution
from imdb_core.scoring.cache import ScorerCache
from imdb_core.scoring.curve import ReadingCurve, TurningWord
from imdb_core.scoring.reading import Reading
from imdb_core.scoring.scorer import Score, Scorer

__all__ = [
    "Attribution",
    "Reading",
    "ReadingCurve",
    "Score",
    "Scorer",
    "ScorerCache",
    "TurningWord",
    "kept_epochs",
]
