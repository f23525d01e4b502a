"""The documents of a shard in batches, and the files that facts are written to: what every annotator runs in.

Shards come from `corpus/ingest.py`, facts go to the store. Rows stand in the order of `documents.parquet`. With an
annotator's own module this is all the code that its facts depend on (`corpus/annotate/stage.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from corpus.annotate.fact import DTYPES, Fact
from corpus.parquet import parquet_writer
from corpus.store import Making

BATCH_BYTES = 4 << 20
GROUP_ROWS = 8_192  # of a facts file: a writer remembers every column of every group until the file is closed


class FactsFile:
    """One annotator's facts being written, a context; it leaves a table even for a shard without documents."""

    def __init__(self, name: str, facts: Sequence[Fact], making: Making) -> None:
        self.name = name
        self.schema = {fact.name: DTYPES[fact.dtype] for fact in facts}
        empty = pl.DataFrame(schema=self.schema).to_arrow(compat_level=pl.CompatLevel.oldest())
        self.context = parquet_writer(making.folder / "facts.parquet", empty.schema)
        self.making = making
        self.held: list[pl.DataFrame] = []

    def write(self, facts: pl.DataFrame, height: int) -> None:
        """Append one batch, holding the annotator to its contract."""
        if facts.height != height or dict(facts.schema) != self.schema:
            raise AssertionError(f"annotator {self.name!r} broke its contract: {facts.height} rows for {height}, "
                                 f"columns {dict(facts.schema)} instead of {self.schema}")  # fmt: skip
        self.held.append(facts)
        self.making.counts["documents"] = self.making.counts.get("documents", 0) + height
        if sum(piece.height for piece in self.held) >= GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self.held:
            table = pl.concat(self.held).to_arrow(compat_level=pl.CompatLevel.oldest())
            self.writer.write_table(table.cast(self.writer.schema))
        self.held = []

    def __enter__(self) -> FactsFile:
        self.writer = self.context.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        """Finish the file, unless the work failed."""
        if error[0] is None:
            self._flush()
        self.context.__exit__(*error)


def batches(documents_file: Path, have: list[Path]) -> Iterator[pl.DataFrame]:
    """The documents in batches, with the facts that are already there beside them."""
    documents = pq.ParquetFile(documents_file, pre_buffer=False)  # else it keeps what was read
    facts = [pq.ParquetFile(path, pre_buffer=False) for path in have]
    streams = [_rows(file) for file in facts]
    for group in documents.iter_batches(batch_size=500):
        batch = pl.DataFrame(pa.Table.from_batches([group]))
        for piece in _cut(batch):
            beside = [stream.take(piece.height) for stream in streams]
            yield piece.hstack([column for frame in beside for column in frame.get_columns()])


def _cut(batch: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Pieces of at most `BATCH_BYTES` of text, or one document: long books must not multiply an annotator's memory."""
    sizes = batch["text"].str.len_bytes().to_list()
    start = total = 0
    for row, size in enumerate(sizes):
        if row > start and total + size > BATCH_BYTES:
            yield batch[start:row]
            start, total = row, 0
        total += size
    yield batch[start:]


class _rows:
    """Rows of a Parquet file by any number at a time, whatever its row groups."""

    def __init__(self, file: pq.ParquetFile) -> None:
        self._batches = file.iter_batches(batch_size=4096)
        self._held = pl.DataFrame()

    def take(self, count: int) -> pl.DataFrame:
        """The next `count` rows."""
        while self._held.height < count:
            more = pl.DataFrame(pa.Table.from_batches([next(self._batches)]))
            self._held = more if self._held.width == 0 else self._held.vstack(more)
        piece, self._held = self._held[:count], self._held[count:]
        return piece
