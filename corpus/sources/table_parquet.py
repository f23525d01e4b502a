"""Parquet tables, batch by batch, only the columns that the recipe names.

The file is opened through `InputFile.open`, local or remote, and read with pyarrow; rows and faults go to `table.py`.
Batches are cut so that each holds a few MiB, whatever the size of row groups: memory does not grow with the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from corpus.files import InputFile
from corpus.sources.settings import TableSettings
from corpus.sources.table_fields import text_fields
from corpus.sources.table_rows import Fault, Row

MAGIC = b"PAR1"
BATCH_BYTES = 4 << 20
BATCH_ROWS = 1024
READ_AHEAD = 1 << 20  # bytes of a column read at once; without it pyarrow reads a column of a row group whole
_ERRORS = (pa.ArrowException, OSError, ValueError, OverflowError)  # what pyarrow raises for a file that is damaged


def rows(file: InputFile, settings: TableSettings) -> Iterator[Row | Fault]:
    """The rows of a Parquet file; a file without rows gives none. Ends with a `Fault` where it cannot be read."""
    with file.open() as stream:
        try:
            # Limits on the footer, which says itself how much memory it wants.
            table = pq.ParquetFile(
                stream,
                buffer_size=READ_AHEAD,
                pre_buffer=False,
                thrift_string_size_limit=64 << 20,
                thrift_container_size_limit=4_000_000,
            )
            columns = _columns(table.schema_arrow.names, settings)
        except _ERRORS as error:
            yield Fault("parquet", f"this is no Parquet file, or its end is missing or damaged: {error}")
            return
        yield from _rows(table, columns)


def _rows(table: pq.ParquetFile, columns: list[str]) -> Iterator[Row | Fault]:
    number = 0
    batches = table.iter_batches(batch_size=_batch_rows(table.metadata), columns=columns, use_threads=False)
    while True:
        try:
            batch = next(batches, None)
        except _ERRORS as error:
            yield Fault("parquet", f"after row {number:,} the file cannot be read: {error}")
            return
        if batch is None:
            return
        for value in _values(batch):
            number += 1
            if isinstance(value, dict):
                yield Row(value, f"row {number:,}")
            else:
                yield Fault("undecodable", f"row {number:,}: {value}")


def _columns(names: list[str], settings: TableSettings) -> list[str]:
    """The top-level columns to read: those that the field map touches, or, so that a message can name what there is,
    all when it touches none of the text."""
    wanted = {*text_fields(settings), *settings.meta, settings.title, settings.id, settings.licence_field}
    wanted |= {settings.language_field, settings.date, settings.url}
    wanted |= {name[:dot] for name in wanted for dot, character in enumerate(name) if character == "."}
    texts = {name[:dot] for name in text_fields(settings) for dot in range(1, len(name) + 1)}
    return [name for name in names if name in wanted] if texts & set(names) else names


def _batch_rows(metadata: Any) -> int:
    """How many rows make a batch of `BATCH_BYTES`, by the row group whose rows are the largest."""
    groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
    largest = max((group.total_byte_size // max(group.num_rows, 1) for group in groups), default=1)
    return int(min(max(BATCH_BYTES // max(largest, 1), 1), BATCH_ROWS))


def _values(batch: pa.RecordBatch) -> Iterator[dict[str, Any] | str]:
    """The rows of a batch; or, for one that Python cannot hold (not UTF-8, a date beyond the calendar), why."""
    try:
        yield from batch.to_pylist()
        return
    except (UnicodeDecodeError, ValueError, OverflowError):
        pass
    for number in range(batch.num_rows):
        try:
            yield batch.slice(number, 1).to_pylist()[0]
        except (UnicodeDecodeError, ValueError, OverflowError) as error:
            yield str(error)
