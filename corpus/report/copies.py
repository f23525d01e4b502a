"""Section: copies. Which documents are related, what that cost, and pairs of them with their differences marked.

From the relations (`corpus/ledger.py`), and from the ledger, which names for every copy the document that stays. The
drawn pairs are in `corpus/report/pairs.py`.
"""

from __future__ import annotations

import polars as pl

from corpus.report import pairs
from corpus.report.copied import clusters, sources
from corpus.report.folder import Build
from corpus.report.histogram import Axis, Mark, Shades, cells, draw
from corpus.report.html import Child, Html, join, tag
from corpus.report.section import Column, Counts, Part, Section, bar, key, note, table
from corpus.report.standing import Query, by
from corpus.report.wording import NBSP, VETOES, count, percent, plural, size

FLOOR = 0.5  # least similarity of a pair that is drawn: below it only contained texts are related
BINS = 25
COPIES = ("exact", "near", "contained", "work", "translation")  # kinds that a recipe can drop one side of
Pairs = dict[tuple[str, str], int]  # by kind and veto


def queries(build: Build) -> dict[str, Query]:
    """What each kind of copy cost."""
    return {"copies": by("rule", where=pl.col("fate") == "duplicate")}


def body(build: Build, counts: Counts) -> Html | None:
    """Kinds, similarity, sources, clusters, pairs."""
    relations = build.scan("relations/relations")
    if relations is None:
        return None
    counted = relations.group_by("kind", pl.col("veto").fill_null("")).agg(pl.len()).collect(engine="streaming")
    found: Pairs = {(kind, veto): int(number) for kind, veto, number in counted.iter_rows()}
    if not found:
        return tag("p", "No two documents are related: no copies, no variants, no translations.")
    cost = _cost(counts)
    return join(
        tag("p", _lead(found, cost)), _kinds(build, found, cost), _alike(build, relations, found),
        sources(build), clusters(build), pairs.drawn(build),
    )  # fmt: skip


def _cost(counts: Counts) -> dict[str, tuple[int, int]]:
    """Documents and bytes that went, by kind."""
    told = counts.get("copies")
    rows = told.select("rule", "documents", "bytes").iter_rows() if told is not None else ()
    return {str(kind): (int(documents), int(in_bytes)) for kind, documents, in_bytes in rows}


def _lead(found: Pairs, cost: dict[str, tuple[int, int]]) -> str:
    gone, in_bytes = (sum(part) for part in zip(*cost.values(), strict=True)) if cost else (0, 0)
    variants = sum(number for (kind, _), number in found.items() if kind == "variant")
    went = f"{plural(gone, 'copy', 'copies')} went, with {size(in_bytes)} of text" if gone else "No copy went"
    why = "because a quantity, a negation, the opening or a term differs"
    stay = f" {plural(variants, 'pair')} as alike as copies stayed two, {why}."
    return (
        f"{plural(sum(found.values()), 'pair')} of documents are related. {went}. A document goes only as the copy of "
        "one that it was itself compared with, text against text, and the ledger names that one."
    ) + (stay if variants else "")


def _kinds(build: Build, found: Pairs, cost: dict[str, tuple[int, int]]) -> Html:
    """Every kind of relation, what it means and what it cost."""
    decide = build.recipe.decide
    near, inside = percent(decide.near), percent(decide.contained)
    meaning = {
        "exact": "the same text, but for case, width and simplified or traditional script",
        "near": f"at least {near} alike, and no difference forbids that one stands for the other",
        "variant": f"at least {near} alike, and a quantity, a negation, the opening or a listed term differs",
        "contained": f"less alike, and at least {inside} of the smaller text is in the larger",
        "alike": "less alike than that: kept, but never on two sides of a split",
        "work": "one work in two forms, such as an abstract and its full text, by PMID, PMCID or DOI",
        "translation": "one work in two languages, as its source says",
    }
    went = sum(number for number, _ in cost.values())
    rows: list[list[Child]] = []
    for kind, told in meaning.items():
        number = sum(n for (name, _), n in found.items() if name == kind)
        documents, in_bytes = cost.get(kind, (0, 0))
        if not number and not documents:
            continue
        drops = kind in COPIES and kind in decide.drop
        label = tag("span", kind, tag("small", f" {told}"), class_="kind")
        rows.append([
            label, count(number), f"one{NBSP}goes" if drops else f"both{NBSP}stay", count(documents) if drops else "",
            size(in_bytes) if documents else "", bar([Part("f-duplicate", kind, documents)], went) if drops else "",
        ])  # fmt: skip
    columns = [Column("Relation"), Column("Pairs", True), Column("Here"), Column("Documents gone", True),
               Column("Text gone", True), Column("")]  # fmt: skip
    return table(
        "Relations between two documents. A pair counts once, under the first kind that fits it.", columns, rows
    )


def _alike(build: Build, relations: pl.LazyFrame, found: Pairs) -> Html | None:
    """How alike the pairs are, with the threshold; and what forbids."""
    near = build.recipe.decide.near
    value = (
        pl.col("jaccard").mul(1000).floor().truediv(1000)
    )  # downwards: no pair is drawn beyond a threshold it missed
    vetoed = (pl.col("veto").fill_null("") != "").alias("breaks")
    looked = pl.col("kind").is_in(["near", "variant", "contained", "alike"]) & (pl.col("jaccard") >= FLOOR)
    counted = relations.filter(looked).group_by(value.alias("value"), vetoed).agg(pl.len().alias("documents"))
    known = cells(counted.collect(engine="streaming"))
    if not known.values:
        return None
    shades = Shades("f-variant", "f-duplicate", "pair", "differ in what forbids it")
    ruler = Axis(FLOOR, 1.0, BINS, False)
    drawn = draw(known, [Mark(near, ">=")], "How alike related documents are", ruler, shades)
    whole = sum(known.documents)
    legend = key([("f-duplicate", "one may stand for the other"), ("f-variant", "a difference forbids it")])
    said = note(
        f"{plural(whole, 'pair')} of different texts that share at least half. Heights are square roots of counts."
    )
    figure = tag("figure", tag("figcaption", tag("b", "How alike they are"),
                               tag("small", "share of the pieces of text that two documents have in common")),
                 drawn, legend, said, class_="card")  # fmt: skip
    return tag("div", figure, tag("div", _vetoes(found, near)), class_="plotted")


def _vetoes(found: Pairs, near: float) -> Html | None:
    """What forbids, by how often."""
    names = [*VETOES, *sorted({veto for _, veto in found} - {*VETOES, ""})]
    rows: list[list[Child]] = []
    for veto in names:
        saved = found.get(("variant", veto), 0)
        below = sum(number for (kind, name), number in found.items() if name == veto and kind != "variant")
        if saved or below:
            label = tag("span", veto, tag("small", f" {VETOES.get(veto, '')}"), class_="kind")
            rows.append([label, count(saved), count(below)])
    if not rows:
        return note(
            "No difference forbade anything: no quantity was replaced by another, no negation added, no opening."
        )
    columns = [Column("Difference"), Column("Pairs it kept two", True), Column("Less alike pairs", True)]
    told = (
        "Dates, page numbers and counters are no quantities: a page with another view counter is a copy, one with "
        "another dose is not. Simplified and traditional script, width and case are one for matching."
    )
    caption = f"What keeps two documents apart: pairs that are at least {percent(near)} alike, and others"
    return join(table(caption, columns, rows), note(told))


SECTION = Section("copies", "Copies", body, queries)
