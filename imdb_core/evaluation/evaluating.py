"""Works an evaluation out, or takes the one in the run's folder."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imdb_core.data import DataLibrary, Progress
from imdb_core.errors import (
    PreparationCancelledError,
    RunDamagedError,
    StorageError,
    WeightsMismatchError,
)
from imdb_core.evaluation.evaluation import Evaluation, EvaluationSplit
from imdb_core.evaluation.judging import judge, rows_of
from imdb_core.evaluation.kept import best_weights, cached, keep
from imdb_core.evaluation.metrics import Metrics
from imdb_core.evaluation.negation import count_negations
from imdb_core.files import scratch_folder, write_atomically
from imdb_core.process import output_of, python
from imdb_core.runs.run import Run
from imdb_core.runs.trained_on import dataset_of
from imdb_core.runs.weights import load_last
from imdb_core.training.predicting import Predictor, predictor_for
from imdb_core.training.records import Arrays

logger = logging.getLogger(__name__)

WORKER: Final = python("imdb_core.evaluation.metrics_worker")


def evaluate(
    run: Run,
    library: DataLibrary,
    split: EvaluationSplit,
    *,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    is_cancelled: Callable[[], bool] = lambda: False,
    worker: Sequence[str] = WORKER,
) -> Evaluation:
    """Judge every review of `split` with the best weights of `run` and with its last ones.

    What was worked out before is taken from the run's folder, as long as it is of the same
    weights and data; else it is put there, if that can be written. Blocks: call it outside a
    page's script.

    Args:
        run: has finished an epoch.
        library: holds its data.
        split: which reviews.
        on_progress: called often, in this thread.
        is_cancelled: asked often.
        worker: the command that measures, to which a file is added.

    Raises:
        RunStateError: the run has no weights, or does not say what it was trained on.
        RunDamagedError: its weights are missing or damaged.
        DataNotPreparedError: its data are not here.
        DataChangedError: the data are others than it was trained on.
        DataError: the measuring failed.
        PreparationCancelledError: cancelled; nothing is kept.
        StorageError: the system does not let a file be read, or a temporary one be written.
    """
    known = cached(run, split)
    if known is not None:
        return known
    dataset = dataset_of(run, library)
    reviews, rows = rows_of(dataset, split, run.config.validation_fraction)

    def on_judged(done: int) -> None:
        if is_cancelled():
            raise PreparationCancelledError("The evaluation was cancelled; nothing is kept.")
        on_progress(Progress(stage="Judging reviews", done=done, total=len(rows)))

    on_judged(0)
    best, basis = best_weights(run, split)
    last = load_last(run, basis.last_epoch) if basis.last_epoch != basis.epoch else None
    predictors = [_predictor(run, weights) for weights in (best, last) if weights is not None]
    judged = judge(predictors, reviews, rows, run.config, on_judged)
    on_progress(Progress(stage="Working out the figures", done=len(rows), total=len(rows)))
    labels = np.asarray(reviews.labels)[rows]
    evaluation = Evaluation(
        run_id=run.id,
        basis=basis,
        origin=dataset.origin,
        words_at_most=run.config.max_length,
        metrics=_metrics(labels, judged[0], worker, is_cancelled),
        rows=rows,
        labels=labels,
        probabilities=judged[0],
        last_probabilities=judged[1] if last is not None else None,
        words=reviews.lengths[rows].astype(np.int32),
        negations=count_negations(reviews, rows, dataset.vocabulary, run.config.max_length),
        stars=None if reviews.stars is None else np.asarray(reviews.stars)[rows],
    )
    try:
        keep(run, evaluation)
    except StorageError as error:  # it is as true without being kept
        logger.warning("%s", error)
    return evaluation


def _predictor(run: Run, weights: Arrays) -> Predictor:
    try:
        return predictor_for(run.config, weights)
    except WeightsMismatchError as error:
        raise RunDamagedError(
            f"{run.best_weights} does not fit the run's settings. Train again."
        ) from error


def _metrics(
    labels: NDArray[np.uint8],
    probabilities: NDArray[np.float32],
    worker: Sequence[str],
    is_cancelled: Callable[[], bool],
) -> Metrics:
    judged = BytesIO()
    np.savez(judged, labels=labels, probabilities=probabilities)
    with scratch_folder() as folder:
        file = folder / "judged.npz"
        write_atomically(file, judged.getvalue())
        said = output_of([*worker, str(file)], "The figures", is_cancelled=is_cancelled)
    return Metrics.model_validate_json(said)
