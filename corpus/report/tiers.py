"""Section: tiers. How large each tier is, what evidence and which years it holds, and which entry of the recipe
filled it.

Sizes from the card; evidence levels (`corpus/annotate/evidence.py`), years and claims from ledger and facts.
"""

from __future__ import annotations

import polars as pl

from corpus.annotate.hierarchy import RANKS
from corpus.recipe import Tier
from corpus.report import years
from corpus.report.folder import Build
from corpus.report.html import Html, join, tag
from corpus.report.section import Column, Counts, Part, Section, bar, code, key, note, table, tier_kind, tier_order
from corpus.report.standing import Query, by, measure
from corpus.report.wording import count, demand, plural, share, size
from corpus.report.years import YEAR

UNKNOWN = "unknown"
YEARLY = {"tier": "tier", "evidence.level": "evidence level, where it is known"}
LEVELS = (*sorted(RANKS, key=RANKS.__getitem__), UNKNOWN)


def queries(build: Build) -> dict[str, Query]:
    """Kept documents by tier with the entry that claimed them, by tier and evidence level, and both by year."""
    kept = pl.col("fate") == "kept"
    claims, evidence = by("tier", "tier_by", where=kept), by("tier", "evidence.level", where=kept)
    asked = {f"years.{column}": _by_year(column) for column in YEARLY}
    return {"tiers.claims": claims, "tiers.evidence": evidence, **asked}


def _by_year(column: str) -> Query:
    columns = ("document.date", column, "fate", "bytes")
    return Query(columns, lambda piece: measure(piece.filter(pl.col("fate") == "kept"), YEAR, column))


def body(build: Build, counts: Counts) -> Html | None:
    """Sizes, evidence, years, claims."""
    if not build.card.counts["tiers"]:
        return tag("p", "No document was kept.")
    evidence, claims = counts.get("tiers.evidence"), counts.get("tiers.claims")
    return join(_sizes(build), _evidence(build, evidence), _years(build, counts), _claims(build, claims))


def _sizes(build: Build) -> Html:
    tiers = build.card.counts["tiers"]
    whole = sum(cell["bytes"] for splits in tiers.values() for cell in splits.values())
    rows = []
    for tier in tier_order(build):
        documents = {split: cell["documents"] for split, cell in tiers[tier].items()}
        in_bytes = sum(cell["bytes"] for cell in tiers[tier].values())
        rows.append([
            tier, bar([Part(tier_kind(build, tier), tier, in_bytes)], whole), count(sum(documents.values())),
            count(documents.get("train", 0)), count(documents.get("held_out", 0)), size(in_bytes),
            share(in_bytes, whole),
        ])  # fmt: skip
    columns = [Column("Tier"), Column(""), Column("Documents", True), Column("to train on", True),
               Column("held out", True), Column("Text (UTF-8)", True), Column("Share", True)]  # fmt: skip
    return table("Size of the tiers. Bars and shares are of text bytes.", columns, rows)


def _evidence(build: Build, counted: pl.DataFrame | None) -> Html | None:
    """Tiers by evidence level."""
    if counted is None or counted.is_empty():
        return None
    cells: dict[tuple[str, str], int] = {}
    for tier, level, documents in counted.select("tier", "evidence.level", "documents").iter_rows():
        cells[tier, level or UNKNOWN] = cells.get((tier, level or UNKNOWN), 0) + documents
    found = {level for _, level in cells}
    levels = [level for level in LEVELS if level in found] + sorted(found - set(LEVELS))
    rows = []
    for tier in tier_order(build):
        whole = sum(cells.get((tier, level), 0) for level in levels)
        parts = [Part(_level_kind(level), level, cells.get((tier, level), 0)) for level in levels]
        numbers = [count(cells[tier, level]) if (tier, level) in cells else "" for level in levels]
        rows.append([tier, bar(parts, whole), *numbers])
    columns = [Column("Tier"), Column(""), *(Column(level, True) for level in levels)]
    caption = ("Evidence levels in each tier, documents. The level is the kind of study that publication types state; "
               "unknown is no verdict.")  # fmt: skip
    return join(table(caption, columns, rows), key([(_level_kind(level), level) for level in levels]))


def _years(build: Build, counts: Counts) -> Html | None:
    """Two figures: the same years by tier and by evidence level."""
    drawn, undated, whole = [], 0, 0
    for column, what in YEARLY.items():
        counted = counts.get(f"years.{column}")
        dated = counted.filter(pl.col("year").is_not_null()) if counted is not None else None
        if counted is None or dated is None or dated.is_empty():
            continue
        whole = int(counted["documents"].sum())
        undated = whole - int(dated["documents"].sum())
        cells: dict[tuple[str, str], int] = {}
        for year, name, documents in dated.select("year", column, "documents").iter_rows():
            if name and name != UNKNOWN:
                cells[year, name] = documents
        if not cells:
            continue
        kinds = _kinds(build, column, {name for _, name in cells})
        title = f"Kept documents by year of publication and {what}"
        drawn.append(tag("figure", tag("figcaption", title), years.draw(cells, kinds, title),
                         key([(kind.css, kind.name) for kind in kinds])))  # fmt: skip
    if not drawn:
        return None
    told = f"Not drawn: {plural(undated, 'kept document')} ({share(undated, whole)}) without a year of publication."
    beside = " Beyond a dashed line, a column holds several years." if any("threshold" in one for one in drawn) else ""
    return join(drawn, note(told if undated else "", beside) if undated or beside else None)


def _kinds(build: Build, column: str, found: set[str]) -> list[years.Kind]:
    if column == "tier":
        return [years.Kind(tier, tier_kind(build, tier)) for tier in tier_order(build) if tier in found]
    return [
        years.Kind(level, _level_kind(level)) for level in (*LEVELS, *sorted(found - set(LEVELS))) if level in found
    ]


def _level_kind(level: str) -> str:
    return f"e{RANKS[level]}" if level in RANKS else "e-unknown"


def _claims(build: Build, counted: pl.DataFrame | None) -> Html | None:
    """The entries of the recipe in order, with how many documents each claimed."""
    if not build.recipe.tier:
        return None
    claimed = dict(counted.select("tier_by", "documents").iter_rows()) if counted is not None else {}
    rows = [
        [
            code(entry.name),
            entry.tier,
            _when(entry),
            tag("div", entry.reason, class_="prose"),
            count(claimed.get(entry.name, 0)),
        ]
        for entry in build.recipe.tier
    ]
    columns = [Column("Entry"), Column("Tier"), Column("When"), Column("Reason"), Column("Kept documents", True)]
    return table("How tiers are given: the first entry whose conditions all hold takes the document.", columns, rows)


def _when(entry: Tier) -> Html:
    if not entry.when:
        return join("whatever is left")
    return join(tag("span", code(c.signal), " ", demand(c.comparison, c.threshold), class_="when") for c in entry.when)


SECTION = Section("tiers", "Tiers and evidence", body, queries)
