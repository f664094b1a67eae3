"""Reviews: where they come from, how they are kept, and how they become token ids."""

from imdb_core.data.encoding import (
    INDEX_FROM,
    PAD_ID,
    START_ID,
    UNKNOWN_ID,
    encode,
)
from imdb_core.data.library import DataLibrary
from imdb_core.data.plain_text import plain_text
from imdb_core.data.progress import Progress
from imdb_core.data.reviews import Dataset, Reviews, Texts, fingerprint_of
from imdb_core.data.sources import SOURCES, Counts, SourceStatus, is_own
from imdb_core.data.split import validation_split
from imdb_core.data.tables import OwnReviews, TableChoices, TableReport, check_table
from imdb_core.data.vocabulary import UNKNOWN_WORD, Vocabulary, tokenize

__all__ = [
    "INDEX_FROM",
    "PAD_ID",
    "SOURCES",
    "START_ID",
    "UNKNOWN_ID",
    "UNKNOWN_WORD",
    "Counts",
    "DataLibrary",
    "Dataset",
    "OwnReviews",
    "Progress",
    "Reviews",
    "SourceStatus",
    "TableChoices",
    "TableReport",
    "Texts",
    "Vocabulary",
    "check_table",
    "encode",
    "fingerprint_of",
    "is_own",
    "plain_text",
    "tokenize",
    "validation_split",
]
