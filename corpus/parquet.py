"""Writing Parquet files so that a failure is one failure.

Used by the stages that write tables piece by piece (`corpus/annotate/stage.py`, `corpus/judge.py`, `corpus/export.py`).
pyarrow's writer tries again to write its footer when it is thrown away, and prints a traceback of its own when the disk
is still full; this one is given up in silence, and the first error goes on alone.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq


@contextlib.contextmanager
def parquet_writer(path: Path, schema: pa.Schema, **options: Any) -> Iterator[pq.ParquetWriter]:
    """A writer of zstd-compressed Parquet, closed when the block ends well. Raises `OSError` as pyarrow does."""
    writer = pq.ParquetWriter(path, schema, compression="zstd", **options)
    try:
        yield writer
        writer.close()
    except BaseException:
        with contextlib.suppress(Exception):
            writer.writer.close()
        writer.is_open = False
        raise


def write_pieces(path: Path, pieces: Iterable[pl.DataFrame], plain: Collection[str] = ()) -> Iterator[int]:
    """Write tables of one schema as row groups of one file; gives the rows of each when it is written. Plain Arrow
    types, so that every reader understands them. `plain` columns get no dictionary: it pays for names and codes, of
    texts and ids it would only fill memory."""
    remaining = (piece.to_arrow(compat_level=pl.CompatLevel.oldest()) for piece in pieces)
    first = next(remaining)
    repeated = [name for name in first.column_names if name not in plain]
    with parquet_writer(path, first.schema, use_dictionary=repeated) as writer:
        for table in itertools.chain([first], remaining):
            writer.write_table(table.cast(writer.schema))
            yield table.num_rows
