"""What a killed process leaves in the folder of runs goes the next time."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from imdb_core.runs.store import RunStore

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs", now=lambda: NOW)


def left_behind(store: RunStore, name: str, at: datetime) -> Path:
    folder = store.folder / name
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{}")
    os.utime(folder, (at.timestamp(), at.timestamp()))
    return folder


def test_stale_drafts_and_half_removed_runs_are_swept_and_young_drafts_stay(
    store: RunStore,
) -> None:
    stale = left_behind(store, ".0123456789abcdef.new", NOW - timedelta(days=2))
    young = left_behind(store, ".fedcba9876543210.new", NOW - timedelta(hours=2))
    removed = left_behind(store, ".2026-11-22_101530_k3f9.deleted", NOW)

    store.mark_interrupted()

    assert [folder.exists() for folder in (stale, young, removed)] == [False, True, False]


def test_a_draft_that_is_not_added_takes_only_itself_away(store: RunStore) -> None:
    with store.shelf.draft() as other:
        with store.shelf.draft() as draft:
            assert draft != other
        assert not draft.exists()
        assert other.exists()
