"""The last word on every record: which version stands, and what became of the others.

Record tables of all shards come from `corpus/ingest.py`; the outcome of every entry goes to `corpus/decide.py` and into
the ledger. For sources that are replayed (PubMed, PMC, the web) the highest version wins, then the latest file, then
the latest position; a deletion wins over every version. A row of a table or a text has no versions: the first of
two entries with one key stays, an equal later one is a duplicate, a different one is quarantined as `duplicate-id`.

State per record, held in memory here and nowhere before: key, file number, position, version, kind (about 100 bytes).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

REPLAYED = ("pubmed", "pmc", "web")
# What can become of an entry of an input file. The ledger's record rows carry these words.
OUTCOMES = pl.Enum(["read", "superseded", "deleted", "duplicate", "broken", "deletion"])


class Shard(NamedTuple):
    """A shard as later stages see it: its store key, its folder, its source's name and kind."""

    key: str
    folder: Path
    source: str
    kind: str


class Resolved(NamedTuple):
    """`entries`: one row per entry, columns `shard, entry, record, file, position, version, documents, outcome,
    other, cause, detail`; `file` numbers rows of `files` (`source, file`), which stand in replay order."""

    entries: pl.DataFrame
    files: pl.DataFrame


def resolve(shards: Sequence[Shard]) -> Resolved:
    """The outcome of every entry of every shard. `other` is the place that superseded or deleted it."""
    entries, files = _load(shards)
    deletions = entries.filter(pl.col("kind") == "deletion")
    gone = deletions.sort("file", "position").unique("record", keep="last").select("record", by=_place())
    entries = entries.join(gone, on="record", how="left", maintain_order="left")
    repeated = pl.col("record").is_in(_repeated_keys(entries).implode())
    ranked = _rank(entries.filter(repeated), shards)
    entries = entries.join(ranked, on=["shard", "entry"], how="left", maintain_order="left")
    read = pl.col("kind") == "record"
    outcome = (
        pl.when(pl.col("kind") != "record").then(pl.col("kind"))
        .when(pl.col("by").is_not_null()).then(pl.lit("deleted"))
        .otherwise(pl.col("lost").fill_null("read"))
    )  # fmt: skip
    other = pl.when(read & pl.col("by").is_not_null()).then(pl.col("by")).when(read).then(pl.col("winner"))
    resolved = entries.with_columns(outcome.cast(OUTCOMES).alias("outcome"), other.otherwise(None).alias("other"))
    resolved = _warn_of_later(_name_causes(resolved, files), files, shards)
    return Resolved(resolved.drop("kind", "by", "lost", "winner", "digest"), files)


def _warn_of_later(entries: pl.DataFrame, files: pl.DataFrame, shards: Sequence[Shard]) -> pl.DataFrame:
    """Say, in `detail` of a standing record, that a later entry of it could not be read: it may have been a correction
    or a retraction. The record stands all the same; what cannot be read cannot be obeyed."""
    replayed = [number for number, shard in enumerate(shards) if shard.kind in REPLAYED]
    broken = entries.filter(
        (pl.col("outcome") == "broken") & (pl.col("record") != "") & pl.col("shard").is_in(replayed)
    )
    latest = broken.sort("file", "position").unique("record", keep="last")
    latest = latest.select("record", later=pl.col("file"), at=pl.col("position"))
    names = files.select(later=pl.col("number"), name=pl.format("{}/{}", "source", "file"))
    entries = entries.join(latest.join(names, on="later"), on="record", how="left", maintain_order="left")
    is_later = (pl.col("later") > pl.col("file")) | (
        (pl.col("later") == pl.col("file")) & (pl.col("at") > pl.col("position"))
    )
    warning = pl.format("a later entry of it could not be read: {}#{}", "name", "at")
    warn = (pl.col("outcome") == "read") & is_later.fill_null(False)
    return entries.with_columns(detail=pl.when(warn).then(warning).otherwise("detail")).drop("later", "at", "name")


def _load(shards: Sequence[Shard]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All record tables, with files numbered in replay order: sources as in the recipe, then file names."""
    order = {name: rank for rank, name in enumerate(dict.fromkeys(shard.source for shard in shards))}
    columns = ["record", "file", "position", "version", "kind", "documents", "digest", "cause", "detail"]
    tables = [
        pl.read_parquet(shard.folder / "records.parquet", columns=columns, glob=False)
        .with_row_index("entry")
        .with_columns(shard=pl.lit(number, pl.UInt32), source=pl.lit(shard.source))
        for number, shard in enumerate(shards)
    ]
    everything = pl.concat(tables) if tables else pl.DataFrame()
    files = everything.select("source", "file").unique()
    files = files.with_columns(rank=pl.col("source").replace_strict(order, return_dtype=pl.UInt32))
    files = files.sort("rank", "file").drop("rank").with_row_index("number")
    numbered = everything.join(files, on=["source", "file"], how="left", maintain_order="left")
    return numbered.drop("source", "file").rename({"number": "file"}), files


def _repeated_keys(entries: pl.DataFrame) -> pl.Series:
    records = entries.filter((pl.col("kind") == "record") & pl.col("by").is_null())["record"]
    return records.filter(records.is_duplicated()).unique()


def _rank(entries: pl.DataFrame, shards: Sequence[Shard]) -> pl.DataFrame:
    """For entries whose key occurs again: how they lost (null: they did not) and to whom."""
    replayed = [number for number, shard in enumerate(shards) if shard.kind in REPLAYED]
    entries = entries.filter((pl.col("kind") == "record") & pl.col("by").is_null())
    entries = entries.with_columns(replayed=pl.col("shard").is_in(replayed))
    ordered = entries.sort(
        pl.when("replayed").then(-pl.col("version").cast(pl.Int64)).otherwise(0),
        pl.when("replayed").then(-pl.col("file").cast(pl.Int64)).otherwise("file"),
        pl.when("replayed").then(-pl.col("position")).otherwise("position"),
        maintain_order=True,
    )
    ordered = ordered.with_columns(
        first=pl.int_range(pl.len()).over("record") == 0,
        winner_file=pl.col("file").first().over("record"),
        winner_position=pl.col("position").first().over("record"),
        # A key made of the text says by itself that the texts are equal.
        same=(pl.col("digest") == pl.col("digest").first().over("record")) | pl.col("record").str.starts_with("file:"),
    )
    lost = (
        pl.when("first").then(None)
        .when("replayed").then(pl.lit("superseded"))
        .when("same").then(pl.lit("duplicate"))
        .otherwise(pl.lit("broken"))
    )  # fmt: skip
    winner = pl.when(~pl.col("first")).then(_place("winner_file", "winner_position"))
    return ordered.select("shard", "entry", lost=lost, winner=winner)


def _place(file: str = "file", position: str = "position") -> pl.Expr:
    """A place as two numbers in text, `12#3`; `_name_causes` turns it into names once, for the few that have one."""
    return pl.format("{}#{}", pl.col(file), pl.col(position))


def _name_causes(entries: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """Places in words, and a cause for the records that were quarantined here."""
    names = pl.format("{}/{}", pl.col("source"), pl.col("file"))
    named = files.select(pl.col("number").cast(pl.String).alias("n"), names.alias("name"))
    split = pl.col("other").str.split_exact("#", 1)
    entries = entries.with_columns(n=split.struct.field("field_0"), p=split.struct.field("field_1"))
    entries = entries.join(named, on="n", how="left", maintain_order="left")
    clash = (pl.col("outcome") == "broken") & (pl.col("cause") == "")
    detail = pl.format("the key stands already at {}#{}, with other content", "name", "p")
    return entries.with_columns(
        other=pl.when(pl.col("n").is_not_null()).then(pl.format("{}#{}", "name", "p")),
        cause=pl.when(clash).then(pl.lit("duplicate-id")).otherwise("cause"),
        detail=pl.when(clash).then(detail).otherwise("detail"),
    ).drop("n", "p", "name")
