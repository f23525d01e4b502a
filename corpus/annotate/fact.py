"""A fact: one documented column that an annotator adds, and the types it may have.

Used by every annotator. It lies apart from the list of annotators (`corpus/annotate/__init__.py`), since the facts in
the store are known by the code that made them: a name added to the list must not make the facts of the others stale.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import polars as pl

DTYPES: dict[str, Any] = {
    "Float32": pl.Float32, "Float64": pl.Float64, "UInt8": pl.UInt8, "UInt16": pl.UInt16, "UInt32": pl.UInt32,
    "UInt64": pl.UInt64, "Int64": pl.Int64, "String": pl.String, "Boolean": pl.Boolean,
    "List(String)": pl.List(pl.String), "List(UInt32)": pl.List(pl.UInt32), "List(Float32)": pl.List(pl.Float32),
    "Binary": pl.Binary,
}  # fmt: skip


class Fact(NamedTuple):
    """One documented column: `name` (`english.words`), Polars `dtype` by name (`Float32`, `UInt32`, `String`,
    `Boolean`, `List(String)`, `Binary`, ...), `unit` (`words`, `share of characters`, ...), `range` (`0..1`), `doc` (a
    sentence). A `Binary` one is no signal: rules cannot ask for it, and it is not exported with the facts."""

    name: str
    dtype: str
    unit: str
    range: str
    doc: str
