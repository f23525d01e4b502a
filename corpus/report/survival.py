"""Section: survival. What share of the documents of each source and each language came through, and how the rest ended.

From the counts in the card, from the ledger for sources by language, and from the facts for what other presets would
have kept (`corpus/report/presets.py`).
"""

from __future__ import annotations

import polars as pl

from corpus.report import presets
from corpus.report.folder import Build
from corpus.report.html import Html, join, tag
from corpus.report.section import Column, Counts, Part, Section, bar, few, key, note, table
from corpus.report.standing import Query, by
from corpus.report.wording import FATES, STANDING, count, cut, plural, share

ROWS, LANGUAGES = 40, 16  # listed one by one
NAME = 60  # characters of one
ACROSS = 6  # languages as columns of the last table

Fates = dict[str, int]


def queries(build: Build) -> dict[str, Query]:
    """Documents by source, language and fate, and what each preset would keep."""
    return {"survival": by("source", "language", "fate"), **presets.queries(build)}


def body(build: Build, counts: Counts) -> Html | None:
    """Two tables with bars, one of sources by languages, and one of sources by presets."""
    told = build.card.counts
    present = [fate for fate in FATES if told["documents"].get(fate)]
    if not present:
        return None
    lead = (
        "Survival is the share of kept documents among those of standing records; earlier versions, repeated and "
        "deleted records are drawn but are no loss. A copy counts as not kept, though its text stays in the document "
        "that stands for it. Languages are as found in the text, not as the source declared them."
    )
    return join(
        tag("p", lead),
        key([(f"f-{fate}", fate) for fate in present]),
        _table("By source", "Source", told["sources"], present, ROWS),
        _table("By language", "Language", told["languages"], present, LANGUAGES),
        _crossed(counts.get("survival")),
        presets.presets_table(counts),
    )


def survival(fates: Fates) -> str:
    """Kept, of the documents of standing records."""
    return share(fates.get("kept", 0), sum(fates.get(fate, 0) for fate in STANDING))


def _table(caption: str, what: str, groups: dict[str, Fates], present: list[str], most: int) -> Html:
    ordered = sorted(groups.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    first, left = few(ordered, most)
    if left:
        rest: Fates = {}
        for _, fates in ordered[most:]:
            rest = {fate: rest.get(fate, 0) + fates.get(fate, 0) for fate in {*rest, *fates}}
        first = [*first, (plural(left, "other"), rest)]
    rows = []
    for name, fates in first:
        parts = [Part(f"f-{fate}", fate, fates.get(fate, 0)) for fate in present]
        numbers = [count(fates.get(fate, 0)) if fates.get(fate) else "" for fate in present]
        rows.append([cut(name, NAME), bar(parts, sum(fates.values())), survival(fates), *numbers])
    columns = [Column(what), Column(""), Column("Survival", True), *(Column(fate, True) for fate in present)]
    return table(caption, columns, rows)


def _crossed(counted: pl.DataFrame | None) -> Html | None:
    """Survival of each source in each of the larger languages; a cell without documents stays empty."""
    if counted is None or counted.is_empty():
        return None
    cells: dict[tuple[str, str], Fates] = {}
    for source, language, fate, documents in counted.select("source", "language", "fate", "documents").iter_rows():
        cells.setdefault((source, language or "unread"), {})[fate] = documents
    sizes: dict[str, int] = {}
    for (_, language), fates in cells.items():
        sizes[language] = sizes.get(language, 0) + sum(fates.values())
    across = sorted(sizes, key=lambda language: (-sizes[language], language))[:ACROSS]
    sources = sorted({source for source, _ in cells})
    if len(sources) < 2 and len(across) < 2:
        return None
    rows = []
    for source in sources[:ROWS]:
        row: list[object] = [cut(source, NAME)]
        for language in across:
            fates = cells.get((source, language), {})
            told = tag("small", f" of {count(sum(fates.values()))}") if fates else None
            row.append(join(survival(fates), told) if fates else "")
        rows.append(row)
    columns = [Column("Source"), *(Column(language, True) for language in across)]
    caption = "Survival by source and language, of the documents of standing records"
    left = len(sizes) - len(across)
    return join(table(caption, columns, rows), note(f"{plural(left, 'smaller language')} not shown.") if left else None)


SECTION = Section("survival", "Survival by source and language", body, queries)
