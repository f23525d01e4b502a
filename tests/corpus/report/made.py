"""An output folder made by hand, as `corpus build` leaves it, so that the report is tested without a build.

Every text in it is invented. `make` writes card, run, ledger, facts and samples whose counts agree; relations, their
samples and classifiers are made in `made_related.py`.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl

from corpus.card import Card, write_card
from corpus.ledger import LEDGER_DOCUMENTS, LEDGER_RECORDS
from corpus.recipe import Recipe
from tests.corpus.report.made_related import Row as Row
from tests.corpus.report.made_related import copied, write_related

HOSTILE = "<script>alert('1')</script>\"><img src=x onerror=alert(2)>&amp;\x00\x1b\u202eevil"

RECIPE: Row = {
    "name": "made",
    "description": "A folder made by hand: every document in it is invented.",
    "source": [
        {"name": "pubmed", "kind": "pubmed", "path": "pubmed"},
        {"name": "pages", "kind": "web", "path": "pages", "genre": "web"},
    ],
    "exam": [{"name": "made", "form": "plain", "path": "exam.jsonl"}],
    "rule": [
        {"name": "en-words-min", "language": "en", "signal": "english.words", "comparison": ">=", "threshold": 40,
         "reason": "A heading or a stub teaches nothing."},
        {"name": "en-words-max", "language": "en", "signal": "english.words", "comparison": "<=", "threshold": 5000,
         "reason": "Longer than a chapter: a broken split."},
        {"name": "zh-hanzi-share", "language": "zh", "genre": "web", "signal": "chinese.hanzi_share",
         "comparison": ">=", "threshold": 0.5, "reason": "Menus and tables of figures."},
        {"name": "language-known", "signal": "language.tag", "comparison": "in", "threshold": ["en", "zh-Hans"],
         "reason": "Other languages are another corpus."},
    ],
    "tier": [
        {"name": "strong-evidence", "tier": "high", "when": [
            {"signal": "evidence.level", "comparison": "in", "threshold": ["guideline", "synthesis", "rct"]}],
         "reason": "Guidelines, reviews, trials."},
        {"name": "everything-else", "tier": "basic", "reason": "Whatever is left."},
    ],
}  # fmt: skip
FACTS: dict[str, Any] = {
    "id": pl.String, "document.source": pl.String, "document.licence": pl.String, "document.genre": pl.String,
    "document.bytes": pl.Int64, "document.characters": pl.Int64, "document.date": pl.String,
    "evidence.retracted": pl.Boolean, "evidence.retraction": pl.String, "language.tag": pl.String,
    "english.words": pl.UInt32,
    "chinese.hanzi_share": pl.Float32, "evidence.level": pl.String, "licence.commercial": pl.Boolean,
    "licence.derivatives": pl.Boolean,
    "licence.share_alike": pl.Boolean, "licence.attribution": pl.Boolean,
}  # fmt: skip
BROKEN = [{"place": "pubmed/cut.xml.gz#7", "cause": "truncated-gzip", "detail": "the file ends inside entry 7"}]
ENGLISH = "Invented text. In 120 patients, 10 mg once daily lowered the pressure by 4 mmHg (P<0.001). "
CHINESE = "虚构文本。每日一次，每次10 mg，四周后血压下降4 mmHg（P<0.001）。"


def documents(number: int, title: str = "") -> list[Row]:
    """Documents in order of id, with facts, fates and the rules they break. The same in every run."""
    chance = random.Random(7)
    rows = sorted((_document(chance, place, title) for place in range(number)), key=lambda row: str(row["id"]))
    return copied(rows)


def _document(chance: random.Random, place: int, title: str) -> Row:
    chinese = chance.random() < 0.4
    source = "pages" if chance.random() < 0.4 else "pubmed"
    tag = chance.choice(["zh-Hans"] * 9 + ["zh-Hant"]) if chinese else chance.choice(["en"] * 19 + ["fr"])
    words = None if chinese else int(chance.lognormvariate(5.2, 0.9)) + 2
    share = min(1.0, max(0.0, chance.gauss(0.8, 0.15))) if chinese else 0.0
    level = chance.choice(["rct", "synthesis", "observational", "unknown"]) if source == "pubmed" else "unknown"
    licence = chance.choice(["CC-BY-4.0", "CC-BY-NC-4.0", "unknown", "unknown"])
    row: Row = {
        "id": f"{source}:{place:06d}", "record": f"{source}:{place:06d}",
        "place": f"{source}/file{place % 3}.xml#{place + 1}", "source": source,
        "language": tag, "bytes": (words or 200) * 6, "title": title or f"Invented document {place}",
        "excerpt": (title or "") + (CHINESE if chinese else ENGLISH) * 8, "english.words": words,
        "chinese.hanzi_share": share, "evidence.level": level, "language.tag": tag, "document.source": source,
        "document.licence": licence, "document.genre": "web" if source == "pages" else "abstract",
        "licence.commercial": None if licence == "unknown" else licence == "CC-BY-4.0",
        "licence.derivatives": None if licence == "unknown" else True,
        "licence.share_alike": None if licence == "unknown" else False,
        "licence.attribution": None if licence == "unknown" else True,
    }  # fmt: skip
    row["document.bytes"] = row["document.characters"] = row["bytes"]
    row["document.date"] = chance.choice(["", "1931", "1987-04", "1999", "2018-03-05", "2019", "2020", "2021"])
    row["broken"] = _broken(row, source, tag, words, share)
    _decide(chance, row)
    return row


def _broken(row: Row, source: str, tag: str, words: int | None, share: float) -> list[Row]:
    holds = {
        "en-words-min": tag != "en" or (words or 0) >= 40,
        "en-words-max": tag != "en" or (words or 0) <= 5000,
        "zh-hanzi-share": not (tag.startswith("zh") and source == "pages") or share >= 0.5,
        "language-known": tag in ("en", "zh-Hans"),
    }
    told = {rule["name"]: rule for rule in RECIPE["rule"]}
    return [
        {"rule": name, "value": str(row[told[name]["signal"]]), "comparison": told[name]["comparison"],
         "threshold": str(told[name]["threshold"])}
        for name, met in holds.items() if not met
    ]  # fmt: skip


def _decide(chance: random.Random, row: Row) -> None:
    luck = chance.random()
    fate = "superseded" if luck < 0.03 else "retracted" if luck < 0.04 else "dropped" if row["broken"] else "kept"
    first = row["broken"][0] if fate == "dropped" else {}
    row["fate"], row["stage"] = fate, "ingest" if fate == "superseded" else "decide"
    row["rule"] = "retracted" if fate == "retracted" else first.get("rule")
    row["value"] = "PubMed type D016441" if fate == "retracted" else first.get("value")
    row["threshold"] = f"{first['comparison']} {first['threshold']}" if first else None
    row["other"] = "pubmed/file9.xml#1" if fate == "superseded" else None
    strong = row["evidence.level"] in ("guideline", "synthesis", "rct")
    kept = fate == "kept"
    row["tier"] = ("high" if strong else "basic") if kept else None
    row["tier_by"] = ("strong-evidence" if strong else "everything-else") if kept else None
    row["split"] = ("held_out" if chance.random() < 0.01 else "train") if kept else None
    row["broken"] = row["broken"] if fate != "superseded" else None
    row["similarity"] = None


def make(
    folder: Path, rows: list[Row], broken: list[Row] | None = None, recipe: Row | None = None, said: str = ""
) -> Path:
    """Write the folder for those documents and broken entries (`place`, `cause`, `detail`). `said`: what stands in
    every text that is shown of relations and classifiers."""
    broken = BROKEN if broken is None else broken
    for name in ("ledger", "facts", "data"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    half = len(rows) // 2
    for number, part in enumerate((rows[:half], rows[half:])):  # two files, to be read in order
        frame(part, LEDGER_DOCUMENTS).write_parquet(folder / f"ledger/documents-{number:05d}.parquet")
    standing = [row for row in rows if row["fate"] != "superseded"]
    frame(standing, FACTS).write_parquet(folder / "facts/facts-00000.parquet", row_group_size=1000)
    records = [
        {**row, "outcome": row["fate"] if row["fate"] == "superseded" else "read", "documents": 1} for row in rows
    ]
    records += [{**row, "outcome": "broken", "source": "pubmed", "record": ""} for row in broken]
    frame(records, LEDGER_RECORDS).write_parquet(folder / "ledger/records-00000.parquet")
    samples(rows).write_parquet(folder / "ledger/samples.parquet")
    write_related(folder, rows, said)
    run = {"workers": 2, "seconds": 12.5, "peak_worker_bytes": 300 << 20,
           "stages": {"ingest": {"seconds": 3.25, "pieces": 2, "records": len(rows)}}}  # fmt: skip
    (folder / "run.json").write_text(json.dumps(run))
    write_card(folder, card(rows, broken, recipe or RECIPE))
    return folder


def frame(rows: list[Row], schema: dict[str, Any]) -> pl.DataFrame:
    """Those columns of the rows; what a row lacks is null."""
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def samples(rows: list[Row]) -> pl.DataFrame:
    """Up to three documents of each source, fate and rule or tier, as `corpus/samples_drawn.py` draws them."""
    columns = ["id", "source", "language", "fate", "rule", "tier", "title", "excerpt"]
    seen: Counter[tuple[Any, ...]] = Counter()
    drawn = []
    for row in rows:
        group = (row["source"], row["fate"], row["rule"], row["tier"])
        seen[group] += 1
        if seen[group] <= 3:
            drawn.append({**row, "excerpt": row["excerpt"][:700]})
    return frame(drawn, dict.fromkeys(columns, pl.String)).sort("source", "fate", "rule", "tier", "id")


def card(rows: list[Row], broken: list[Row], recipe: Row) -> Card:
    """The card whose counts agree with the rows."""
    kept = [row for row in rows if row["fate"] == "kept"]
    tiers: dict[str, dict[str, dict[str, int]]] = {}
    for row in kept:
        cell = tiers.setdefault(row["tier"], {}).setdefault(row["split"], {"documents": 0, "bytes": 0})
        cell["documents"] += 1
        cell["bytes"] += row["bytes"]
    fates = Counter(row["fate"] for row in rows)
    records = {"read": len(rows) - fates["superseded"], "superseded": fates["superseded"], "broken": len(broken)}
    counts = {
        "records": {name: number for name, number in records.items() if number},
        "broken": dict(Counter(row["cause"] for row in broken)), "documents": dict(fates),
        "rules": dict(Counter(row["rule"] for row in rows if row["fate"] == "dropped")), "tiers": tiers,
        "copies": dict(Counter(row["rule"] for row in rows if row["fate"] == "duplicate")),
        "sources": _crossed(rows, "source"), "languages": _crossed(rows, "language"),
        "kept_bytes": sum(row["bytes"] for row in kept),
    }  # fmt: skip
    told = Recipe.model_validate(recipe).model_dump(mode="json", exclude={"engine"})
    inputs = {name: {"files": 3, "bytes": 123456, "sha256": "ab" * 32} for name in ("pubmed", "pages")}
    return Card(kind="corpus", name=str(recipe["name"]), identity="0123456789abcdef" * 4, code="f0" * 32, counts=counts,
                recipe=told, versions={"polars": "2.1.0"}, inputs=inputs, outputs={})  # fmt: skip


def _crossed(rows: list[Row], column: str) -> dict[str, dict[str, int]]:
    crossed: dict[str, Counter[str]] = {}
    for row in rows:
        crossed.setdefault(row[column], Counter())[row["fate"]] += 1
    return {name: dict(sorted(fates.items())) for name, fates in sorted(crossed.items())}
