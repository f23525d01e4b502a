"""Section: licences. What may be done with the kept documents, by licence.

From the facts of `corpus/annotate/licence.py` beside the ledger.
"""

from __future__ import annotations

import polars as pl

from corpus.report.folder import Build
from corpus.report.html import Html, join, tag
from corpus.report.section import Column, Counts, Part, Section, bar, few, table
from corpus.report.standing import Query, by
from corpus.report.wording import NBSP, count, cut, plural, share, size

ROWS = 40
TERMS = {
    "licence.commercial": "Commercial use",
    "licence.derivatives": "Changes",
    "licence.share_alike": "Same licence",
    "licence.attribution": "Credit",
}
SAID = {
    "licence.commercial": ("allowed", f"not{NBSP}allowed"),
    "licence.derivatives": ("allowed", f"not{NBSP}allowed"),
    "licence.share_alike": ("required", f"not{NBSP}required"),
    "licence.attribution": ("required", f"not{NBSP}required"),
}


def queries(build: Build) -> dict[str, Query]:
    """Kept documents by licence and its terms."""
    return {"licences": by("document.licence", *TERMS, where=pl.col("fate") == "kept")}


def body(build: Build, counts: Counts) -> Html | None:
    """One row a licence, the largest first."""
    counted = counts.get("licences")
    if counted is None or counted.is_empty():
        return None
    whole, in_bytes = int(counted["documents"].sum()), int(counted["bytes"].sum())
    ordered = counted.sort("documents", "document.licence", descending=[True, False])
    rows, left = few(list(ordered.iter_rows(named=True)), ROWS)
    shown = [_row(row, whole) for row in rows]
    columns = [Column("Licence"), Column(""), Column("Documents", True), Column("Share", True), Column("Text", True),
               *(Column(heading) for heading in TERMS.values())]  # fmt: skip
    free = int(counted.filter(pl.col("licence.commercial").fill_null(False))["documents"].sum())
    lead = (
        f"{plural(free, 'kept document')} ({share(free, whole)}) may be used commercially under a known licence. An "
        "unknown licence permits nothing: ask the holder of the rights. Documents under a known licence are listed in "
        "ATTRIBUTION.tsv."
    )
    more = f"{plural(left, 'more licence')}." if left else ""
    caption = f"Licences of the kept documents, {size(in_bytes)} of text"
    return join(tag("p", lead), table(caption, columns, shown, more))


def _row(row: dict[str, object], whole: int) -> list[object]:
    documents, in_bytes = int(str(row["documents"])), int(str(row["bytes"]))
    name = cut(str(row["document.licence"]), 80)
    terms = ["unknown" if row[term] is None else SAID[term][0 if row[term] else 1] for term in TERMS]
    kind = "l-free" if row["licence.commercial"] else "l-unknown" if row["licence.commercial"] is None else "l-bound"
    drawn = bar([Part(kind, name, documents)], whole)
    return [name, drawn, count(documents), share(documents, whole), size(in_bytes), *terms]


SECTION = Section("licences", "Licences", body, queries)
