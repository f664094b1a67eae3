"""Carries a queued run from its data to its last event."""

from __future__ import annotations

import logging
from collections.abc import Callable

from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary, Dataset, Progress
from imdb_core.data.encoded import EncodedSplit, encode_split
from imdb_core.errors import PreparationCancelledError, StudioError
from imdb_core.files import write_json_atomically
from imdb_core.runs.event_log import Event, EventLog
from imdb_core.runs.recorder import RunRecorder
from imdb_core.runs.run import DatasetInfo, Run
from imdb_core.runs.store import RunStore
from imdb_core.stop_flag import StopFlag
from imdb_core.training.device import device_name, resolve_device
from imdb_core.training.loop import TrainingLoop
from imdb_core.training.records import StopReason

logger = logging.getLogger(__name__)

VOCABULARY = "vocabulary.json"


def execute(
    run_id: str,
    store: RunStore,
    library: DataLibrary,
    *,
    stop: StopFlag,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    on_event: Callable[[Event], None] = lambda event: None,
) -> Run:
    """Train the run to its end, here and now; returns it as it ended.

    Prepares the data first if nobody has. A run with finished epochs goes on from the
    last of them. Whatever ends the run, its folder says so: an error a user can mend as
    the `failed` event's message, any other with a pointer to the log.

    Raises:
        StorageError: not even the end could be written.
    """
    log = store.log(run_id, on_event=on_event)
    try:
        log.append("preparing")
        run = store.get(run_id)
        try:
            dataset = _dataset(library, run.config, on_progress, stop)
        except PreparationCancelledError:
            _append_stopped(store, log, run_id, "user")
            return store.get(run_id)
        on_progress(
            Progress(stage="Getting the network ready; the first time compiles its kernels")
        )
        reason = _train(run, dataset, store, log, stop)
        _append_stopped(store, log, run_id, reason)
    except StudioError as error:
        log.append("failed", message=str(error))
    except Exception as error:
        logger.exception("Run %s ended by a defect", run_id)
        log.append(
            "failed",
            message=f"Unexpected {type(error).__name__}: {error}. The program's log has the rest.",
        )
    return store.get(run_id)


def _dataset(
    library: DataLibrary,
    config: TrainConfig,
    on_progress: Callable[[Progress], None],
    stop: StopFlag,
) -> Dataset:
    source = library.resolve(config.source)
    return library.prepare(source, on_progress=on_progress, is_cancelled=stop.is_set)


def _train(
    run: Run,
    dataset: Dataset,
    store: RunStore,
    log: EventLog,
    stop: StopFlag,
) -> StopReason:
    config = run.config
    device = resolve_device(config.device)
    train = encode_split(dataset, "train", config)
    validation = encode_split(dataset, "validation", config)
    loop = TrainingLoop(config, train, validation, device)
    recorder = RunRecorder(run, log)
    if run.has_state:
        recorder.restore(loop, len(run.epochs))
        log.append("resumed", epoch=loop.stopping.epoch)
    else:
        store.describe(run.id, _describe(dataset, train, validation), device_name(device))
        _save_vocabulary(run, dataset)
        log.append("started", device=device.type, engine=loop.engine.name)
    return loop.run(recorder, stop)


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


def _append_stopped(store: RunStore, log: EventLog, run_id: str, reason: StopReason) -> None:
    run = store.get(run_id)
    best = run.best
    log.append(
        "stopped",
        reason=reason,
        epoch=len(run.epochs),
        best_epoch=best.epoch if best else 0,
        best_val_loss=best.val_loss if best else None,
        val_accuracy=best.val_accuracy if best else None,
    )
