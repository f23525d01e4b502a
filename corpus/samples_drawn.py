"""A few documents of every fate, with the start of their text, so that a reader can look at what a rule really
drops.

Drawn from the plan by `corpus/build.py` into `ledger/samples.parquet`; shown by the report. Drawn evenly along the
ids of each group (source, fate, rule or tier), so the draw is the same in every build.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

PER_GROUP = 3
EXCERPT = 700  # characters


def draw_samples(plan: pl.DataFrame, folders: Sequence[Path], path: Path) -> None:
    """Write up to PER_GROUP documents of each group: `id, source, language, fate, rule, tier, title, excerpt`."""
    why = pl.when(pl.col("fate") == "kept").then("tier").otherwise("rule")
    rank = pl.int_range(pl.len()).over("source", "fate", "why")
    size = pl.len().over("source", "fate", "why")
    step = (size // PER_GROUP).clip(lower_bound=1)
    drawn = (
        plan.with_columns(why=why)
        .with_columns(rank=rank, step=step)
        .filter(
            (pl.col("rank") % pl.col("step") == pl.col("step") // 2) & (pl.col("rank") // pl.col("step") < PER_GROUP)
        )
    )
    pieces = []
    for (shard,), rows in drawn.group_by("shard", maintain_order=True):
        lazy = pl.scan_parquet(folders[int(shard)] / "documents.parquet", row_index_name="row", glob=False)
        wanted = rows["row"].implode()
        text = pl.col("text").str.slice(0, EXCERPT).alias("excerpt")
        found = lazy.filter(pl.col("row").is_in(wanted)).select("row", "title", text).collect()
        pieces.append(rows.join(found, on="row", how="left", maintain_order="left"))
    columns = ["id", "source", "language", "fate", "rule", "tier", "title", "excerpt"]
    table = pl.concat(pieces) if pieces else plan.head(0).with_columns(title=pl.lit(""), excerpt=pl.lit(""))
    kept = pl.col("fate") == "kept"
    table = table.with_columns(tier=pl.when(kept).then("tier"), fate=pl.col("fate").cast(pl.String))
    table.select(columns).sort("source", "fate", "rule", "tier", "id").write_parquet(path, compression="zstd")
