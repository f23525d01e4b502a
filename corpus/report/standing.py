"""The standing documents with their facts, counted in one pass whose memory does not grow with the corpus.

The ledger and the facts are both sorted by id, so they are merged piece by piece as they stream by; sections of the
report ask for counts with a `Query` and get one small table each. Standing: kept, dropped, a copy, retracted or
leaked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pyarrow.parquet as pq

from corpus.report.folder import Build
from corpus.report.wording import STANDING

ROWS = 32_768  # in a piece; with every column of facts this is some ten MB


MEASURES = ("documents", "bytes")


class Query(NamedTuple):
    """A count to take. `columns`: those of the ledger and the facts that it looks at; `answer`: from a piece of at
    most ROWS documents to key columns and `measures`, which are counts (UInt64) and add up over pieces."""

    columns: tuple[str, ...]
    answer: Callable[[pl.DataFrame], pl.DataFrame]
    measures: tuple[str, ...] = MEASURES


def by(*keys: str, where: pl.Expr | None = None) -> Query:
    """The query that counts documents and text bytes by columns."""
    needed = tuple(dict.fromkeys([*keys, "bytes", *(where.meta.root_names() if where is not None else [])]))
    return Query(needed, lambda piece: measure(piece if where is None else piece.filter(where), *keys))


def measure(rows: pl.DataFrame, *keys: str | pl.Expr) -> pl.DataFrame:
    """Documents and bytes of `rows`, by `keys`."""
    total = pl.col("bytes").sum().cast(pl.UInt64)
    return rows.group_by(*keys).agg(pl.len().cast(pl.UInt64).alias("documents"), total)


def gather(build: Build, queries: Mapping[str, Query]) -> dict[str, pl.DataFrame]:
    """The answer to every query, sorted by its keys. A query on a column that the build does not have is left out."""
    known = {**build.columns("ledger/documents"), **build.columns("facts/facts")}
    asked = {name: query for name, query in queries.items() if set(query.columns) <= set(known)}
    columns = sorted({column for query in asked.values() for column in query.columns})
    held: dict[str, pl.DataFrame] = {}
    for piece in pieces(build, columns):
        for name, query in asked.items():
            held[name] = _merged(held.get(name), query.answer(piece), query.measures)
    return {name: table.sort(_keys(table, asked[name].measures), nulls_last=True) for name, table in held.items()}


def _merged(held: pl.DataFrame | None, new: pl.DataFrame, measures: Sequence[str]) -> pl.DataFrame:
    if held is None:
        return new
    both = pl.concat([held, new], how="vertical_relaxed")
    return both.group_by(_keys(both, measures)).agg(pl.col(name).sum() for name in measures)


def _keys(table: pl.DataFrame, measures: Sequence[str]) -> list[str]:
    return [name for name in table.columns if name not in measures]


def pieces(build: Build, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Standing documents in order of id, in pieces of at most ROWS, with those columns of the ledger and the facts;
    facts of a document that has none are null."""
    told, known = build.columns("ledger/documents"), build.columns("facts/facts")
    from_facts = [name for name in columns if name not in told]
    from_ledger = sorted({"id", "fate", *(name for name in columns if name in told)})
    ledger = _batches(build.files("ledger/documents"), from_ledger)
    held: pl.DataFrame | None = None
    for facts in _batches(build.files("facts/facts") if from_facts else [], ["id", *from_facts]):
        last = facts["id"].max()
        while held is None or held.is_empty() or held["id"].max() < last:  # type: ignore[operator]
            more = next(ledger, None)
            if more is None:
                break
            held = _standing(more) if held is None else held.vstack(_standing(more))
        if held is None:
            return
        inside = held["id"] <= last
        yield from _cut(held.filter(inside).join(facts, on="id", how="left", maintain_order="left"))
        held = held.filter(~inside)
    missing = [pl.lit(None, known[name]).alias(name) for name in from_facts]
    if held is not None and held.height:
        yield held.with_columns(missing)
    for more in ledger:
        yield _standing(more).with_columns(missing)


def _standing(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("fate").is_in(STANDING))


def _cut(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    yield from (rows[start : start + ROWS] for start in range(0, rows.height, ROWS))


def _batches(files: Sequence[Path], columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    for path in files:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=ROWS, columns=list(columns)):
                if batch.num_rows:
                    yield pl.DataFrame(pl.from_arrow(batch))
