"""Section: samples. Documents that were kept and documents that were dropped, side by side, with what dropped them.

Drawn evenly along the ids by `corpus/samples_drawn.py` into `ledger/samples.parquet`; value and threshold are looked
up in the ledger. Everything shown of a document is escaped and cut to a fixed length, and there are at most MOST.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from corpus.report.folder import Build
from corpus.report.html import Child, Html, join, tag
from corpus.report.section import Counts, Section, code, few, tier_order
from corpus.report.wording import FATES, LANGUAGE_TAG, alike, cut, cut_middle, cut_width, demand, plural

SOURCES, OPEN = 12, 4  # shown, and of these open
SIDE, MORE, OTHER = 3, 9, 6  # shown of a source: on either side; more of the dropped; of other fates
MOST = SOURCES * (2 * SIDE + MORE + OTHER)
TITLE, NAME = 160, 120  # characters
LINES = 8
EXCERPT = 360  # in the width of a Latin letter: a Chinese character counts for two

Row = dict[str, Any]


def body(build: Build, counts: Counts) -> Html | None:
    """One pair of columns a source."""
    drawn = _drawn(build)
    sources = sorted({row["source"] for row in drawn})
    shown, left = few(sources, SOURCES)
    picked = {source: _pick(build, [row for row in drawn if row["source"] == source]) for source in shown}
    reasons = _reasons(build, [row["id"] for groups in picked.values() for rows in groups for row in rows])
    blocks = [_source(build, source, picked[source], reasons) for source in shown]
    if not blocks:
        return None
    folded = [tag("details", tag("summary", source), block) for source, block in zip(shown, blocks, strict=True)][OPEN:]
    lead = join(
        "Drawn evenly along the ids of every source, rule and tier, the same in every build. The texts are the "
        "beginnings of documents as they are stored; ", code("corpus explain ID"), " tells the whole story of one.",
    )  # fmt: skip
    more = tag("p", f"Samples of {left} more sources are in ledger/samples.parquet.", class_="note") if left else None
    return join(tag("p", lead), blocks[:OPEN], folded, more)


def _drawn(build: Build) -> list[Row]:
    path = build.file("ledger/samples.parquet")
    if path is None:
        return []
    text = [pl.col("title").str.slice(0, 2 * TITLE), pl.col("excerpt").str.slice(0, 2 * (TITLE + EXCERPT))]
    return list(pl.scan_parquet(path, glob=False).with_columns(text).collect().iter_rows(named=True))


def _pick(build: Build, rows: Sequence[Row]) -> tuple[list[Row], list[Row], list[Row]]:
    """Kept, dropped and other documents of a source: one of each tier or rule first, then the second ones; tiers as in
    the recipe, rules by what they cost."""
    tiers, costs = tier_order(build), build.card.counts["rules"]
    kept = _in_turn([row for row in rows if row["fate"] == "kept"], "tier", {t: n for n, t in enumerate(tiers)})
    dropped = _in_turn([row for row in rows if row["fate"] == "dropped"], "rule", {r: -n for r, n in costs.items()})
    rest = [{**row, "group": (row["fate"], row["rule"])} for row in rows if row["fate"] not in ("kept", "dropped")]
    other = _in_turn(rest, "group", {})
    return kept[:SIDE], dropped[: SIDE + MORE], other[:OTHER]


def _in_turn(rows: Sequence[Row], by: str, order: dict[str, int]) -> list[Row]:
    seen: dict[Any, int] = {}
    ranked = []
    for place, row in enumerate(rows):
        seen[row[by]] = seen.get(row[by], 0) + 1
        ranked.append((seen[row[by]], order.get(row[by], 0), place, row))
    return [row for *_, row in sorted(ranked, key=lambda item: item[:3])]


def _reasons(build: Build, ids: list[str]) -> dict[tuple[str, str], Row]:
    """What the ledger says of those documents, by id and fate."""
    ledger = build.scan("ledger/documents")
    if ledger is None or not ids:
        return {}
    columns = ["id", "fate", "rule", "value", "threshold", "other", "similarity", "broken"]
    wanted = ledger.filter(pl.col("id").is_in(ids)).select(columns).collect(engine="streaming")
    return {(row["id"], row["fate"]): row for row in wanted.iter_rows(named=True)}


def _source(build: Build, source: str, groups: tuple[list[Row], ...], reasons: dict[tuple[str, str], Row]) -> Html:
    kept, dropped, other = ([_sample(build, row, reasons) for row in rows] for rows in groups)
    none = tag("p", "none", class_="note")
    left, right = tag("div", tag("h4", "Kept"), kept or none), tag("div", tag("h4", "Dropped"), dropped[:SIDE] or none)
    folded = [("More that were dropped", dropped[SIDE:]), ("Copies, retracted, superseded, deleted or repeated", other)]
    rest = [_folded(name, some) for name, some in folded if some]
    return tag("section", tag("h3", source), tag("div", left, right, class_="pair"), rest, class_="source")


def _folded(name: str, samples: Sequence[Html]) -> Html:
    return tag("details", tag("summary", f"{name} ({len(samples)})"), tag("div", samples, class_="pair"))


def _sample(build: Build, row: Row, reasons: dict[tuple[str, str], Row]) -> Html:
    language = row["language"] or "und"
    title, excerpt = row["title"] or "", row["excerpt"] or ""
    if title and excerpt.startswith(title):  # the text repeats the title it begins with
        excerpt = excerpt[len(title) :].lstrip(" \t\r\n.。")
    title, excerpt = cut(title, TITLE), cut_width("\n".join(_lines(excerpt)), EXCERPT)
    tongue = language if LANGUAGE_TAG.fullmatch(language) else None
    why = _why(build, row, reasons.get((row["id"], row["fate"])))
    head = tag("p", why, tag("small", code(cut(row["id"], NAME)), f" {language}"), class_="why")
    shown = [tag("h5", title, dir="auto") if title else None, tag("p", excerpt, class_="excerpt", dir="auto")]
    return tag("article", head, tag("div", shown, lang=tongue), class_=f"sample s-{_known(row['fate'])}")


def _lines(text: str) -> list[str]:
    """The first lines that hold something."""
    return [line for line in text.splitlines() if line.strip()][:LINES]


def _why(build: Build, row: Row, told: Row | None) -> Html:
    if row["fate"] == "kept":
        return join(tag("b", "kept", class_="badge f-kept"), " in tier ", tag("strong", row["tier"] or "all"))
    badge = tag("b", row["fate"], class_=f"badge f-{_known(row['fate'])}")
    if row["fate"] == "dropped" and told:
        return join(badge, " ", _verdict(build, told))
    if row["fate"] == "duplicate" and told:
        return join(badge, " ", *_copy(told))
    note = (told or {}).get("value") or (told or {}).get("other") or FATES.get(row["fate"], "")
    return join(badge, " ", cut(str(note), 200))


def _copy(told: Row) -> tuple[Child, ...]:
    """`exact copy of ...`, or how alike the two are."""
    near = told["rule"] != "exact" and told["similarity"]
    by = f" ({alike(told['similarity'])} alike)" if near else ""
    return f"{cut(told['rule'], NAME)} copy of ", code(cut_middle(told["other"] or "", NAME)), by


def _verdict(build: Build, told: Row) -> Html:
    """`english.words is 12; rule en-words-min demands ≥ 20`, and how many more rules it broke."""
    rule = next((rule for rule in build.recipe.rule if rule.name == told["rule"]), None)
    demanded = demand(rule.comparison, rule.threshold) if rule else told["threshold"] or ""
    more = len(told["broken"] or []) - 1
    return join(
        code(rule.signal if rule else "value"), " is ", tag("strong", cut(told["value"], 60)), ", ",
        code(told["rule"] or ""), " demands ", tag("strong", cut(demanded, 80)),
        f"; it broke {plural(more, 'more rule')}" if more > 0 else None,
    )  # fmt: skip


def _known(fate: str) -> str:
    return fate if fate in FATES else "broken"


SECTION = Section("samples", "Kept and dropped, side by side", body)
