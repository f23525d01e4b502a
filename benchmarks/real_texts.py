"""Real texts as plain lists of strings, for benchmarks that measure a function and not a build.

Read from the folder that `MATERIA_REAL_DATA` names (none of it is in this repository); goes to `benchmarks/signals.py`.
"""

from __future__ import annotations

import csv
import glob
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

csv.field_size_limit(1 << 30)


def _files(pattern: str) -> list[Path]:
    root = os.environ.get("MATERIA_REAL_DATA")
    if not root:
        raise SystemExit("Set MATERIA_REAL_DATA to the folder with the real documents.")
    found = sorted(Path(name) for name in glob.glob(f"{root}/{pattern}", recursive=True))
    if not found:
        raise SystemExit(f"No file matches {root}/{pattern}.")
    return found


def spread(texts: list[str], count: int) -> list[str]:
    """About `count` of the texts at equal distances."""
    return texts[:: max(1, len(texts) // count)][:count]


def _rows(pattern: str, *columns: str, encoding: str = "utf-8") -> Iterator[str]:
    for file in _files(pattern):
        with file.open(encoding=encoding, errors="replace", newline="") as lines:
            for record in csv.DictReader(lines):
                yield "\n".join(record[column] or "" for column in columns)


def _lines(pattern: str, key: str) -> Iterator[str]:
    for file in _files(pattern):
        for line in file.read_text(encoding="utf-8").splitlines():
            yield json.loads(line).get(key) or ""


def _texts(pattern: str) -> Iterator[str]:
    for file in _files(pattern):
        yield file.read_text(encoding="utf-8", errors="replace")


def _chapters() -> Iterator[str]:
    for file in _files("amber/zh_tcm_books_gb18030/*.txt")[::12]:
        pieces = re.split("<篇名>", file.read_text(encoding="gb18030", errors="replace"))
        yield from (piece.strip() for piece in pieces[1:])


def _monographs() -> Iterator[str]:
    for file in _files("amber/zh_drug_monographs/drug.json"):
        yield from json.loads(file.read_text(encoding="utf-8"))


def _answers() -> Iterator[str]:
    for file in _files("amber/zh_qa_huatuo26m/*.json"):
        for item in json.loads(file.read_text(encoding="utf-8")):
            yield item["instruction"][0] + "\n" + item["output"][0]


ENGLISH: dict[str, Callable[[], list[str]]] = {
    "PubMed abstracts": lambda: list(_rows("amber/abstracts_cohen2006/*.csv", "title", "abstract")),
    "trial articles, plain text": lambda: list(_texts("green/pmc_rct_plaintext/*.txt")),
    "BBC news": lambda: list(_texts("amber/noise_en_bbcnews/*/*.txt")),
    "C4": lambda: list(_lines("amber/noise_en_c4/*.jsonl", "text")),
}
CHINESE: dict[str, Callable[[], list[str]]] = {
    "drug monographs": lambda: list(_monographs()),
    "consultations, Toyhom": lambda: list(
        _rows("amber/zh_qa_toyhom/*.csv", "title", "ask", "answer", encoding="gb18030")
    ),
    "consultations, Huatuo": lambda: list(_answers()),
    "classical chapters": lambda: [text for text in _chapters() if len(text) > 100],
    "web pages, raw": lambda: list(_lines("amber/noise_zh_webtext/cleared1.jsonl", "raw_content")),
    "hotel reviews": lambda: list(_rows("amber/noise_zh_reviews/*.csv", "review")),
}
