"""What a section of the report is, and the pieces of page that several sections share: tables, bars, notes.

A section names the counts it wants (`corpus/report/standing.py`) and makes its body from them. The list of sections,
in the order of the page, is in `corpus/report/page.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from corpus.report.folder import Build
from corpus.report.html import Child, Html, join, tag
from corpus.report.standing import Query
from corpus.report.wording import count, share

Counts = Mapping[str, pl.DataFrame]


def no_queries(build: Build) -> dict[str, Query]:
    """For a section that the card and the ledger tell enough."""
    return {}


class Section(NamedTuple):
    """One section: its anchor, its heading, `body` from build and counts (None leaves the section out), and the queries
    it wants answered, under names of its own."""

    anchor: str
    heading: str
    body: Callable[[Build, Counts], Html | None]
    queries: Callable[[Build], dict[str, Query]] = no_queries


class Column(NamedTuple):
    """A column of a table: heading, and whether it holds numbers, which stand right-aligned."""

    heading: Child
    number: bool = False


def table(caption: Child, columns: Sequence[Column], rows: Sequence[Sequence[Child]], more: str = "") -> Html:
    """A table with a caption and headers for screen readers; the first cell of each row is its header."""
    head = tag("tr", [tag("th", c.heading, scope="col", class_="n" if c.number else None) for c in columns])
    body = [tag("tr", [_cell(place, value, columns[place].number) for place, value in enumerate(row)]) for row in rows]
    foot = tag("tfoot", tag("tr", tag("td", more, colspan=len(columns)))) if more else None
    inside = tag("table", tag("caption", tag("span", caption)), tag("thead", head), tag("tbody", body), foot)
    return tag("div", inside, class_="table", tabindex=0, role="region", aria_label=_plain(caption))


def _cell(place: int, value: Child, number: bool) -> Html:
    kind = "n" if number else None
    return tag("th", value, scope="row", class_=kind) if place == 0 else tag("td", value, class_=kind)


def _plain(caption: Child) -> str | None:
    return caption if isinstance(caption, str) and not isinstance(caption, Html) else None


class Part(NamedTuple):
    """A part of a bar: CSS class, label, value."""

    kind: str
    label: str
    value: float


def bar(parts: Sequence[Part], whole: float) -> Html:
    """A horizontal bar of stacked parts, as wide as its cell; what the parts leave of `whole` stays empty."""
    at, drawn = 0.0, []
    for part in parts:
        width = 1000 * part.value / whole if whole else 0
        if part.value > 0:
            told = tag("title", f"{part.label}: {count(int(part.value))} ({share(part.value, whole)})")
            drawn.append(tag("rect", told, x=at, y=0, width=max(width, 2), height=10, class_=part.kind))
        at += width
    said = "; ".join(f"{part.label} {share(part.value, whole)}" for part in parts if part.value > 0)
    return tag(
        "svg", tag("rect", x=0, y=0, width=1000, height=10, class_="track"), drawn,
        viewBox="0 0 1000 10", preserveAspectRatio="none", class_="bar", role="img", aria_label=said or "none",
    )  # fmt: skip


def key(parts: Sequence[tuple[str, str]]) -> Html:
    """A legend: class and label of each colour."""
    entries = [tag("li", tag("svg", tag("rect", width=12, height=12, class_=kind), class_="swatch", width=12, height=12,
                                 aria_hidden="true"), label) for kind, label in parts]  # fmt: skip
    return tag("ul", entries, class_="key")


def note(*text: Child) -> Html:
    """A paragraph in the voice of a figure caption."""
    return tag("p", *text, class_="note")


def code(text: object) -> Html:
    """A name as it stands in the recipe or the ledger."""
    return tag("code", text)


def few(items: Sequence[Any], most: int) -> tuple[Sequence[Any], int]:
    """The first `most` items, and how many are left out."""
    return items[:most], max(0, len(items) - most)


def tier_kind(build: Build, tier: str) -> str:
    """The CSS class of a tier: by its place among the tiers of the recipe, so that it has one colour everywhere."""
    order = tier_order(build)
    return f"t{min(order.index(tier), 5)}" if tier in order else "t5"


def tier_order(build: Build) -> list[str]:
    """The tiers of the build: the best first where the recipe says which those are, else in the order of entries."""
    told = dict.fromkeys([*build.recipe.decide.tiers, *(entry.tier for entry in build.recipe.tier)])
    found = build.card.counts["tiers"]
    return [tier for tier in told if tier in found] + [tier for tier in found if tier not in told]


def paragraphs(*texts: Child) -> Html:
    """Each text as a paragraph."""
    return join(tag("p", text) for text in texts)
