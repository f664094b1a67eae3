"""Files that say themselves what a row is: JSON, JSON lines, Parquet."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from imdb_core.data.progress import Watch
from imdb_core.data.tables.delimited import lines_of
from imdb_core.data.tables.packing import check_size
from imdb_core.data.tables.table import MAX_COLUMNS, Kind, Row
from imdb_core.errors import TableError

PARQUET = b"PAR1"

_CHECK_EVERY = 1000
_BATCH = 4096
_SNIFFED_LINES = 20
_BEGINNING = re.compile(r'\s*(\{\s*"|\[\s*\{\s*")')
_LISTS = "data", "rows", "reviews", "records", "examples", "items"


class Objects(NamedTuple):
    """Rows by name."""

    kind: Kind
    names: tuple[str, ...]
    rows: list[Row]
    notes: tuple[str, ...] = ()


def read_json(text: str, name: str, watch: Watch, *, most: int) -> Objects | None:
    """The objects of a JSON array, or of JSON lines; None if the text is neither.

    Raises:
        TableError: it begins as JSON does and cannot be read, or has no rows.
        PreparationCancelledError: cancelled through `watch`.
    """
    if not text.lstrip().startswith(("{", "[")):
        return None
    first = list(islice(filter(str.strip, lines_of(text)), _SNIFFED_LINES))
    if len(first) > 1 and sum(_is_object(line) for line in first) >= len(first) / 2:
        return _from_lines(text, watch, most)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        is_named_json = name.lower().endswith((".json", ".jsonl", ".ndjson"))
        if not is_named_json and not _BEGINNING.match(text):
            return None
        raise TableError.of(f"{name} cannot be read as JSON ({error}). Save it again.") from error
    watch.check()
    rows = _rows_in(value)
    if rows is None:
        raise TableError.of(
            f"{name} is JSON, but no list of reviews. Write one object a review, such as "
            '[{"text": "A good film.", "label": "positive"}].'
        )
    return _objects("JSON", ((None, row) for row in rows[:most]), watch)


def read_parquet(content: bytes, name: str, watch: Watch, *, most: int, max_bytes: int) -> Objects:
    """The rows of a Parquet file; numbers of classes that it names itself become their names.

    Raises:
        TableError: it cannot be read, has more than `MAX_COLUMNS` columns, or more bytes than
            `max_bytes` once it is unpacked.
        PreparationCancelledError: cancelled through `watch`.
    """
    import pyarrow as pa  # here, since it takes a fifth of a second
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(content))
        names = tuple(map(str, file.schema_arrow.names))
        _check_width(len(names))
        classes = _class_names(file.schema_arrow.metadata or {})
        rows: list[Row] = []
        size_bytes = 0
        for batch in file.iter_batches(batch_size=min(_BATCH, most)):
            watch.check()
            size_bytes += batch.nbytes
            check_size(size_bytes, name, max_bytes)
            columns = [
                [_cell(value, classes.get(name)) for value in column.to_pylist()]
                for name, column in zip(names, batch.columns, strict=True)
            ]
            cells = zip(*columns, strict=True)
            rows += [Row(len(rows) + at, None, list(row)) for at, row in enumerate(cells, start=1)]
            if len(rows) >= most:
                break
    except (pa.ArrowException, OSError, ValueError) as error:
        raise TableError.of(
            f"{name} cannot be read as Parquet ({str(error).splitlines()[0]}). Write it again."
        ) from error
    notes = tuple(
        f"The file itself says what the numbers of {name!r} mean: "
        + ", ".join(f"{at} is {word}" for at, word in enumerate(words[:12])) + "."
        for name, words in classes.items() if name in names
    )  # fmt: skip
    return Objects("Parquet", names, rows[:most], notes)


def _from_lines(text: str, watch: Watch, most: int) -> Objects:
    def values() -> Iterator[tuple[int, Any]]:
        for line, content in enumerate(lines_of(text), start=1):
            if content.strip():
                yield line, _parsed(content)

    return _objects("JSON lines", values(), watch, most)


def _parsed(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """None where it is no JSON: no row of a table is null."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_object(line: str) -> bool:
    return isinstance(_parsed(line), dict | list)


def _rows_in(value: Any) -> Sequence[Any] | None:  # noqa: ANN401 - any JSON value
    """The rows of a list, of the one list in an object, or of columns as pandas writes them."""
    if isinstance(value, list):
        return value
    if not isinstance(value, dict) or not value:
        return None
    if all(isinstance(column, dict) for column in value.values()):
        first = next(iter(value.values()))
        return [{name: column.get(key) for name, column in value.items()} for key in first]
    lists = [name for name in value if isinstance(value[name], list)]
    if len(lists) == 1 or any(name in _LISTS for name in lists):
        return list(value[next((name for name in lists if name in _LISTS), lists[0])])
    if lists and len({len(value[name]) for name in lists}) == 1:
        return [dict(zip(lists, cells, strict=True))
                for cells in zip(*(value[name] for name in lists), strict=True)]  # fmt: skip
    return [value]


def _objects(
    kind: Kind, values: Iterator[tuple[int | None, Any]], watch: Watch, most: int = 1 << 60
) -> Objects:
    """Rows with a cell for every name that any of them has, in the order of their coming."""
    names: dict[str, int] = {}
    found: list[tuple[int | None, Mapping[str, Any] | None]] = []
    for number, (line, value) in enumerate(values, start=1):
        if number % _CHECK_EVERY == 0:
            watch.check()
        if isinstance(value, list):
            value = {f"column {at}": cell for at, cell in enumerate(value, start=1)}
        elif isinstance(value, str):
            value = {"text": value}
        if isinstance(value, dict) and len(value) == 2 and isinstance(value.get("row"), dict):
            value = value["row"]  # as Hugging Face's server answers
        if isinstance(value, dict):
            for name in value:
                names.setdefault(name, len(names))
            _check_width(len(names))
        found.append((line, value if isinstance(value, dict) else None))
        if number == most:
            break
    rows = [
        Row(number, line, [_cell(value.get(name)) for name in names])
        if value is not None
        else Row(number, line, [""], fault="is no JSON object")
        for number, (line, value) in enumerate(found, start=1)
    ]
    return Objects(kind, tuple(names), rows)


def _cell(value: Any, class_names: Sequence[str] | None = None) -> str:  # noqa: ANN401
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        is_named = class_names is not None and 0 <= value < len(class_names)
        return class_names[value] if class_names is not None and is_named else str(value)
    if isinstance(value, float):
        if value != value:  # NaN is how pandas writes that there is nothing
            return ""
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return json.dumps(value, ensure_ascii=False, default=str)


def _class_names(metadata: Mapping[bytes, bytes]) -> dict[str, list[str]]:
    """What Hugging Face's `datasets` writes about columns of the kind ClassLabel."""
    described = _parsed(metadata.get(b"huggingface", b"").decode("utf-8", "replace"))
    features = described.get("info", {}).get("features", {}) if isinstance(described, dict) else {}
    if not isinstance(features, dict):
        return {}
    return {
        name: [str(word) for word in feature["names"]]
        for name, feature in features.items()
        if isinstance(feature, dict)
        and feature.get("_type") == "ClassLabel"
        and isinstance(feature.get("names"), list)
    }


def _check_width(columns: int) -> None:
    if columns > MAX_COLUMNS:
        raise TableError.of(
            f"A row has {columns:,} columns; the limit is {MAX_COLUMNS}. "
            "Keep text, label and stars, and leave the others out."
        )
