"""`corpus diff A B`: what the corpus in one folder has gained and lost against the other.

Reads the ledgers and facts of two output folders, joined by document id; goes through `corpus/changes.py` to the
command line.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from corpus.changes import STATE, Changes, changes
from corpus.report.folder import Build, open_build, reading
from corpus.report.wording import STANDING

FATES = ("id", "source", "title", "fate", "tier", "split", "rule", "other")
SIZES = ("id", "document.characters")


def compare(before: Path, after: Path) -> Changes:
    """The changes from one folder to the other. Raises `UserError` when either holds no corpus, or lacks a file."""
    one, other = open_build(before), open_build(after)
    with reading(one, other):
        return changes(state(one), state(other))


def state(build: Build) -> pl.DataFrame:
    """The standing documents of a build, as STATE."""
    if not build.standing:
        return pl.DataFrame(schema=STATE)
    ledger, facts = build.need("ledger/documents", FATES), build.need("facts/facts", SIZES)
    why = pl.when(pl.col("fate") == "duplicate").then(pl.format("copy of {}", pl.col("other").fill_null("?")))
    told = ledger.filter(pl.col("fate").is_in(STANDING)).select(
        "id", "source", "title", "fate", "tier", "split", why.otherwise("rule").alias("why")
    )
    sizes = facts.select(SIZES).rename({"document.characters": "characters"})
    return told.join(sizes, on="id", how="left").collect().select(list(STATE)).cast(STATE)
