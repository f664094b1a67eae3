"""Every judgement of an evaluation, for other programs."""

from __future__ import annotations

import csv
import io
from typing import Any

from numpy.typing import NDArray

from imdb_core.evaluation.evaluation import Evaluation


def as_csv(evaluation: Evaluation) -> bytes:
    """A line a review: its row, label and P(positive), and what is known of it besides.

    Probabilities have all digits of their float32, so that every figure can be computed again.
    """
    columns: dict[str, NDArray[Any] | None] = {
        "row": evaluation.rows,
        "label": evaluation.labels,
        "probability": evaluation.probabilities,
        "last_probability": evaluation.last_probabilities,
        "stars": evaluation.stars,
        "words": evaluation.words,
        "negations": evaluation.negations,
    }
    known = {name: values.tolist() for name, values in columns.items() if values is not None}
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(known)
    writer.writerows(zip(*known.values(), strict=True))
    return buffer.getvalue().encode()
