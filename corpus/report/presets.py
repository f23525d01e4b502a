"""What each shipped preset would keep of each source: a table of the survival section.

The rules of a preset are held against the facts in the report's one pass; the recipe's own verdict is in the ledger.
Rules that several presets share are looked at once.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import polars as pl

from corpus.judge import holds
from corpus.recipe import Rule
from corpus.recipe_file import load_recipe
from corpus.report.folder import Build
from corpus.report.html import Child, Html, join, tag
from corpus.report.rules import spoken_of
from corpus.report.section import Column, Counts, Part, bar, code, few, note, table
from corpus.report.standing import Query
from corpus.report.wording import count, cut, percent, plural, share

NAMES = ("gopher", "fineweb", "fineweb2-zh", "medical-en", "medical-zh")
ROWS, NAME = 40, 60  # sources; characters of a name
# Shares of a source that a preset is asked about: below the one it is too few to tell, from the other on it is all.
FEWEST, NEARLY = 0.05, 0.95
QUERY = "presets"
OWN = "this recipe"


class Preset(NamedTuple):
    """A shipped recipe's name, its rules, and the languages that it has rules for."""

    name: str
    rules: tuple[Rule, ...]
    language: tuple[str, ...]


@lru_cache(maxsize=1)
def shipped() -> tuple[Preset, ...]:
    """The presets to compare with."""
    found = []
    for name in NAMES:
        rules = load_recipe(name).recipe.rule
        found.append(Preset(name, rules, tuple(dict.fromkeys(code for rule in rules for code in rule.language))))
    return tuple(found)


def presets(build: Build) -> list[Preset]:
    """Those whose signals the build has."""
    known = {*build.columns("facts/facts"), *build.columns("ledger/documents")}
    return [preset for preset in shipped() if _signals(preset) <= known]


def _signals(preset: Preset) -> set[str]:
    genre = {"document.genre"} if any(rule.genre for rule in preset.rules) else set()
    return {rule.signal for rule in preset.rules} | genre


def queries(build: Build) -> dict[str, Query]:
    """By source: standing documents, and for each preset those it speaks of and those it would keep."""
    found = presets(build)
    signals = sorted(set().union(*map(_signals, found)))
    names = [OWN, *(preset.name for preset in found)]
    measures = ("documents", *(f"{name}/{what}" for name in names for what in ("spoken", "kept")))
    columns = ("source", "language", "broken", *signals)
    return {QUERY: Query(columns, lambda piece: _counted(piece, found).select("source", *measures), measures)}


def _counted(piece: pl.DataFrame, found: list[Preset]) -> pl.DataFrame:
    """Every distinct condition is looked at once, and whom it speaks of once for each set of languages and genres."""
    conditions = {_condition(rule): rule for preset in found for rule in preset.rules}
    places = {condition: f"meets {place}" for place, condition in enumerate(conditions)}
    spoken = {(rule.language, rule.genre) for rule in conditions.values()} | {(preset.language, ()) for preset in found}
    asked = {whom: f"asked {place}" for place, whom in enumerate(sorted(spoken))}
    known = piece.with_columns(spoken_of(*whom).alias(name) for whom, name in asked.items())
    known = known.with_columns(
        (~pl.col(asked[rule.language, rule.genre]) | holds(rule)).alias(places[condition])
        for condition, rule in conditions.items()
    )
    told = {f"{OWN}/spoken": pl.lit(True), f"{OWN}/kept": pl.col("broken").list.len().fill_null(0) == 0}
    for preset in found:
        mine = pl.col(asked[preset.language, ()])
        told[f"{preset.name}/spoken"] = mine
        told[f"{preset.name}/kept"] = pl.all_horizontal(mine, *{places[_condition(rule)] for rule in preset.rules})
    sums = pl.col(list(told)).sum().cast(pl.UInt64)
    flags = known.select("source", **told)
    return flags.group_by("source").agg(pl.len().cast(pl.UInt64).alias("documents"), sums)


def _condition(rule: Rule) -> object:
    return rule.signal, rule.comparison, rule.threshold, rule.language, rule.genre


def presets_table(counts: Counts) -> Html | None:
    """Sources by presets; each cell is of the documents in the languages that the preset has rules for."""
    counted = counts.get(QUERY)
    if counted is None or counted.is_empty():
        return None
    names = [name.removesuffix("/kept") for name in counted.columns if name.endswith("/kept")]
    if len(names) < 2:  # a build without the signals that any preset looks at
        return None
    ordered = counted.sort("documents", "source", descending=[True, False])
    rows, left = few(list(ordered.iter_rows(named=True)), ROWS)
    shown = [[cut(row["source"], NAME), count(row["documents"]), *(_cell(row, name) for name in names)] for row in rows]
    headings = [Column(name if name == OWN else code(name), True) for name in names]
    caption = "What the rules of each shipped preset would keep, of the standing documents of each source"
    told = (
        "Rules alone: copies and retracted works are judged like the rest. A preset is asked only about documents in "
        "languages that it has rules for: where those are not nearly all of a source, their number stands below; where "
        f"they are less than {percent(FEWEST)}, a dash. Thresholds are those of the version that wrote this report."
    )
    more = plural(left, "more source") + "." if left else ""
    columns = [Column("Source"), Column("Documents", True), *headings]
    return join(table(caption, columns, shown, more), note(told))


def _cell(row: dict[str, int], name: str) -> Child:
    kept, spoken, documents = row[f"{name}/kept"], row[f"{name}/spoken"], row["documents"]
    if not spoken or spoken < FEWEST * documents:
        return tag("span", "–", class_="none")
    kind = "f-kept" if name == OWN else "stands"
    few_of = tag("small", f"of {count(spoken)}") if spoken < NEARLY * documents else None
    return tag("div", share(kept, spoken), bar([Part(kind, "kept", kept)], spoken), few_of, class_="cell")
