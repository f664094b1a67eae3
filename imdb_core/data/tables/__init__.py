"""One reader for the files that people bring: read, columns, labels, check."""

from imdb_core.data.tables.check import check_table, look_at_table, text_column
from imdb_core.data.tables.columns import find_columns
from imdb_core.data.tables.label_values import LabelValue
from imdb_core.data.tables.labels import MEANINGS, Meaning
from imdb_core.data.tables.read import ReadChoices, read_table
from imdb_core.data.tables.report import OwnReviews, TableChoices, TableReport
from imdb_core.data.tables.table import Format, Row, Table

__all__ = [
    "MEANINGS",
    "Format",
    "LabelValue",
    "Meaning",
    "OwnReviews",
    "ReadChoices",
    "Row",
    "Table",
    "TableChoices",
    "TableReport",
    "check_table",
    "find_columns",
    "look_at_table",
    "read_table",
    "text_column",
]
