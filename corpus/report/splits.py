"""Section: splits. What is held out and never trained on, by source, language and tier, and what has none held out.

From the ledger; and from the relations, which show whether two related documents stand on both sides.
"""

from __future__ import annotations

import polars as pl

from corpus.report.folder import Build
from corpus.report.html import Html, join, tag
from corpus.report.section import Column, Counts, Part, Section, bar, few, note, table, tier_order
from corpus.report.standing import Query, by
from corpus.report.wording import count, cut, percent, plural, share, size

ROWS = 60
NAMED = 12  # strata without a held-out document that are named
NAME = 60  # characters of a source
STRATUM = ("source", "language", "tier")


def queries(build: Build) -> dict[str, Query]:
    """Kept documents by stratum and split."""
    return {"splits": by(*STRATUM, "split", where=pl.col("fate") == "kept")}


def body(build: Build, counts: Counts) -> Html | None:
    """What it is, the strata, and those that have none."""
    counted = counts.get("splits")
    if counted is None or counted.is_empty():
        return None
    strata = _strata(counted)
    kept, out = int(strata["documents"].sum()), int(strata["held_out"].sum())
    whole, in_bytes = int(strata["bytes"].sum()), int(strata["held_bytes"].sum())
    wanted = percent(build.recipe.decide.held_out)
    lead = (
        f"{plural(out, 'document')} of {count(kept)} ({share(out, kept)}) and {size(in_bytes)} of text "
        f"({share(in_bytes, whole)}) are held out: never trained on, so that tokenizers and models can be measured "
        f"on them. The recipe asks for {wanted} of the records. Which ones is told by a hash of the "
        "record's key, so the same text is held out in every build. All that is related to a drawn record goes with "
        "it; a family of more than twenty records is never held out."
    )
    return join(tag("p", lead), _crossing(build), _table(build, strata), _none(strata, build.recipe.decide.held_out))


def _strata(counted: pl.DataFrame) -> pl.DataFrame:
    """One row a stratum: documents, bytes, and those held out."""
    out = pl.col("split") == "held_out"
    held = [
        pl.col(name).filter(out).sum().alias(to) for name, to in (("documents", "held_out"), ("bytes", "held_bytes"))
    ]
    known = counted.with_columns(pl.col("language").fill_null("und"), pl.col("tier").fill_null(""))
    strata = known.group_by(STRATUM).agg(pl.col("documents", "bytes").sum(), *held)
    return strata.sort("documents", *STRATUM, descending=[True, False, False, False])


def _crossing(build: Build) -> Html | None:
    """Whether two related documents stand on both sides, looked up pair by pair."""
    relations, ledger = build.scan("relations/relations"), build.scan("ledger/documents")
    if relations is None or ledger is None:
        return None
    split = ledger.filter(pl.col("fate") == "kept").select("id", "split")
    pairs = relations.select("one", "other").join(split, left_on="one", right_on="id")
    pairs = pairs.join(split, left_on="other", right_on="id", suffix="_other")
    crosses = (pl.col("split") != pl.col("split_other")).sum()
    both, across = pairs.select(pl.len(), crosses).collect(engine="streaming").row(0)
    if not both:
        return None
    found = "none stands" if not across else "one stands" if across == 1 else f"{count(across)} stand"
    return tag(
        "p", f"Looked up pair by pair: of {plural(both, 'related pair')} of kept documents, {found} on both sides."
    )


def _table(build: Build, strata: pl.DataFrame) -> Html:
    """The strata, those of a source together, larger ones first."""
    sizes = pl.col("documents").sum().over("source")
    place = {tier: at for at, tier in enumerate(tier_order(build))}
    ordered = strata.with_columns(
        sizes.alias("size"), pl.col("tier").replace_strict(place, default=len(place), return_dtype=pl.Int64).alias("at")
    ).sort("size", "source", "at", "language", descending=[True, False, False, False])
    rows, left = few(list(ordered.iter_rows(named=True)), ROWS)
    most = max((row["held_out"] / row["documents"] for row in rows), default=0.0)
    shown, before = [], None
    for row in rows:
        name = cut(row["source"], NAME)
        drawn = bar([Part("f-held", "held out", row["held_out"] / row["documents"])], most)
        source = tag("span", name, class_="again") if row["source"] == before else name
        before = row["source"]
        out = row["held_out"]
        shown.append([
            source, row["language"], row["tier"], count(row["documents"]), count(out) if out else "none",
            share(out, row["documents"]), drawn, size(row["held_bytes"]) if out else "",
        ])  # fmt: skip
    columns = [Column("Source"), Column("Language"), Column("Tier"), Column("Kept", True), Column("Held out", True),
               Column("Share", True), Column(""), Column("Text held out", True)]  # fmt: skip
    more = f"{plural(left, 'smaller combination')} not listed." if left else ""
    return table("Held out by source, language and tier. Bars compare the shares.", columns, shown, more)


def _none(strata: pl.DataFrame, wanted: float) -> Html | None:
    """Names the strata without a held-out document."""
    without = strata.filter(pl.col("held_out") == 0)
    if without.is_empty():
        return note("Every combination of source, language and tier has documents held out.")
    rows, left = few(list(without.iter_rows(named=True)), NAMED)
    named = [
        f"{cut(row['source'], NAME)} / {row['language']} / {row['tier']} ({count(row['documents'])})" for row in rows
    ]
    more = [f"and {count(left)} more"] if left else []
    rarely = (
        f" At {percent(wanted)}, fewer than {count(round(1 / wanted))} documents often give none." if wanted else ""
    )
    return note(
        f"Nothing is held out of {plural(without.height, 'combination')} of source, language and tier: ",
        ", ".join([*named, *more]), ".", rarely,
    )  # fmt: skip


SECTION = Section("splits", "Held out", body, queries)
