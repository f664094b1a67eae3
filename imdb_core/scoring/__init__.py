"""Judging texts with a trained network."""

from imdb_core.scoring.scorer import Score, Scorer, ScorerCache

__all__ = ["Score", "Scorer", "ScorerCache"]
