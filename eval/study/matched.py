"""Controls of a tier: text of all tiers that is as a tier's in its sources, in its amount, or in both.

A tier differs from others in its sources and in how much there is of it, besides quality: without controls, an arm of
one tier tells of nothing but these. Takes a built corpus and what an arm's `match` says (`eval/study/recipe.py`); gives
slices of a training recipe to `eval/study/steps.py`. Amounts are bytes of the training split. A slice reads a share of
documents by the hash of their ids (`train/data/mixture.py`), so that an amount is met on average, and by few documents
roughly.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import polars as pl

from corpus.errors import UserError
from corpus.report.folder import open_build
from corpus.report.rules import speaks
from eval.study.recipe import Matched
from train.data.tokenized import TRAIN


def slices(folder: Path, match: Matched) -> list[dict[str, Any]]:
    """The slices of a control. Raises `UserError` when the corpus has no text of those tiers."""
    of = _amounts(folder, match)
    mine = {source: size for source, size, _ in of.iter_rows() if size}
    if not mine:
        raise UserError(f"The corpus has no text of {', '.join(match.tiers)} to match.", str(folder),
                        "name tiers that it has in match.tiers")  # fmt: skip
    whole = {source: size for source, _, size in of.iter_rows()}
    told: dict[str, Any] = {"languages": list(match.languages)} if match.languages else {}
    if match.by == "amount":
        return [{"name": "matched", "share": sum(mine.values()) / sum(whole.values()), "weight": 1.0, **told}]
    total, few = sum(mine.values()), match.by == "both"
    return [{"name": f"as-{_slug(source)}-{place}", "sources": [source], "weight": size / total, **told,
             **({"share": size / whole[source]} if few else {})}
            for place, (source, size) in enumerate(sorted(mine.items()))]  # fmt: skip


def _amounts(folder: Path, match: Matched) -> pl.DataFrame:
    """By source: bytes of the tiers that are to be matched, and of all."""
    files = [path for path in open_build(folder).texts() if f"-{TRAIN}-" in path.name]
    rows = pl.scan_parquet(files, glob=False).select(
        "source", "tier", "language", bytes=pl.col("text").str.len_bytes().cast(pl.Int64)).collect()  # fmt: skip
    known = [language for language in rows["language"].unique() if speaks(match.languages, language)]
    rows = rows.filter(pl.col("language").is_in(known)) if match.languages else rows
    tier = pl.col("tier").is_in(match.tiers)
    return (
        rows.group_by("source").agg(mine=pl.col("bytes").filter(tier).sum(), whole=pl.col("bytes").sum()).sort("source")
    )


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "source"


def as_set(found: list[dict[str, Any]]) -> str:
    """Slices as a `--set` value."""
    return f"slice=[{', '.join(_table(one) for one in found)}]"


def _table(one: dict[str, Any]) -> str:
    """An inline table of TOML, in which text, lists and numbers are spelt as in JSON."""
    return "{" + ", ".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in one.items()) + "}"
