"""Relations, their samples and classifiers of the folder that `made.py` makes by hand. Every text is invented."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

from corpus.clusters_drawn import SAMPLES
from corpus.ledger import RELATIONS

Row = dict[str, Any]
EVERY = 12  # kept documents of which the last is made a copy of the first
VARIANTS = ("quantity", "negation", "term")


def copied(rows: list[Row]) -> list[Row]:
    """Of every so many kept documents the last is a copy of the first, in turn an exact and a near one."""
    kept = [row for row in rows if row["fate"] == "kept"]
    for number, start in enumerate(range(0, len(kept) - EVERY, EVERY)):
        stays, goes = kept[start], kept[start + EVERY - 1]
        name, similarity = ("near", 0.9251) if number % 2 else ("exact", 1.0)
        goes.update(fate="duplicate", rule=name, value=str(similarity), other=stays["id"], similarity=similarity)
        goes.update(threshold=">= 0.8" if name == "near" else None, tier=None, tier_by=None, split=None)
    return rows


def relations(rows: list[Row], said: str = "") -> list[Row]:
    """One row for every copy; variants with each veto, contained, alike and translated pairs of neighbours."""
    related = []
    for row in rows:
        if row["fate"] == "duplicate":
            evidence = said or "a → b" if row["rule"] == "near" else None
            related.append(_relation(row["other"], row["id"], row["rule"], row["similarity"], "", evidence))
    kept = [row["id"] for row in rows if row["fate"] == "kept" and row["split"] == "train"]
    for place, (one, other) in enumerate(zip(kept[::2], kept[1::2], strict=False)):
        kind = ("variant", "variant", "variant", "contained", "alike", "translation")[place % 6]
        veto = VARIANTS[place % 3] if kind == "variant" else "" if kind != "translation" else None
        alike = {"variant": 0.9, "contained": 0.6, "alike": 0.55}.get(kind)
        related.append(_relation(one, other, kind, alike, veto, said or "81 mg → 325 mg"))
    return sorted(related, key=lambda row: (row["one"], row["other"]))


def _relation(one: str, other: str, kind: str, alike: float | None, veto: str | None, evidence: str | None) -> Row:
    first, last = sorted((one, other))
    changes = None if kind == "translation" else 0 if kind == "exact" else 1
    return {
        "one": first, "other": last, "kind": kind, "jaccard": alike, "of_one": alike, "of_other": alike, "veto": veto,
        "evidence": evidence, "changes": changes,
    }  # fmt: skip


def drawn(related: list[Row], rows: list[Row], said: str = "") -> list[Row]:
    """Up to four pairs of each kind and veto, as `corpus/clusters_drawn.py` draws them."""
    known = {row["id"]: row for row in rows if row["fate"] != "superseded"}
    passage = {"before": said or "one tablet of ", "one": said or "81", "other": said or "325", "after": said or " mg"}
    seen: dict[tuple[str, str], int] = {}
    picked = []
    for pair in related:
        group = (pair["kind"], pair["veto"] or "")
        seen[group] = seen.get(group, 0) + 1
        if pair["kind"] == "alike" or seen[group] > 4:
            continue
        one, other = known[pair["one"]], known[pair["other"]]
        gone = one if one["fate"] == "duplicate" else other
        shown = [] if pair["kind"] in ("exact", "translation") else [passage, passage]
        picked.append({
            **pair, "fate_one": one["fate"], "fate_other": other["fate"],
            "stays": gone["other"] if gone["fate"] == "duplicate" else None, "title_one": one["title"],
            "title_other": other["title"], "language": one["language"], "opening": said or "How it begins.",
            "passages": shown,
        })  # fmt: skip
    return picked


def told(task: str, language: str, said: str = "") -> Row:
    """What is told of a classifier, as `corpus/learn/fit.py` writes it."""
    grams = [
        {"text": said or f"word {n}", "positive": 0.5 / n, "negative": 0.01, "log_odds": 4.0} for n in range(1, 20)
    ]
    labels = [
        {"label": said or "trials", "positive": True, "documents": {"calibrate": 30, "test": 40, "train": 100},
         "sources": {said or "pubmed": 160, "pages": 10}, "median": 0.98, "above_half": 0.975},
        {"label": said or "sales", "positive": False, "documents": {"test": 8, "train": 42},
         "sources": {said or "pages": 25, "pubmed": 25}, "median": 0.02, "above_half": 0.125},
    ]  # fmt: skip
    return {
        "task": said or task, "language": said or language, "slope": 1.0, "intercept": 0.0, "sha256": "ab" * 32,
        "bytes": 12345, "auc": {"value": 0.9876, "low": 0.95, "high": 0.9994}, "calibration_error": 0.0123,
        "reliability": [{"score": 0.05, "positive": 0.02, "documents": 30},
                        {"score": 0.93, "positive": 0.97, "documents": 18}],
        "labels": labels,
        "telling": {"positive": grams, "negative": [{**gram, "positive": 0.0, "negative": 0.25} for gram in grams]},
    }  # fmt: skip


def write_related(folder: Path, rows: list[Row], said: str = "") -> None:
    """Write `relations/` and `learned/`."""
    (folder / "relations").mkdir(exist_ok=True)
    (folder / "learned").mkdir(exist_ok=True)
    related = relations(rows, said)
    pl.DataFrame(related, schema=RELATIONS).write_parquet(folder / "relations/relations-00000.parquet")
    samples = drawn(related, rows, said)
    pl.DataFrame(samples, schema=SAMPLES, orient="row").write_parquet(folder / "ledger/pairs.parquet")
    for task, language in (("relevance", "en"), ("quality", "zh")):
        (folder / "learned" / f"{task}-{language}.json").write_text(json.dumps(told(task, language, said)))
