"""Stage 5, export: the plan becomes files. Data by tier and split, the ledger, the facts, sketches and relations.

The plan comes from `corpus/decide.py`; each output file is one unit of work: the slice of the plan it holds, and the
shards its rows lie in. Files are cut by size in order of id, so they do not depend on how the input was sharded. What
stands around them (card, report, README) is added by `corpus/build.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from corpus.judge import CHUNK_ROWS, signals
from corpus.leaks.cut import without
from corpus.ledger import LEDGER_DOCUMENTS, LEDGER_RECORDS, RELATIONS
from corpus.parquet import take, write_pieces
from corpus.resolve import Resolved
from corpus.store import Store, kill_point

# Rows of a file: they bound what a worker holds. Facts are a hundred columns wide.
LEDGER_ROWS = 50_000
FACTS_ROWS = 20_000
# What the files of each task depend on, of what is known of a shard.
NEEDED = {
    "write_data": ("ingest",), "write_ledger": ("ingest", "judge"), "write_facts": ("ingest", "facts", "genre"),
    "write_sketches": ("facts",),
}  # fmt: skip
DATA_COLUMNS = ["id", "text", "title", "source", "language", "licence", "date", "meta", "tier"]
# The text of a row group: small enough to read a few documents without a whole file.
GROUP_BYTES = 8 << 20


def cut_data(plan: pl.DataFrame, shard_bytes: int) -> Iterator[tuple[str, pl.DataFrame]]:
    """File name and rows of every data file: kept documents by tier and split, in order of id."""
    kept = plan.filter(pl.col("fate") == "kept")
    for (tier, split), group in sorted(kept.group_by("tier", "split", maintain_order=True), key=lambda item: item[0]):
        # A file is closed by the document that reaches the limit: the running total before it tells its file.
        before = group["bytes"].cum_sum() - group["bytes"]
        numbered = group.with_columns(file_number=before // shard_bytes)
        for number, (_, rows) in enumerate(numbered.group_by("file_number", maintain_order=True)):
            yield f"data/{tier}-{split}-{number:05d}.parquet", rows.select("shard", "row", "tier", "language", "spans")


def with_places(plan: pl.DataFrame, resolved: Resolved) -> pl.DataFrame:
    """The plan with `place` (source/file#position), and `other`: the document that stays for it, else the place of the
    record that took the place of its own."""
    entries = resolved.entries.select("shard", "entry", replaced_by="other")
    named = plan.join(entries, on=["shard", "entry"], how="left", maintain_order="left")
    files = resolved.files.select(file="number", name=pl.format("{}/{}", "source", "file"))
    named = named.join(files, on="file", how="left", maintain_order="left")
    place = pl.format("{}#{}", "name", "position")
    return named.with_columns(place=place, other=pl.coalesce("other", "replaced_by")).drop("name", "replaced_by")


def cut_ledger(named: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """File name and rows of every file of the documents' ledger."""
    columns = [*(name for name in LEDGER_DOCUMENTS if name in named.columns), "cut_bytes"]
    for number, start in enumerate(range(0, max(named.height, 1), LEDGER_ROWS)):
        rows = named[start : start + LEDGER_ROWS].select("shard", "row", *columns)
        yield f"ledger/documents-{number:05d}.parquet", rows


def cut_facts(plan: pl.DataFrame, family: str) -> Iterator[tuple[str, pl.DataFrame]]:
    """File name and rows of every file of facts or sketches: those of the standing documents, whatever their fate."""
    rows = plan.filter(pl.col("outcome") == "read").select("id", "shard", "row")
    for number, start in enumerate(range(0, max(rows.height, 1), FACTS_ROWS)):
        yield f"{family}/{family}-{number:05d}.parquet", rows[start : start + FACTS_ROWS]


def write_data(payload: dict[str, Any], store: Store) -> dict[str, int]:
    """One data file. Payload: `file` (where to write), `rows` (plan slice file), `shards` (keys of each shard)."""
    rows = pl.read_parquet(payload["rows"], glob=False)
    pieces = []
    for number, wanted in _by_shard(rows):
        keys = payload["shards"][number]
        documents = take(store.file("ingest", keys["ingest"], "documents.parquet"), wanted["row"].to_numpy())
        pieces.append(_cut(documents, wanted["spans"]).with_columns(wanted["language"], wanted["tier"]))
    table = pl.concat(pieces, rechunk=False).select(DATA_COLUMNS)
    groups = max(1, int(table["text"].str.len_bytes().sum()) // GROUP_BYTES)
    order = table["id"].arg_sort()
    step = -(-table.height // groups)
    # Gathered a row group at a time: the texts of a file are held once, not once more for being sorted.
    _write_pieces((table[order[at : at + step]] for at in range(0, table.height, step)), Path(payload["file"]))
    kill_point("export:data-file")
    return {"documents": table.height}


def _cut(documents: pl.DataFrame, spans: pl.Series) -> pl.DataFrame:
    """The documents without the passages that leak exam items; nothing stands in their place."""
    rows = spans.is_not_null().arg_true()
    if not len(rows):
        return documents
    texts = documents["text"].to_list()
    for row in rows.to_list():
        edges = spans[row].to_list()
        texts[row] = without(texts[row], list(zip(edges[::2], edges[1::2], strict=True)))
    return documents.with_columns(text=pl.Series(texts, dtype=pl.String))


def write_ledger(payload: dict[str, Any], store: Store) -> dict[str, int]:
    """One file of the documents' ledger."""
    rows = pl.read_parquet(payload["rows"], glob=False).with_row_index("at")
    told_columns = ["value", "threshold", "tier_by", "broken", "leaks"]  # of the verdicts
    pieces = []
    for number, wanted in _by_shard(rows):
        keys = payload["shards"][number]
        verdicts = store.file("judge", keys["judge"], "verdict.parquet")
        told = take(verdicts, wanted["row"].to_numpy(), told_columns)
        documents = store.file("ingest", keys["ingest"], "documents.parquet")
        titles = take(documents, wanted["row"].to_numpy(), ["title"]).select(pl.col("title").str.slice(0, 200))
        pieces.append(wanted.hstack(told).hstack(titles))
    if not pieces:
        absent = [*told_columns, "title"]
        pieces = [rows.with_columns(pl.lit(None, LEDGER_DOCUMENTS[name]).alias(name) for name in absent)]
    table = pl.concat(pieces)
    judged = pl.col("fate").is_in(["kept", "dropped", "retracted", "leaked", "duplicate"])
    kept, copy = pl.col("fate") == "kept", pl.col("fate") == "duplicate"
    least = pl.col("rule").replace_strict(payload["thresholds"], default=None, return_dtype=pl.String)
    table = table.rename({"cut_bytes": "cut"}).sort("at").with_columns(
        value=pl.when(copy).then(pl.col("similarity").round(4).cast(pl.String))
        .when((pl.col("fate") == "retracted") & pl.col("other").is_not_null())
        .then(pl.format("the same work as {}, which is retracted", "other")).otherwise("value"),
        threshold=pl.when(copy).then(least).otherwise("threshold"),
    ).with_columns(
        stage=pl.when(judged).then(pl.lit("decide")).otherwise(pl.lit("ingest")),
        **{name: pl.when(judged).then(name) for name in ("rule", "value", "threshold", "broken", "leaks")},
        **{name: pl.when(kept).then(name) for name in ("split", "tier", "tier_by")},
    )  # fmt: skip
    _write(_as(table, LEDGER_DOCUMENTS), Path(payload["file"]), 50_000)
    kill_point("export:ledger-file")
    return {"documents": table.height}


def write_records(entries: pl.DataFrame, files: pl.DataFrame, folder: Path) -> int:
    """The records' ledger, by record, file and position. Returns the number of rows."""
    named = entries.join(files.rename({"file": "name", "number": "file"}), on="file", how="left", maintain_order="left")
    ordered = named.sort("record", "file", "position")
    for number, start in enumerate(range(0, max(ordered.height, 1), LEDGER_ROWS)):
        rows = ordered[start : start + LEDGER_ROWS]
        rows = rows.with_columns(place=pl.format("{}/{}#{}", "source", "name", "position"))
        _write(_as(rows, LEDGER_RECORDS), folder / f"records-{number:05d}.parquet", 50_000)
    return ordered.height


def write_facts(payload: dict[str, Any], store: Store) -> dict[str, int]:
    """One file of facts: every signal of every standing document, by id. Lets a reader try thresholds in Polars."""
    rows = pl.read_parquet(payload["rows"], glob=False).with_row_index("at").select("at", "shard", "row")
    pieces = []
    for number, wanted in _by_shard(rows):
        keys = payload["shards"][number]
        for (chunk,), inside in wanted.group_by(pl.col("row") // CHUNK_ROWS, maintain_order=True):
            start = int(chunk) * CHUNK_ROWS
            table = signals(store, keys["ingest"], keys["facts"], keys["genre"], start)
            pieces.append(table[(inside["row"] - start).to_numpy()].with_columns(inside["at"]))
    if pieces:
        table = pl.concat(pieces).sort("at").drop("at").rename({"document.id": "id"})
        _write(table, Path(payload["file"]), 50_000)
    return {"documents": rows.height}


def write_sketches(payload: dict[str, Any], store: Store) -> dict[str, int]:
    """One file of sketches (`id, minhash`), by which `corpus similar` finds documents like another."""
    rows = pl.read_parquet(payload["rows"], glob=False).with_row_index("at").select("at", "id", "shard", "row")
    pieces = []
    for number, wanted in _by_shard(rows):
        facts = store.file("annotate", payload["shards"][number]["facts"]["sketch"], "facts.parquet")
        column = take(facts, wanted["row"].to_numpy(), ["sketch.minhash"])["sketch.minhash"]
        pieces.append(wanted.select("at", "id").with_columns(minhash=column))
    if pieces:
        _write(pl.concat(pieces).sort("at").drop("at"), Path(payload["file"]), FACTS_ROWS)
    return {"documents": rows.height}


def write_relations(table: pl.DataFrame, folder: Path) -> int:
    """The relations among standing documents, by the two ids. Returns the number of rows."""
    for number, start in enumerate(range(0, max(table.height, 1), LEDGER_ROWS)):
        rows = table[start : start + LEDGER_ROWS]
        _write(_as(rows, RELATIONS), folder / f"relations-{number:05d}.parquet", LEDGER_ROWS)
    return table.height


def _by_shard(rows: pl.DataFrame) -> Iterator[tuple[int, pl.DataFrame]]:
    for (number,), wanted in rows.group_by("shard", maintain_order=True):
        yield int(number), wanted.sort("row")


def _as(table: pl.DataFrame, schema: dict[str, Any]) -> pl.DataFrame:
    return table.select(pl.col(name).cast(dtype) for name, dtype in schema.items())


def _write(table: pl.DataFrame, path: Path, group_rows: int) -> None:
    """One table as a Parquet file of row groups of that size (one, empty, when the table is)."""
    _write_pieces((table[at : at + group_rows] for at in range(0, max(table.height, 1), group_rows)), path)


def _write_pieces(pieces: Iterable[pl.DataFrame], path: Path) -> None:
    """Parquet under a temporary name, renamed when whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    for _ in write_pieces(temporary, pieces, plain=("id", "text", "title", "meta", "place", "minhash", "one", "other")):
        pass
    os.replace(temporary, path)
