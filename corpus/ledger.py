"""The ledger: every record and every document ever read, with its fate; and the balances that must hold.

Rows are written by `corpus/export.py` from the plan and the verdicts, read by `corpus/explain.py` and the report. Two
families of Parquet files under `ledger/`:

`documents-*.parquet`, one row per document, by id: LEDGER_DOCUMENTS.
`records-*.parquet`, one row per entry of an input file, by record: LEDGER_RECORDS.

Beside them lies `relations/relations-*.parquet`, one row per related pair of standing documents: RELATIONS.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

BROKEN_RULES = pl.List(
    pl.Struct({"rule": pl.String, "value": pl.String, "comparison": pl.String, "threshold": pl.String})
)

LEAKS = pl.List(
    pl.Struct({"item": pl.String, "part": pl.String, "start": pl.UInt32, "end": pl.UInt32, "score": pl.Float32})
)

LEDGER_DOCUMENTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "id": pl.String,
    "record": pl.String,  # key of the record it came from
    "place": pl.String,  # <source>/<file>#<position in the file, from 1>
    "source": pl.String,
    "title": pl.String,  # at most 200 characters of it
    "stage": pl.String,  # the stage that decided: ingest (what became of the record) or decide
    "fate": pl.String,  # kept | dropped | duplicate | leaked | retracted | deleted | superseded | repeated | broken
    "rule": pl.String,  # the first it broke, `retracted` or `leaks`; of a duplicate the relation, `exact` or `near`
    "value": pl.String,  # of that rule's signal, or the reason of the retraction; of a duplicate its similarity
    "threshold": pl.String,  # what the rule demands: comparison and threshold
    "other": pl.String,  # the place that superseded, deleted or gave it; the document it duplicates; the item it leaks
    "similarity": pl.Float64,  # to `other`, for duplicates: Jaccard similarity, of contained texts the share contained
    "split": pl.String,  # train | held_out, for kept documents
    "tier": pl.String,  # for kept documents
    "tier_by": pl.String,  # the [[tier]] entry that gave the tier
    "language": pl.String,
    "bytes": pl.Int64,  # of the text, in UTF-8; of a kept document those that stay
    "cut": pl.Int64,  # bytes of passages that leak exam items and were cut; with `bytes` those of the text as read
    "leaks": LEAKS,  # what it has of exam items: the part, and the characters of the text as read where that stands
    "broken": BROKEN_RULES,  # every rule it broke, in the order of the recipe
}

LEDGER_RECORDS: dict[str, pl.DataType | type[pl.DataType]] = {
    "record": pl.String,  # key; empty for a broken entry whose key could not be told
    "place": pl.String,
    "source": pl.String,
    "outcome": pl.String,  # read | superseded | deleted | duplicate | broken | deletion (the notice itself)
    "version": pl.Int32,
    "documents": pl.Int32,  # how many documents it gave
    "other": pl.String,  # the place that superseded or deleted it
    "cause": pl.String,  # why it is broken, as a slug
    "detail": pl.String,  # and in a sentence; for a standing record, that a later entry of it could not be read
}


RELATIONS: dict[str, pl.DataType | type[pl.DataType]] = {
    "one": pl.String,  # document ids, in order
    "other": pl.String,
    "kind": pl.String,  # exact | near | variant | contained | alike | work | translation
    "jaccard": pl.Float64,  # of the sets of shingles; null for works and translations
    "of_one": pl.Float64,  # share of the one's shingles that the other has
    "of_other": pl.Float64,
    "veto": pl.String,  # quantity | negation | opening | term: why both stay; empty: nothing forbids it
    "evidence": pl.String,  # what was substituted, else the first change; of works the identifier they share
    "changes": pl.UInt32,  # places in which the texts differ; null where they were not aligned
}


class UnbalancedBooks(AssertionError):
    """The counts do not add up: something was lost or counted twice. A build that meets this fails."""


def balance(read: Mapping[str, int], outcomes: Mapping[str, int], fates: Mapping[str, int], live: int) -> None:
    """Assert both balances.

    `read`: counts noted while reading (`records, documents, broken, deletions`); `outcomes`: entries by outcome;
    `fates`: documents by fate; `live`: documents that the records with outcome `read` gave. Raises `UnbalancedBooks`.
    """
    checks = {
        "entries read and entries in the ledger": (read["records"], sum(outcomes.values())),
        "documents read and documents in the ledger": (read["documents"], sum(fates.values())),
        "deletion notices read and in the ledger": (read["deletions"], outcomes.get("deletion", 0)),
        "documents of standing records and documents judged": (
            live, sum(fates.get(fate, 0) for fate in ("kept", "dropped", "retracted", "leaked", "duplicate"))),
    }  # fmt: skip
    for what, (one, other) in checks.items():
        if one != other:
            raise UnbalancedBooks(f"the books do not balance: {what} differ, {one:,} and {other:,}")
    if outcomes.get("broken", 0) < read["broken"]:
        raise UnbalancedBooks(f"{read['broken']:,} broken entries were read, {outcomes.get('broken', 0):,} are listed")
