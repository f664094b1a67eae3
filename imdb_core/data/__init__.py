"""Reviews: where they come from, how they are kept, and how they become token ids."""

from imdb_core.data.csv_columns import CsvChoices
from imdb_core.data.csv_reviews import CsvReport, OwnReviews, check_csv
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
from imdb_core.data.vocabulary import UNKNOWN_WORD, Vocabulary, tokenize

__all__ = [
    "INDEX_FROM",
    "PAD_ID",
    "SOURCES",
    "START_ID",
    "UNKNOWN_ID",
    "UNKNOWN_WORD",
    "Counts",
    "CsvChoices",
    "CsvReport",
    "DataLibrary",
    "Dataset",
    "OwnReviews",
    "Progress",
    "Reviews",
    "SourceStatus",
    "Texts",
    "Vocabulary",
    "check_csv",
    "encode",
    "fingerprint_of",
    "is_own",
    "plain_text",
    "tokenize",
    "validation_split",
]
