"""How well a run does on a whole split, and on which reviews it fails.

Importing this loads neither PyTorch nor scikit-learn.
"""

from imdb_core.evaluation.evaluating import evaluate
from imdb_core.evaluation.evaluation import (
    THRESHOLD,
    Basis,
    Counts,
    Evaluation,
    EvaluationSplit,
    judged_right,
)
from imdb_core.evaluation.kept import basis_of, cached, stored, stored_basis
from imdb_core.evaluation.metrics import CalibrationBin, Curve, Metrics

__all__ = [
    "THRESHOLD",
    "Basis",
    "CalibrationBin",
    "Counts",
    "Curve",
    "Evaluation",
    "EvaluationSplit",
    "Metrics",
    "basis_of",
    "cached",
    "evaluate",
    "judged_right",
    "stored",
    "stored_basis",
]
