"""Section: what could not be read, by cause, with the first examples of each and where they lie.

Counts from the card; examples from the records' ledger.
"""

from __future__ import annotations

import polars as pl

from corpus.report.folder import Build
from corpus.report.html import Html, join, tag
from corpus.report.section import Column, Counts, Section, code, few, table
from corpus.report.wording import count, cut, cut_middle, plural, share

CAUSES = 30
EXAMPLES = 3
DETAIL = 240  # characters
PLACE = 160


def body(build: Build, counts: Counts) -> Html | None:
    """One row a cause."""
    causes = build.card.counts["broken"]
    entries = sum(build.card.counts["records"].values())
    if not causes:
        return tag("p", "Every entry could be read.")
    ordered, left = few(sorted(causes.items(), key=lambda item: (-item[1], item[0])), CAUSES)
    rows = [[code(cause), count(number), share(number, entries), _examples(build, cause)] for cause, number in ordered]
    columns = [Column("Cause"), Column("Entries", True), Column("Share", True), Column("First examples")]
    lead = (
        "An entry that cannot be read is quarantined with its place and cause, and the build goes on. A file that ends "
        "early counts once: what it would have held after that is not known. Shares are of the entries read."
    )
    more = f"{plural(left, 'more cause')} in the ledger." if left else ""
    return join(tag("p", lead), table("Broken entries by cause", columns, rows, more))


def _examples(build: Build, cause: str) -> Html | None:
    records = build.scan("ledger/records")
    if records is None:
        return None
    wanted = (pl.col("outcome") == "broken") & (pl.col("cause") == cause)
    found = records.filter(wanted).select("place", "detail").head(EXAMPLES).collect()
    shown = [tag("li", code(cut_middle(place, PLACE)), " ", cut(detail, DETAIL)) for place, detail in found.iter_rows()]
    return tag("ul", shown, class_="plain")


SECTION = Section("broken", "What could not be read", body)
