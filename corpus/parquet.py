"""Parquet files piece by piece: a failure to write is one failure, and no more is read than the rows that are wanted.

Used by the stages that write tables in pieces (`corpus/annotate/stage.py`, `corpus/judge.py`, `corpus/export.py`) and
by those that look at a few documents among many (`corpus/relate/texts.py`, `corpus/learn/stage.py`).
pyarrow's writer tries again to write its footer when it is thrown away, and prints a traceback of its own when the disk
is still full; this one is given up in silence, and the first error goes on alone.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray


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


def take(path: Path, rows: NDArray[np.integer[Any]], columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Those rows (ascending) of a Parquet file, reading only the row groups that hold any."""
    pieces = list(taken(path, rows, columns))
    return pl.concat(pieces) if pieces else pl.DataFrame()


def taken(path: Path, rows: NDArray[np.integer[Any]], columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
    """The same, a row group at a time."""
    file = pq.ParquetFile(path, pre_buffer=False)  # else it keeps what was read
    start = 0
    for group in range(file.num_row_groups):
        end = start + file.metadata.row_group(group).num_rows
        inside = rows[(rows >= start) & (rows < end)]
        if len(inside):
            names = list(columns) if columns is not None else None
            places = pl.Series(inside - start).to_arrow()  # `pa.array` would import pandas, where it is installed
            yield pl.DataFrame(file.read_row_group(group, columns=names).take(places))
        start = end
