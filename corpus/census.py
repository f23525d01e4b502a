"""The census: every document ever read, one row each, with what the stages that look at all documents need of it.

Shards, their sketches and identifiers, and the last word on every record (`corpus/resolve.py`) come in; the table goes
to `corpus/relate/stage.py` and `corpus/decide.py`. It is the state per document that a build holds in memory, about
200 bytes each, ids included (benchmarks/LOG.md); texts stay on disk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
    parts = []
    for number, (shard, keys) in enumerate(zip(shards, facts, strict=True)):
        index = pl.read_parquet(store.file("ingest", shard.key, "index.parquet"), glob=False).with_row_index("row")
        sketch = pl.read_parquet(store.file("annotate", keys["sketch"], "facts.parquet"), columns=SKETCH, glob=False)
        named = pl.read_parquet(store.file("annotate", keys["identifiers"], "facts.parquet"), glob=False)
        part = index.hstack(sketch).hstack(named.select(IDENTIFIERS))
        parts.append(part.with_columns(shard=pl.lit(number, pl.UInt32), source=pl.lit(shard.source)))
    documents = pl.concat(parts).with_columns(pl.col("entry").cast(pl.UInt32))
    entries = resolved.entries.select("shard", "entry", "record", "file", "position", "outcome")
    return documents.join(entries, on=["shard", "entry"], how="left", maintain_order="left")


def standing(documents: pl.DataFrame) -> pl.DataFrame:
    """The documents whose record is the last word on its key."""
    return documents.filter(pl.col("outcome") == "read")
