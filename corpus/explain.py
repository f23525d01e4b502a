"""`corpus explain ID`: the whole story of one document, or of a record that gave none.

Reads only the output folder of a build (`ledger/`, `facts/`, `data/`, `card.json`); prints what happened, where it came
from, every rule it met or broke with value and threshold, and why the tier is what it is.
"""

from __future__ import annotations

import difflib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from corpus.card import Card
from corpus.controls import visible
from corpus.errors import UserError
from corpus.judge import LEARNED, UNKNOWN
from corpus.ledger import LEDGER_DOCUMENTS, LEDGER_RECORDS
from corpus.report.folder import Build, open_build, reading

Row = dict[str, Any]


def explain(folder: Path, asked: str) -> dict[str, Any]:
    """Everything known of an id, a record key, a bare PMID, or a place (`source/file#position`).

    Returns `asked`, `records` and `documents` (ledger rows), `facts` (per document id) and the `card`. Raises
    `UserError` when the folder is no corpus or nothing of that name was ever read.
    """
    build = open_build(folder)
    with reading(build):
        return _story(build, asked)


def _story(build: Build, asked: str) -> dict[str, Any]:
    documents = build.need("ledger/documents", LEDGER_DOCUMENTS)
    records = build.need("ledger/records", LEDGER_RECORDS)
    names = {asked, f"pubmed:{asked}", f"pmc:{asked}"}
    found = documents.filter(pl.col("id").is_in(names) | pl.col("record").is_in(names) | pl.col("place").is_in(names))
    rows = found.collect().to_dicts()
    keys = {row["record"] for row in rows} | names
    entries = records.filter(pl.col("record").is_in(keys - {""}) | pl.col("place").is_in(names)).collect().to_dicts()
    if not rows and not entries:
        raise _unknown(asked, documents, records, build.folder)
    ids = [row["id"] for row in rows]
    return {
        "asked": asked, "records": entries, "documents": rows, "card": build.card,
        "relations": _relations(build, ids), "facts": _facts(build, ids), "data": _data(build, ids),
    }  # fmt: skip


def _relations(build: Build, ids: list[str]) -> list[Row]:
    """The rows of relations that name one of the documents."""
    relations = build.scan("relations/relations")
    if relations is None or not ids:
        return []
    return relations.filter(pl.col("one").is_in(ids) | pl.col("other").is_in(ids)).collect().to_dicts()


def _facts(build: Build, ids: list[str]) -> dict[str, Row]:
    facts = build.scan("facts/facts")
    if facts is None or not ids:
        return {}
    found = facts.filter(pl.col("id").is_in(ids)).collect()
    return {row.pop("id"): row for row in found.to_dicts()}


def _data(build: Build, ids: list[str]) -> dict[str, Row]:
    files = build.texts()
    if not files or not ids:
        return {}
    found = pl.scan_parquet(files, glob=False).filter(pl.col("id").is_in(ids)).select("id", "licence", "date").collect()
    return {row.pop("id"): row for row in found.to_dicts()}


def _unknown(asked: str, documents: pl.LazyFrame, records: pl.LazyFrame, folder: Path) -> UserError:
    """An error that offers the nearest names there are, looking only at those that start alike."""
    head = asked[: max(4, len(asked) // 2)]
    near: list[str] = []
    for frame, column in ((documents, "id"), (records, "place")):
        alike = frame.filter(pl.col(column).str.contains(head, literal=True)).select(column).head(2000).collect()
        near += alike[column].to_list()
    close = difflib.get_close_matches(asked, near, n=3, cutoff=0.5)
    return UserError(
        f"Nothing named {asked!r} was ever read by this build.",
        where=str(folder),
        mend=f"did you mean {', '.join(close)}?"
        if close
        else "an id looks like pubmed:31452104, pmc:PMC1065065.1, a "
        "record's key, or a place such as pubmed/pubmed26n0001.xml.gz#12; ledger/ lists them all",
    )


def tell(story: dict[str, Any]) -> str:
    """The story as text for a terminal."""
    card: Card = story["card"]
    story = visible({name: part for name, part in story.items() if name != "card"})
    lines = [f"{story['asked']} in corpus {card.name} ({card.identity[:12]})", ""]
    for entry in story["records"]:
        lines += _tell_record(entry)
    for row in story["documents"]:
        lines += ["", *_tell_document(row, story["data"].get(row["id"]), story["facts"].get(row["id"]), card)]
        lines += _tell_relations(row["id"], story["relations"])
    return "\n".join(lines)


MEANINGS = {
    "exact": "the same text but for case, width and script", "near": "says the same",
    "variant": "alike, but not the same",
    "contained": "nearly all of the shorter in the longer", "alike": "alike", "work": "the same work in another form",
    "translation": "the same work in another language",
}  # fmt: skip
SHOWN = 12  # relations of a document


def _tell_relations(name: str, relations: list[Row]) -> list[str]:
    """The documents that it was compared with, the most alike first."""
    mine = [row for row in relations if name in (row["one"], row["other"])]
    mine.sort(key=lambda row: (-(row["jaccard"] or 0.0), row["one"], row["other"]))
    lines = ["related"] if mine else []
    for row in mine[:SHOWN]:
        other = row["other"] if row["one"] == name else row["one"]
        alike = f", similarity {row['jaccard']:.3f}" if row["jaccard"] is not None else ""
        lines.append(f"         {other}: {MEANINGS[row['kind']]}{alike}")
        if row["veto"]:
            lines.append(f"           neither stands for the other ({row['veto']}): {row['evidence']}")
        elif row["evidence"] and row["kind"] != "exact":
            lines.append(f"           {row['evidence']}")
    return [*lines, f"         and {len(mine) - SHOWN} more"] if len(mine) > SHOWN else lines


def _tell_record(entry: Row) -> list[str]:
    name = entry["record"] or "an entry without a key"
    version = _version(name, entry["version"])
    count = entry["documents"]
    told = {
        "read": f"was read and gave {count} document{'s' if count != 1 else ''}; it is the last word on this record",
        "superseded": f"was superseded by {entry['other']}",
        "deleted": f"was withdrawn by its publisher: deletion notice at {entry['other']}",
        "duplicate": f"repeats {entry['other']} with the same key and the same content",
        "deletion": "is a deletion notice",
        "broken": f"could not be used ({entry['cause']}): {entry['detail']}",
    }[entry["outcome"]]
    lines = [f"record   {name}{version} at {entry['place']}", f"         {told}"]
    if entry["outcome"] == "read" and entry["detail"]:
        lines.append(f"         but {entry['detail']}")
    return lines


def _version(record: str, version: int) -> str:
    """The version as a reader knows it; that of a web page is the minute it was fetched, counted from 2000."""
    if version <= 1:
        return ""
    if record.startswith("web:"):
        return f", fetched {datetime(2000, 1, 1) + timedelta(minutes=version):%Y-%m-%d %H:%M} UTC"
    return f", version {version}"


def _tell_document(row: Row, data: Row | None, facts: Row | None, card: Card) -> list[str]:
    lines = [f"document {row['id']}  (from {row['place']})"]
    lines += [f"         {row['title']}"] if row["title"] else []
    if data and row["fate"] == "kept":
        lines.append(
            f"         {data['date'] or 'no date'} · licence {data['licence']} · {row['bytes']:,} bytes of text"
        )
    lines.append(f"fate     {_fate(row)}")
    lines += _tell_leaks(row)
    rules = {rule["name"]: rule for rule in card.recipe["rule"]}
    for broken in row["broken"] or []:
        demand = f"{broken['comparison']} {broken['threshold']}"
        lines.append(f"  broke  {broken['rule']}: is {broken['value']}, must be {demand}")
        if broken["rule"] in rules:
            lines.append(f"         {_reason(rules[broken['rule']], broken['value'], row['language'])}")
    if row["fate"] == "kept":
        lines.append(f"         it meets every rule that speaks of it ({len(rules)} in the recipe)")
    if facts and row["fate"] in ("kept", "dropped", "retracted", "leaked", "duplicate"):
        lines += _tell_facts(facts, {rule["signal"] for rule in card.recipe["rule"]} | {
            condition["signal"] for tier in card.recipe["tier"] for condition in tier["when"]})  # fmt: skip
    return lines


def _tell_leaks(row: Row) -> list[str]:
    """The exam items that stand in it, each with its parts, and what was cut."""
    by_item: dict[str, list[Row]] = {}
    for leak in row["leaks"] or []:
        by_item.setdefault(leak["item"], []).append(leak)
    lines = []
    for item, parts in list(by_item.items())[:SHOWN]:
        told = ", ".join(f"{leak['part']} at characters {leak['start']:,} to {leak['end']:,}" for leak in parts)
        lines.append(f"  leaks  {item}: {told}; likeness {max(leak['score'] for leak in parts):.3g}")
    if len(by_item) > SHOWN:
        lines.append(f"         and {len(by_item) - SHOWN} more items")
    if row["cut"]:
        lines.append(f"  cut    {row['cut']:,} of its {row['bytes'] + row['cut']:,} bytes: the passages of these items")
    return lines


def _reason(rule: Row, value: str, language: str | None) -> str:
    """Why the rule is there; of a document that no classifier read, that: the rule's reason would say what nobody
    knows."""
    if value == UNKNOWN and rule["signal"].startswith(LEARNED):
        return f"no classifier read it: none gives {rule['signal']} in its language ({language or 'und'})"
    return str(rule["reason"])


def _fate(row: Row) -> str:
    match row["fate"]:
        case "kept":
            return f"kept in tier {row['tier']} (by [[tier]] {row['tier_by']}), split {row['split']}"
        case "dropped":
            more = len(row["broken"]) - 1
            also = f" and {more} more rule{'s' if more > 1 else ''}" if more else ""
            return f"dropped by {row['rule']}: {row['value']} is not {row['threshold']}{also}"
        case "retracted":
            return f"retracted: {row['value']}"
        case "duplicate":
            least = f", must be {row['threshold']}" if row["threshold"] else ""
            return f"a copy ({row['rule']}): similarity {row['value']}{least}; {row['other']} stays in its place"
        case "leaked":
            return f"leaked: {row['value']}, must be {row['threshold']}; it gives away {row['other']}"
        case "superseded":
            return f"superseded by {row['other']}"
        case "deleted":
            return f"deleted by its publisher, see {row['other']}"
        case fate:
            return f"{fate}, see {row['other']}" if row["other"] else str(fate)


def _tell_facts(facts: Row, used: set[str]) -> list[str]:
    """The facts that rules and tiers look at, and those that say what the document is; the rest is in facts/."""
    always = ("language.", "evidence.", "licence.", "document.characters")
    lines = ["facts"]
    for name, value in facts.items():
        if value is None or value == [] or not (name in used or name.startswith(always)):
            continue
        shown = f"{value:.4g}" if isinstance(value, float) else ", ".join(value) if isinstance(value, list) else value
        lines.append(f"         {name:<34} {shown}")
    return lines
