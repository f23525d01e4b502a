"""Section: signals. How the values of each signal that a rule looks at are spread, and where the rule cuts.

One figure for each signal and the documents that its rules speak of. Values from the facts, counted in
cells (`corpus/report/histogram.py`); what breaks a rule is taken from the ledger, so figure and verdict cannot
disagree.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from corpus.annotate.stage import facts_of
from corpus.recipe import Rule
from corpus.report.folder import Build
from corpus.report.histogram import DIGITS, Mark, cells, draw
from corpus.report.html import Html, join, tag
from corpus.report.rules import spoken_of
from corpus.report.section import Column, Counts, Part, Section, bar, code, few, key, table
from corpus.report.standing import Query, measure
from corpus.report.wording import count, cut, demand, plural, share, short

FIGURES = 60
VALUES = 8  # listed of a signal that is no number


class Group(NamedTuple):
    """A signal, the languages and genres its rules speak of, and those rules."""

    signal: str
    language: tuple[str, ...]
    genre: tuple[str, ...]
    rules: tuple[Rule, ...]

    @property
    def name(self) -> str:
        """The name of its query."""
        return "signals." + "/".join((self.signal, "+".join(self.language), "+".join(self.genre)))


def groups(build: Build) -> list[Group]:
    """The figures of the section, in the order of the recipe."""
    found: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[Rule]] = {}
    for rule in build.recipe.rule:
        found.setdefault((rule.signal, rule.language, rule.genre), []).append(rule)
    return [Group(*where, rules=tuple(rules)) for where, rules in found.items()]


def queries(build: Build) -> dict[str, Query]:
    """One query a figure: documents by value and by whether they break one of its rules."""
    types = build.columns("facts/facts")
    drawn = groups(build)[:FIGURES]
    return {group.name: _query(group, types[group.signal]) for group in drawn if group.signal in types}


def _query(group: Group, dtype: pl.DataType) -> Query:
    columns = (group.signal, "language", "broken", "bytes", *(["document.genre"] if group.genre else []))
    named = pl.element().struct.field("rule").is_in([rule.name for rule in group.rules])
    breaks = pl.col("broken").list.eval(named).list.any().fill_null(False).alias("breaks")
    value = pl.col(group.signal)
    if dtype.is_numeric():
        value = value.cast(pl.Float64).round_sig_figs(DIGITS)
    elif dtype.is_nested():
        value = value.list.join(", ")
    else:
        value = value.cast(pl.String)

    def counted(piece: pl.DataFrame) -> pl.DataFrame:
        return measure(piece.filter(spoken_of(group.language, group.genre)), value.alias("value"), breaks)

    return Query(columns, counted)


def body(build: Build, counts: Counts) -> Html | None:
    """All figures as a grid."""
    shown, left = few([group for group in groups(build) if group.name in counts], FIGURES)
    cutting: list[Html] = []
    idle: list[Html] = []
    for group in shown:
        counted = counts[group.name]
        if counted["documents"].sum():
            (cutting if counted["breaks"].any() else idle).append(_figure(group, counted))
    if not cutting and not idle:
        return None
    lead = (
        "Each figure shows the documents that its rules speak of, and the line is the threshold. The height of a bar "
        "is the square root of its documents, so that the tails, which are what rules cut, can be seen; within a bar "
        "the colours share the height as they share the documents. The outermost bars hold everything beyond the axis."
    )
    legend = key([("f-kept", "meets these rules"), ("f-dropped", "breaks one of them")])
    more = tag("p", f"{plural(left, 'more signal')} not drawn.", class_="note") if left else None
    grid = tag("div", cutting, class_="grid") if cutting else None
    return join(tag("p", lead), legend, grid, _folded(idle), more)


def _folded(figures: list[Html]) -> Html | None:
    """Signals on which no document fails, out of the way."""
    if not figures:
        return None
    said = f"{plural(len(figures), 'signal')} whose rules no document breaks"
    return tag("details", tag("summary", said), tag("div", figures, class_="grid"))


def _figure(group: Group, counted: pl.DataFrame) -> Html:
    whole = int(counted["documents"].sum())
    known = counted.filter(pl.col("value").is_not_null())
    breaking = int(counted.filter("breaks")["documents"].sum())
    unknown = whole - int(known["documents"].sum())
    said = [plural(whole, "document"), f"{share(breaking, whole)} break" if breaking else "none breaks"]
    drawing: Html | None = None
    if counted["value"].dtype.is_numeric():
        found = cells(counted)
        if found.values:
            drawing = draw(found, _marks(group), f"Histogram of {group.signal}")
            said.insert(1, f"median {short(found.quantile(0.5))}")
    else:
        drawing = _values(group, known, whole)
    if unknown:
        said.append(f"{count(unknown)} unknown")
    speaks = ", ".join((*group.language, *group.genre)) or "all documents"
    meaning, unit = _meaning(group.signal)
    head = tag("figcaption", code(group.signal), tag("small", f"{speaks} · {unit}" if unit else speaks))
    names = tag("p", join(tag("span", code(rule.name), class_="when") for rule in group.rules), class_="note rules")
    return tag(
        "figure",
        head,
        tag("p", meaning, class_="note"),
        drawing,
        tag("p", " · ".join(said), class_="note"),
        names,
        class_="card",
    )


def _meaning(signal: str) -> tuple[str, str]:
    """What the signal is and its unit, where the annotator in this version of the code documents it."""
    try:
        facts = facts_of(signal.partition(".")[0])
    except (ImportError, KeyError):
        return "", ""
    told = next((fact for fact in facts if fact.name == signal), None)
    return (told.doc, told.unit) if told else ("", "")


def _marks(group: Group) -> list[Mark]:
    return [Mark(float(rule.threshold), rule.comparison) for rule in group.rules
            if isinstance(rule.threshold, int | float) and not isinstance(rule.threshold, bool)]  # fmt: skip


def _values(group: Group, known: pl.DataFrame, whole: int) -> Html:
    """A signal that is no number: its most frequent values, as bars."""
    table_ = known.group_by("value").agg(
        pl.col("documents").sum(), pl.col("documents").filter("breaks").sum().alias("breaking")
    ).sort("documents", "value", descending=[True, False])  # fmt: skip
    rows = []
    for value, number, breaking in table_.head(VALUES).iter_rows():
        parts = [Part("f-dropped", "breaks", breaking), Part("f-kept", "meets", number - breaking)]
        rows.append([cut(value or "(empty)", 40), bar(parts, whole), count(number)])
    left = max(0, table_.height - VALUES)
    demands = "; ".join(demand(rule.comparison, rule.threshold) for rule in group.rules)
    columns = [Column("Value"), Column(""), Column("Documents", True)]
    return table(cut(demands, 120), columns, rows, f"{plural(left, 'more value')}" if left else "")


SECTION = Section("signals", "Signals and thresholds", body, queries)
