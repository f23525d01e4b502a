"""Section: rules. What each rule of the recipe demands, why, and how many documents it cost.

Rules from the recipe in the card; counts from the ledger, which records every rule a document broke, not only the
first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from corpus.learn.unread import told
from corpus.recipe import Rule
from corpus.report.folder import Build
from corpus.report.html import Html, join, tag
from corpus.report.section import Column, Counts, Part, Section, bar, code, few, note, table
from corpus.report.standing import Query, by, measure
from corpus.report.wording import NBSP, count, demand, plural, share

ROWS = 200
LANGUAGES = 4  # named in a cell

Tally = dict[str, dict[str, int]]  # rule, then language


def queries(build: Build) -> dict[str, Query]:
    """Documents by what rules speak of, by the rule that dropped them, and by every rule they broke."""
    broke = Query(("broken", "language", "bytes"), _broken)
    dropped = by("rule", "language", where=pl.col("fate") == "dropped")
    return {"rules.spoken": by("language", "document.genre"), "rules.first": dropped, "rules.broke": broke}


def _broken(piece: pl.DataFrame) -> pl.DataFrame:
    rows = piece.select("language", "bytes", "broken").filter(pl.col("broken").list.len() > 0).explode("broken")
    return measure(rows, pl.col("broken").struct.field("rule").alias("rule"), "language")


def body(build: Build, counts: Counts) -> Html | None:
    """The table, in the order of the recipe."""
    if not build.recipe.rule:
        return tag("p", "The recipe has no rules: every document that was not retracted is kept.")
    first, broke = _tally(counts.get("rules.first")), _tally(counts.get("rules.broke"))
    spoken = counts.get("rules.spoken")
    rules, left = few(build.recipe.rule, ROWS)
    rows = [_row(rule, first.get(rule.name, {}), broke.get(rule.name, {}), _spoken(rule, spoken)) for rule in rules]
    columns = [
        Column("Rule, what it demands and why"), Column("Speaks of"), Column("Documents", True),
        Column("Broke it", True), Column("Share", True), Column("Dropped first", True), Column(""),
    ]  # fmt: skip
    lead = (
        "A document stays when every rule that speaks of it holds; an unknown value breaks a rule. The ledger keeps "
        "all rules that a document broke. It counts as dropped by the first of them in the order of the recipe, so "
        "that column adds up to the dropped documents."
    )
    more = f"{plural(left, 'more rule')} in the recipe." if left else ""
    idle = sum(1 for rule in build.recipe.rule if not broke.get(rule.name))
    caption = (
        "The rules of the recipe, in its order. Shares and bars are of the documents that a rule speaks of: those it "
        "dropped first and, lighter, those that broke it after another rule."
    )
    unread = [tag("p", tag("b", "Look closely: "), told(entry), class_="warning")
              for entry in build.card.counts.get("unread", [])]  # fmt: skip
    return join(tag("p", lead), unread, table(caption, columns, rows, more),
                note(f"{plural(idle, 'rule')} broken by no document.") if idle else None)  # fmt: skip


def _row(rule: Rule, first: dict[str, int], broke: dict[str, int], spoken: int | None) -> list[object]:
    dropped, broken = sum(first.values()), sum(broke.values())
    parts = [Part("f-dropped", "dropped first", dropped), Part("f-also", "broke it after another", broken - dropped)]
    demanded = tag("span", demand(rule.comparison, rule.threshold), class_="demanded")
    what = tag("div", code(rule.name), code(rule.signal), " ", demanded, tag("small", rule.reason), class_="reason")
    told = tag("small", _languages(broke)) if len(broke) > 1 else None
    return [
        what, ", ".join((*rule.language, *rule.genre)) or "all", count(spoken) if spoken is not None else "–",
        join(count(broken), told), share(broken, spoken or 0), count(dropped), bar(parts, spoken or broken),
    ]  # fmt: skip


def _languages(cells: dict[str, int]) -> str:
    ordered = sorted(cells.items(), key=lambda item: (-item[1], item[0]))
    named = [f"{language}{NBSP}{count(number)}" for language, number in ordered[:LANGUAGES]]
    rest = sum(number for _, number in ordered[LANGUAGES:])
    return ", ".join([*named, f"other {count(rest)}"] if rest else named)


def _tally(counted: pl.DataFrame | None) -> Tally:
    tally: Tally = {}
    if counted is not None:
        for rule, language, documents in counted.select("rule", "language", "documents").iter_rows():
            tally.setdefault(rule, {})[language or "und"] = documents
    return tally


def _spoken(rule: Rule, counted: pl.DataFrame | None) -> int | None:
    """How many standing documents the rule speaks of; None where the build does not tell the genre."""
    if counted is None:
        return None
    total = 0
    for language, genre, documents in counted.select("language", "document.genre", "documents").iter_rows():
        if speaks(rule.language, language) and (not rule.genre or genre in rule.genre):
            total += int(documents)
    return total


def spoken_of(language: Sequence[str], genre: Sequence[str] = ()) -> pl.Expr:
    """The documents that a rule for those languages and genres speaks of, as `corpus/judge.py` has it."""
    tag = pl.col("language").fill_null("und")
    said = pl.lit(True)
    if language:
        said = pl.any_horizontal([(tag == code) | tag.str.starts_with(f"{code}-") for code in language])
    return said & pl.col("document.genre").is_in(list(genre)) if genre else said


def speaks(prefixes: Iterable[str], language: str | None) -> bool:
    """Whether a rule for those languages speaks of a document in `language`: `spoken_of` for one document."""
    tag = language or "und"
    wanted = tuple(prefixes)
    return not wanted or any(tag == code or tag.startswith(f"{code}-") for code in wanted)


SECTION = Section("rules", "Rules", body, queries)
