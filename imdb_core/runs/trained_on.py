"""The reviews that a run was trained on: it goes on, and is judged, with these very ones."""

from __future__ import annotations

from imdb_core.data import DataLibrary, Dataset
from imdb_core.errors import DataChangedError, DataError, StudioError
from imdb_core.runs.run import Run


def dataset_of(run: Run, library: DataLibrary) -> Dataset:
    """The data that the run was trained on.

    Raises:
        DataNotPreparedError, SourceDamagedError: they are not here, or damaged.
        DataChangedError: others are here under their name.
        DataError: the run does not say which they are.
    """
    if run.dataset is None:
        raise DataError(f"Run {run.id} does not say which data it was trained on.")
    dataset = library.load(run.dataset.source)
    check_same(run, dataset.fingerprint)
    return dataset


def check_can_go_on(run: Run, library: DataLibrary) -> None:
    """Whether the run's data, where they are prepared, are those that it was trained on.

    Quick: it reads no reviews. Data that are not here are looked for when the run's turn comes.

    Raises:
        DataChangedError: they are others.
    """
    if run.dataset is None or not run.epochs:
        return
    try:
        fingerprint = library.fingerprint(run.dataset.source)
    except StudioError:  # not here, or damaged: that is told when they are loaded
        return
    check_same(run, fingerprint)


def check_same(run: Run, fingerprint: str) -> None:
    """Raise DataChangedError unless the run was trained on data of this fingerprint."""
    if run.dataset is not None and fingerprint != run.dataset.fingerprint:
        raise DataChangedError(
            f"Run {run.id} was trained on other reviews than those that are here now as "
            f"{run.dataset.source}: their fingerprints differ. Bring the former ones back, or "
            "train again."
        )
