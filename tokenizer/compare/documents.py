"""The documents that tokenizers are compared on: drawn from the held-out split of a corpus, language by language.

Comes from the output folder of `corpus build`; goes to `tokenizer/compare/counted.py` in batches. Documents are drawn
in the order of a hash of their id, so that the same are drawn whatever files the corpus was cut into. Memory: the ids
of the split, one row group of texts, one batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import polars as pl
import xxhash

from corpus.report.folder import Build, reading
from tokenizer.sample import HELD_OUT, files_of, read_rows

# Of a longer document only this many characters are measured: the memory of an encoded text is a hundred times its own.
LONGEST = 1 << 20
BATCH = 1 << 19  # characters encoded at a time; a longer document is a batch of its own


class Drawn(NamedTuple):
    """The documents of a comparison. `rows`: `file`, `row`, `id`, `language`, `source`, `tier`, `cut` (whether the
    document is longer than is measured), in order of file and row. `available`: documents of the split by language."""

    build: Build
    rows: pl.DataFrame
    available: dict[str, int]

    def batches(self) -> Iterator[tuple[pl.DataFrame, list[str]]]:
        """Rows and texts, in the order of `rows`, a bounded number of characters at a time."""
        files = files_of(self.build, HELD_OUT)
        with reading(self.build):
            for (number,), rows in self.rows.group_by("file", maintain_order=True):
                for some, texts in read_rows(files[int(str(number))], rows):
                    yield from _cut(some, texts)


def draw(build: Build, most: int, seed: int) -> Drawn:
    """Draw up to `most` documents of each language (0: all). Raises `UserError` when nothing is held out."""
    columns = ["id", "language", "source", "tier"]
    tables = []
    with reading(build):
        for number, file in enumerate(files_of(build, HELD_OUT)):
            long = (pl.col("text").str.len_chars() > LONGEST).alias("cut")
            rows = pl.scan_parquet(file, glob=False).select(*columns, long).with_row_index("row").collect()
            tables.append(rows.select(pl.lit(number, pl.UInt32).alias("file"), "row", *columns, "cut"))
    found = pl.concat(tables)
    keys = pl.Series("key", [xxhash.xxh3_64_intdigest(name.encode(), seed=seed) for name in found["id"]], pl.UInt64)
    ordered = found.with_columns(keys, pl.col("language").fill_null("und")).sort("key", "id")
    drawn = ordered.group_by("language", maintain_order=True).head(most) if most else ordered
    available = dict(found.group_by(pl.col("language").fill_null("und")).len().sort("language").iter_rows())
    return Drawn(build, drawn.select("file", "row", *columns, "cut").sort("file", "row"), available)


def _cut(rows: pl.DataFrame, texts: list[str]) -> Iterator[tuple[pl.DataFrame, list[str]]]:
    """Batches of about BATCH characters, each text cut at LONGEST."""
    begin = size = 0
    for place, text in enumerate(texts):
        if size and size + len(text) > BATCH:
            yield rows[begin:place], [one[:LONGEST] for one in texts[begin:place]]
            begin, size = place, 0
        size += len(text)
    yield rows[begin:], [one[:LONGEST] for one in texts[begin:]]
