"""The README.md of a corpus: a dataset card whose YAML head makes `datasets.load_dataset(folder)` work as is.

Written by `corpus/build.py` from the card and the data files; everything in it is counted, nothing is claimed.
"""

from __future__ import annotations

import re
from pathlib import Path

from corpus.card import Card
from corpus.learn.unread import told

DATA_FILE = re.compile(r"(?P<tier>.+)-(?P<split>train|held_out)-\d{5}\.parquet")


def dataset_card(card: Card, folder: Path) -> str:
    """The whole text of the card, YAML head included."""
    found = [match for path in sorted((folder / "data").glob("*.parquet")) if (match := DATA_FILE.fullmatch(path.name))]
    tiers = sorted({match["tier"] for match in found})
    splits = {tier: sorted({m["split"] for m in found if m["tier"] == tier}, reverse=True) for tier in tiers}
    return "\n".join([*_head(card, tiers, splits), *_body(card)]) + "\n"


def _head(card: Card, tiers: list[str], splits: dict[str, list[str]]) -> list[str]:
    languages = sorted(name for name in card.counts["languages"] if card.counts["languages"][name].get("kept"))
    lines = ["---", f"pretty_name: {card.name}", "license: other", "tags:", "- medical", "language:"]
    lines += [f"- {code}" for code in sorted({name.split("-")[0] for name in languages})] or ["- und"]
    if tiers:
        every = sorted({split for some in splits.values() for split in some}, reverse=True)
        lines += ["configs:", "- config_name: default", "  data_files:"]
        lines += [line for split in every for line in _files(split, f"data/*-{split}-*.parquet")]
    else:  # said plainly, or a loader would take the ledger for the data
        lines += ["configs:", "- config_name: default", "  data_files: []"]
    for tier in tiers:
        lines += [f"- config_name: {tier}", "  data_files:"]
        lines += [line for split in splits[tier] for line in _files(split, f"data/{tier}-{split}-*.parquet")]
    return [*lines, "---", ""]


def _files(split: str, pattern: str) -> list[str]:
    return [f"  - split: {split}", f"    path: {pattern}"]


def _body(card: Card) -> list[str]:
    counts = card.counts
    lines = [f"# {card.name}", "", str(card.recipe.get("description", "")), ""]
    lines += [
        f"Identity `{card.identity}`. Built by Materia; `card.json` holds the recipe and the hash of every file.",
        "",
    ]
    lines += ["| tier | split | documents | text bytes |", "|---|---|---:|---:|"]
    for tier, splits in counts["tiers"].items():
        lines += [f"| {tier} | {name} | {cell['documents']:,} | {cell['bytes']:,} |" for name, cell in splits.items()]
    lines += ["", "## What became of every document", "", "| fate | documents |", "|---|---:|"]
    lines += [f"| {fate} | {count:,} |" for fate, count in counts["documents"].items()]
    lines += [line for entry in counts.get("unread", []) for line in ("", told(entry))]
    lines += ["", "## Where things are", "",
        "- `data/<tier>-<split>-*.parquet`: the documents (`datasets.load_dataset(\"<this folder>\", \"<tier>\")`, "
        "`polars.scan_parquet(\"<this folder>/data/*.parquet\")`)",
        "- `ledger/`: every record and every document ever read, with its fate and the rule that decided it",
        "- `facts/`: every signal of every standing document, to try other thresholds on",
        "- `INPUTS.tsv`: every file that was read, with the SHA-256 of its bytes",
        "- `ATTRIBUTION.tsv`: the documents whose licence is known, and where their originals are",
        "- `report.html`: the same to look at", ""]  # fmt: skip
    lines += ["## Licences", "",
        "Each document carries its own licence (`licence`, an SPDX id or `unknown`). `unknown` permits nothing: "
        "ask the holder of the rights before you redistribute it.", ""]  # fmt: skip
    return lines
