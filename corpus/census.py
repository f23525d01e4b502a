"""The census: every document ever read, one row each, with what the stages that look at all documents need of it.

Shards, their sketches and identifiers, and the last word on every record (`corpus/resolve.py`) come in; the table goes
to `corpus/relate/stage.py` and `corpus/decide.py`. It is the state per document that a build holds in memory, about
200 bytes each, ids included (benchmarks/LOG.md); texts stay on disk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from corpus.resolve import Resolved, Shard
from corpus.store import Store

SKETCH = ["sketch.high", "sketch.low", "sketch.shingles"]
IDENTIFIERS = ["identifiers.pmid", "identifiers.pmcid", "identifiers.doi", "identifiers.twins"]


def census(
    shards: Sequence[Shard], facts: Sequence[Mapping[str, str]], store: Store, resolved: Resolved
) -> pl.DataFrame:
    """Columns `id, entry, bytes, characters, shard, row, source, record, file, position, outcome`, and SKETCH and
    IDENTIFIERS; in order of shard and row. `facts` maps annotators to store keys, by shard."""
    index = _together([store.file("ingest", shard.key, "index.parquet") for shard in shards])
    sketch = _together([store.file("annotate", keys["sketch"], "facts.parquet") for keys in facts], SKETCH)
    named = _together([store.file("annotate", keys["identifiers"], "facts.parquet") for keys in facts], IDENTIFIERS)
    sizes = np.array([store.entry("ingest", shard.key).counts["documents"] for shard in shards], np.int64)
    shard = np.repeat(np.arange(len(shards), dtype=np.uint32), sizes)
    row = np.arange(len(shard)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    sources = pl.Series([shard.source for shard in shards], dtype=pl.String)
    places = {"shard": pl.Series(shard), "row": pl.Series(row.astype(np.uint32)), "source": sources.gather(shard)}
    documents = index.hstack(sketch).hstack(named).with_columns(pl.col("entry").cast(pl.UInt32), **places)
    entries = resolved.entries.select("shard", "entry", "record", "file", "position", "outcome")
    return documents.join(entries, on=["shard", "entry"], how="left", maintain_order="left")


def _together(files: list[Path], columns: list[str] | None = None) -> pl.DataFrame:
    """Many small files as one table, in their order; one call for all costs less than one for each."""
    return pl.read_parquet(files, columns=columns, glob=False)


def standing(documents: pl.DataFrame) -> pl.DataFrame:
    """The documents whose record is the last word on its key."""
    return documents.filter(pl.col("outcome") == "read")
