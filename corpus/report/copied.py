"""Which source copies which, and how many copies one document stands for: two tables of the copies section.

From the ledger, whose row of a copy names the document that stays. Called by `corpus/report/copies.py`.
"""

from __future__ import annotations

import polars as pl

from corpus.report.folder import Build
from corpus.report.html import Child, Html, tag
from corpus.report.section import Column, Part, bar, code, few, table
from corpus.report.wording import count, cut, cut_middle, plural, size

ROWS = 20  # pairs of sources
NAME, TITLE, ID = 60, 100, 80  # characters
SIZES = ((1, 1), (2, 2), (3, 4), (5, 9), (10, 99), (100, 999), (1000, 10**12))  # copies that a document stands for
LARGEST = 5  # documents that are named


def _copies(build: Build) -> tuple[pl.LazyFrame, pl.LazyFrame] | None:
    """The rows of copies, and the standing documents by the name that `other` gives them."""
    ledger = build.scan("ledger/documents")
    if ledger is None:
        return None
    copies = ledger.filter(pl.col("fate") == "duplicate").select("source", "rule", "other", "bytes")
    return copies, ledger.filter(pl.col("stage") == "decide").select("title", other="id", into="source")


def sources(build: Build) -> Html | None:
    """Copies by the source they are in and the source of the document that stays, the largest pairs first."""
    told = _copies(build)
    if told is None:
        return None
    copies, stays = told
    exact = (pl.col("rule") == "exact").sum().alias("exact")
    joined = copies.join(stays.drop("title"), on="other", how="left").group_by("source", "into")
    counted = joined.agg(pl.len().alias("documents"), exact, pl.col("bytes").sum()).collect(engine="streaming")
    if counted.is_empty():
        return None
    ordered = counted.sort("documents", "source", "into", descending=[True, False, False])
    rows, left = few(list(ordered.iter_rows(named=True)), ROWS)
    whole = int(counted["documents"].sum())
    shown: list[list[Child]] = []
    for row in rows:
        own = row["source"] == row["into"]
        into = tag("span", "itself", class_="again") if own else cut(row["into"] or "unknown", NAME)
        parts = [
            Part("f-duplicate", "the same", row["exact"]),
            Part("f-near", "alike", row["documents"] - row["exact"]),
        ]
        shown.append([cut(row["source"], NAME), into, bar(parts, whole), count(row["documents"]), count(row["exact"]),
                      count(row["documents"] - row["exact"]), size(row["bytes"])])  # fmt: skip
    columns = [Column("Copies in"), Column("of documents in"), Column(""), Column("Documents gone", True),
               Column("the same text", True), Column("alike", True), Column("Text gone", True)]  # fmt: skip
    more = f"{plural(left, 'smaller pair')} of sources not listed." if left else ""
    return table(
        "Which source copies which. Bars are of all copies; the paler part is alike, not the same.",
        columns,
        shown,
        more,
    )


def clusters(build: Build) -> Html | None:
    """How many documents stand for how many copies, and which stand for the most."""
    told = _copies(build)
    if told is None:
        return None
    copies, stays = told
    by_document = copies.group_by("other").agg(pl.len().alias("copies"))
    sizes = by_document.group_by("copies").agg(pl.len().alias("documents")).collect(engine="streaming")
    if sizes.is_empty():
        return None
    whole = int((sizes["copies"] * sizes["documents"]).sum())
    rows: list[list[Child]] = []
    for low, high in SIZES:
        inside = sizes.filter(pl.col("copies").is_between(low, high))
        documents, gone = int(inside["documents"].sum()), int((inside["copies"] * inside["documents"]).sum())
        if documents:
            label = (
                f"{count(low)}"
                if low == high
                else f"{count(low)} or more"
                if high > 10**9
                else f"{count(low)} to {count(high)}"
            )
            rows.append([label, count(documents), count(gone), bar([Part("f-duplicate", "copies", gone)], whole)])
    columns = [Column("Copies a document stands for"), Column("Documents", True), Column("Copies", True), Column("")]
    spread = table("How large families of copies are. Bars are of all copies.", columns, rows)
    if int(sizes["copies"].max()) < 2:  # type: ignore[arg-type]
        return spread
    return tag("div", tag("div", spread), tag("div", _largest(by_document, stays)), class_="pair tables")


def _largest(by_document: pl.LazyFrame, stays: pl.LazyFrame) -> Html:
    """The documents with the most copies: what is repeated so often is worth a look."""
    most = by_document.top_k(LARGEST, by=["copies", "other"]).collect(engine="streaming")
    named = stays.filter(pl.col("other").is_in(most["other"].implode())).collect(engine="streaming")
    joined = most.join(named.unique("other"), on="other", how="left").sort("copies", "other", descending=[True, False])
    rows: list[list[Child]] = []
    for row in joined.iter_rows(named=True):
        title = tag("span", cut(row["title"], TITLE) or "without a title", class_="prose", dir="auto")
        rows.append(
            [
                tag("div", title, tag("small", code(cut_middle(row["other"] or "", ID))), class_="prose"),
                count(row["copies"]),
            ]
        )
    return table("Documents with the most copies", [Column("Document that stays"), Column("Copies", True)], rows)
