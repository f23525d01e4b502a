"""The funnel: how many records came in, what became of them, and what stands in each tier at the end.

Computed from the plan and the resolved records by `corpus/build.py`; printed by the command line, kept in the card.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from corpus.resolve import Resolved


def funnel(plan: pl.DataFrame, resolved: Resolved) -> dict[str, Any]:
    """Counts, as nested plain dictionaries with sorted keys: `records`, `documents`, `rules`, `copies`, `tiers`,
    `sources`, `languages`, `cut`, and `holding`, the kept documents in which exam items were left. Tiers hold documents
    and text bytes by split; sources hold documents by fate."""
    outcomes = resolved.entries["outcome"].cast(pl.String)
    causes = resolved.entries.filter(pl.col("outcome") == "broken")["cause"]
    kept = plan.filter(pl.col("fate") == "kept")
    return {
        "records": _counts(outcomes),
        "broken": _counts(causes),
        "documents": _counts(plan["fate"].cast(pl.String)),
        "rules": _counts(plan.filter(pl.col("fate") == "dropped")["rule"]),
        "copies": _counts(plan.filter(pl.col("fate") == "duplicate")["rule"]),
        "tiers": _sizes(kept, "tier", "split"),
        "sources": _table(plan, "source", "fate"),
        "languages": _table(plan, "language", "fate"),
        "kept_bytes": int(kept["bytes"].sum()),
        "cut": {"documents": int((kept["cut_bytes"] > 0).sum()), "bytes": int(kept["cut_bytes"].sum())},
        "holding": int((kept["item"].is_not_null() & (kept["cut_bytes"] == 0)).sum()),
    }


def _counts(column: pl.Series) -> dict[str, int]:
    return {str(value): int(count) for value, count in column.alias("v").value_counts().sort("v").iter_rows()}


def _table(plan: pl.DataFrame, row: str, column: str) -> dict[str, dict[str, int]]:
    counted = plan.group_by(pl.col(row).fill_null("unread"), pl.col(column).cast(pl.String)).len().sort(row, column)
    result: dict[str, dict[str, int]] = {}
    for name, inner, count in counted.iter_rows():
        result.setdefault(str(name), {})[str(inner)] = int(count)
    return result


def _sizes(kept: pl.DataFrame, row: str, column: str) -> dict[str, dict[str, dict[str, int]]]:
    summed = kept.group_by(row, column).agg(pl.len(), pl.col("bytes").sum()).sort(row, column)
    result: dict[str, dict[str, dict[str, int]]] = {}
    for name, inner, count, size in summed.iter_rows():
        result.setdefault(str(name), {})[str(inner)] = {"documents": int(count), "bytes": int(size)}
    return result
