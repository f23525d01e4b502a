"""What every annotator of quality must keep: its columns, and the same facts however a batch is cut."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from types import ModuleType

import polars as pl
from polars.testing import assert_frame_equal

from corpus.annotate.fact import DTYPES


def batch(rows: Sequence[tuple[str, str | None]]) -> pl.DataFrame:
    """Documents as (text, language tag)."""
    schema = {"text": pl.String, "language.tag": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def same_however_batched(module: ModuleType, rows: Sequence[tuple[str, str | None]]) -> None:
    """One batch, two halves and single documents give the same table."""
    whole = module.annotate(batch(rows))
    assert whole.height == len(rows)
    for cuts in ([len(rows) // 2], list(range(1, len(rows)))):
        edges = [0, *cuts, len(rows)]
        pieces = [module.annotate(batch(rows[a:b])) for a, b in pairwise(edges)]
        assert_frame_equal(whole, pl.concat(pieces), check_exact=True)


def equal_facts(found: pl.DataFrame, expected: list[dict[str, float]]) -> None:
    """Every expected fact of every document; sums of fractions may differ in their last digits."""
    for row, facts in zip(found.iter_rows(named=True), expected, strict=True):
        for name, value in facts.items():
            assert row[name] is not None
            assert abs(row[name] - value) < 1e-9, f"{name}: {row[name]} is not {value}"


def check_columns(module: ModuleType) -> None:
    """The table has the columns of FACTS in order, with their types, named after the annotator; also without rows."""
    name = module.__name__.rpartition(".")[2]
    some = [("text", "en"), ("文本", "zh-Hans"), ("", "und")]
    for rows in (some, some[:0]):
        table = module.annotate(batch(rows))
        assert table.columns == [fact.name for fact in module.FACTS]
        assert [table.schema[fact.name] for fact in module.FACTS] == [DTYPES[fact.dtype] for fact in module.FACTS]
    for fact in module.FACTS:
        assert fact.name.startswith(f"{name}.")
        assert fact.unit
        assert fact.range
        assert fact.doc.endswith(".")
