"""What the browser is sent is what the evaluation counts."""

import json

from imdb_core.evaluation import Evaluation
from imdb_core.ui.evaluate.threshold import STEPS, message


def test_every_step_of_the_slider_has_the_counts_of_its_threshold(evaluation: Evaluation) -> None:
    sent = json.loads(json.dumps(message(evaluation, None)))

    assert len(sent["true_positive"]) == STEPS + 1
    for step in range(STEPS + 1):
        counts = evaluation.counts(step / STEPS)
        assert sent["true_positive"][step] == counts.true_positive
        assert sent["false_positive"][step] == counts.false_positive
        assert sent["positives"] == counts.true_positive + counts.false_negative
        assert sent["negatives"] == counts.false_positive + counts.true_negative
