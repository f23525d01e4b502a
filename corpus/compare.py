"""`corpus diff A B`: what the corpus in one folder has gained and lost against the other.

Reads the ledgers and facts of two output folders, joined by document id; goes through `corpus/changes.py` to the
command line.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from corpus.changes import STATE, Changes, changes
from corpus.report.folder import Build, open_build

STANDING = ("kept", "dropped", "duplicate", "retracted", "leaked")


def compare(before: Path, after: Path) -> Changes:
    """The changes from one folder to the other. Raises `UserError` when either holds no corpus."""
    return changes(state(open_build(before)), state(open_build(after)))


def state(build: Build) -> pl.DataFrame:
    """The standing documents of a build, as STATE."""
    ledger, facts = build.scan("ledger/documents"), build.scan("facts/facts")
    if ledger is None or facts is None:
        return pl.DataFrame(schema=STATE)
    why = pl.when(pl.col("fate") == "duplicate").then(pl.format("copy of {}", pl.col("other").fill_null("?")))
    told = ledger.filter(pl.col("fate").is_in(STANDING)).select(
        "id", "source", "title", "fate", "tier", "split", why.otherwise("rule").alias("why")
    )
    sizes = facts.select("id", pl.col("document.characters").alias("characters"))
    return told.join(sizes, on="id", how="left").collect().select(list(STATE)).cast(STATE)
