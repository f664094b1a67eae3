"""Carries a queued run from its data to its last event."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary, Dataset, Progress
from imdb_core.data.encoded import EncodedSplit, encode_split
from imdb_core.errors import PreparationCancelledError, StudioError
from imdb_core.files import write_json_atomically
from imdb_core.runs.event_log import Event, EventLog
from imdb_core.runs.folder import VOCABULARY
from imdb_core.runs.pinned import PinnedReviews
from imdb_core.runs.recorder import RunRecorder
from imdb_core.runs.resumption import resume_point
from imdb_core.runs.run import DatasetInfo, Run
from imdb_core.runs.store import RunStore
from imdb_core.runs.trained_on import check_same
from imdb_core.stop_flag import StopFlag
from imdb_core.training.device import device_name, resolve_device
from imdb_core.training.loop import TrainingLoop
from imdb_core.training.records import LoopEnd
from imdb_core.training.word_vectors import find_word_vectors

logger = logging.getLogger(__name__)


def execute(
    run_id: str,
    store: RunStore,
    library: DataLibrary,
    *,
    stop: StopFlag,
    pause_after: int | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    on_event: Callable[[Event], None] = lambda event: None,
) -> Run:
    """Train the run to its end, here and now; returns it as it ended.

    Prepares the data first if nobody has. A run with finished epochs goes on from the
    last of them; a paused one waits to be resumed. Whatever ends the run, its folder says
    so: an error a user can put right as the `failed` event's message, any other with a pointer
    to the log.

    Raises:
        StorageError: not even the end could be written.
    """
    log = store.log(run_id, on_event=on_event)
    try:
        log.append("preparing")
        run = store.get(run_id)
        try:
            dataset = _dataset(library, run, on_progress, stop)
            end = _train(run, dataset, store, log, stop, pause_after, on_progress)
        except PreparationCancelledError:
            end = "paused" if stop.asks_to_pause else "user"
        _append_end(store, log, run_id, end, stop.by)
    except StudioError as error:
        log.append("failed", error=type(error).__name__, message=str(error))
    except Exception as error:
        logger.exception("Run %s ended by a defect", run_id)
        log.append(
            "failed",
            error=type(error).__name__,
            message=f"Unexpected {type(error).__name__}: {error}. The program's log has the rest.",
        )
    return store.get(run_id)


def _dataset(
    library: DataLibrary,
    run: Run,
    on_progress: Callable[[Progress], None],
    stop: StopFlag,
) -> Dataset:
    # What `imdb` means may have changed since the first epoch; the run goes on with what it had.
    has_begun = run.dataset is not None and (bool(run.epochs) or run.has_state)
    name = run.dataset.source if run.dataset is not None and has_begun else run.config.source
    dataset = library.prepare(
        library.resolve(name), on_progress=on_progress, is_cancelled=stop.is_set
    )
    if has_begun:
        check_same(run, dataset.fingerprint)
    return dataset


def _train(
    run: Run,
    dataset: Dataset,
    store: RunStore,
    log: EventLog,
    stop: StopFlag,
    pause_after: int | None,
    on_progress: Callable[[Progress], None],
) -> LoopEnd:
    config = run.config_in_force
    device = resolve_device(config)
    train = encode_split(dataset, "train", config)
    validation = encode_split(dataset, "validation", config)
    point = resume_point(run, log)
    # Not kept under a name: with many words they are as large as the network.
    loop = TrainingLoop(
        config,
        train,
        validation,
        device,
        word_vectors=_word_vectors(config, train, stop, on_progress, is_needed=point is None),
    )
    recorder = RunRecorder(run, log, PinnedReviews(run.pinned_texts, config, dataset.vocabulary))
    _save_vocabulary(run, dataset)
    if point is None:
        store.describe(run.id, _describe(dataset, train, validation), device_name(device))
        log.append("started", device=device.type, engine=loop.engine.name)
    else:
        state, record = point
        loop.restore(state)
        if record.epoch > len(run.epochs):
            recorder.keep(record, state)
    if run.epochs or point is not None:
        log.append("resumed", epoch=loop.stopping.epoch)
    return loop.run(recorder, stop, last_epoch=run.last_epoch, pause_after=pause_after)


def _word_vectors(
    config: TrainConfig,
    train: EncodedSplit,
    stop: StopFlag,
    on_progress: Callable[[Progress], None],
    *,
    is_needed: bool,
) -> NDArray[np.float32] | None:
    vectors = None
    if is_needed and config.initialization == "word_vectors":
        on_progress(Progress(stage="Learning which words keep the same company"))
        vectors = find_word_vectors(
            train.ids, config.vocab_size, config.embedding_dim, is_cancelled=stop.is_set
        )
    on_progress(Progress(stage="Getting the network ready; the first time compiles its kernels"))
    return vectors


def _describe(dataset: Dataset, train: EncodedSplit, validation: EncodedSplit) -> DatasetInfo:
    return DatasetInfo(
        source=dataset.source,
        origin=dataset.origin,
        fingerprint=dataset.fingerprint,
        is_synthetic=dataset.is_synthetic,
        train_reviews=len(train),
        validation_reviews=len(validation),
    )


def _save_vocabulary(run: Run, dataset: Dataset) -> None:
    """Keep the words that the run can tell apart: a review becomes ids again without the data."""
    words = [dataset.vocabulary.word(rank) for rank in range(1, len(dataset.vocabulary) + 1)]
    write_json_atomically(run.folder / VOCABULARY, {"words": words[: run.config.vocab_size]})


def _append_end(store: RunStore, log: EventLog, run_id: str, end: LoopEnd, by: str) -> None:
    run = store.get(run_id)
    if end == "paused":
        log.append("paused", epoch=len(run.epochs), **({"by": by} if by else {}))
    else:
        log.append("stopped", **run.stopped_event(end, by if end == "user" else ""))
