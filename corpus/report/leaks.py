"""Section: exam items. Which exams stand in the documents, what that cost, and a few cases to look at.

Documents, passages and bytes come from the documents' ledger; the exams from the recipe in the card. Left out where the
recipe names no exam.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from corpus.ledger import LEDGER_DOCUMENTS
from corpus.report.folder import Build
from corpus.report.html import Html, join, tag
from corpus.report.section import Column, Counts, Section, code, few, note, table
from corpus.report.wording import count, cut_middle, plural, size

EXAMS, CASES, NAME = 40, 12, 80
WAYS = {
    "cut": "A passage that gives an item away is cut out of its document; a document of which such passages are more "
    "than {share:.0%} leaves whole.",
    "drop": "A document that gives an item away leaves the corpus.",
    "keep": "The recipe keeps documents that give items away: a score on these exams says nothing of what was learned.",
}


def body(build: Build, counts: Counts) -> Html | None:
    """A table by exam and the first cases."""
    if not build.recipe.exam:
        return None
    way = WAYS[build.recipe.decide.leaks].format(share=build.recipe.decide.leak_share)
    lead = tag(
        "p", way, " Facts and relations are of the texts as they were read; places below count their characters."
    )
    rows = build.need("ledger/documents", LEDGER_DOCUMENTS).filter(pl.col("leaks").list.len() > 0)
    found = rows.select("id", "fate", "cut", "leaks").collect() if build.standing else None
    if found is None or found.is_empty():
        return join(lead, tag("p", "No document holds an item of the exams that the recipe names."))
    return join(lead, _by_exam(build, found), _cases(found))


def _by_exam(build: Build, found: pl.DataFrame) -> Html:
    items = found.explode("leaks").unnest("leaks")
    items = items.with_columns(exam=pl.col("item").str.extract("^([^/]*)/"), whole=pl.col("fate") == "leaked")
    counted = items.group_by("exam").agg(
        documents=pl.col("id").n_unique(), whole=pl.col("id").filter("whole").n_unique(),
        items=pl.col("item").n_unique(),
    )  # fmt: skip
    by_exam = {row["exam"]: row for row in counted.to_dicts()}
    exams, left = few(build.recipe.exam, EXAMS)
    none = {"documents": 0, "whole": 0, "items": 0}
    rows = [[code(exam.name), *(count(by_exam.get(exam.name, none)[name]) for name in none)] for exam in exams]
    columns = [Column("Exam"), Column("Documents with items", True), Column("Of these gone", True),
               Column("Items found", True)]  # fmt: skip
    lost = int(found["cut"].sum())
    said = note(f"{plural(int((found['cut'] > 0).sum()), 'document')} lost passages, {size(lost)} in all.")
    more = f"{plural(left, 'more exam')} in the recipe." if left else ""
    return join(table("Exam items in standing documents, by exam", columns, rows, more), said)


def _cases(found: pl.DataFrame) -> Html:
    chosen = found.sort(pl.col("fate") != "leaked", "id").head(CASES)
    rows = [_case(row) for row in chosen.iter_rows(named=True)]
    columns = [Column("Document"), Column("Fate"), Column("Item"), Column("What of it, and where")]
    left = found.height - chosen.height
    return table("First cases", columns, rows, f"{plural(left, 'more document')} in the ledger." if left else "")


def _case(row: dict[str, Any]) -> list[object]:
    first = row["leaks"][0]["item"]
    own = [leak for leak in row["leaks"] if leak["item"] == first]
    said = ", ".join(f"{leak['part']} {count(leak['start'])}–{count(leak['end'])}" for leak in own)
    fate = f"kept, {size(row['cut'])} cut" if row["cut"] else row["fate"]
    others = len({leak["item"] for leak in row["leaks"]}) - 1
    named = join(code(cut_middle(first, NAME)), f" and {plural(others, 'more item')}" if others else None)
    return [code(cut_middle(row["id"], NAME)), fate, named, f"{said} (likeness {own[0]['score']:.3g})"]


SECTION = Section("leaks", "Exam items", body)
