"""What a user writes on a run: its label, notes and tags, in bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

LABEL_LIMIT = 80
NOTES_LIMIT = 4_000
TAG_LIMIT = 30
TAGS_LIMIT = 12


def clean_label(label: str) -> str:
    """One line of at most `LABEL_LIMIT` characters."""
    return " ".join(label.split())[:LABEL_LIMIT]


def clean_notes(notes: str) -> str:
    """Text of any lines, at most `NOTES_LIMIT` characters."""
    return notes.strip()[:NOTES_LIMIT]


def clean_tags(tags: Sequence[str]) -> list[str]:
    """At most `TAGS_LIMIT` tags, each once; a comma parts two."""
    parts = [" ".join(part.split())[:TAG_LIMIT] for tag in tags for part in tag.split(",")]
    return list(dict.fromkeys(filter(None, parts)))[:TAGS_LIMIT]


def cleaned(
    label: str | None, notes: str | None, tags: Sequence[str] | None, is_archived: bool | None
) -> dict[str, Any]:
    """The keys of `run.json` that are to change; None leaves one as it is."""
    changes = {
        "label": None if label is None else clean_label(label),
        "notes": None if notes is None else clean_notes(notes),
        "tags": None if tags is None else clean_tags(tags),
        "archived": is_archived,
    }
    return {key: value for key, value in changes.items() if value is not None}
