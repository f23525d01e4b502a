"""A comparison as JSON: everything the table and the report show, under the names of the measures.

From `tokenizer/compare/result.py`; printed by `tokenizer/compare/command.py`. `run` holds what differs from run to run.
"""

from __future__ import annotations

from typing import Any

from tokenizer.compare.intervals import Estimate, Interval
from tokenizer.compare.measures import CONTEXT
from tokenizer.compare.result import Compared, Group, Language
from tokenizer.compare.words import spaced


def as_json(compared: Compared) -> dict[str, Any]:
    """Tables and lists only. Lists of estimates are in the order of `tokenizers`."""
    return {
        "corpus": {"name": compared.corpus.name, "identity": compared.corpus.identity},
        "seed": compared.seed,
        "tokenizers": [one._asdict() for one in compared.tokenizers],
        "warnings": compared.warnings,
        "languages": {tag: _language(tag, one) for tag, one in compared.languages.items()},
        "terms": [{"name": one.name, "terms": one.terms, "found": one.found, "measures": _measures(one.measures)}
                  for one in compared.terms],
        "run": {"speed": [one and {"MB_per_s_one_thread": round(one.one, 3), "MB_per_s_all_threads": round(one.all, 3),
                                   "threads": one.threads} for one in compared.speed]},
    }  # fmt: skip


def _language(tag: str, one: Language) -> dict[str, Any]:
    return {
        **_group(one.whole), "available": one.available, "cut": one.cut, "totals": one.totals,
        "sources": {name: _group(group) for name, group in one.sources.items()},
        "tiers": {name: _group(group) for name, group in one.tiers.items()},
        "renyi_efficiency": one.renyi, "vocabulary_in_use": one.in_use, f"fit_in_{CONTEXT}_tokens": _context(tag, one),
        "not_given_back": [[place._asdict() for place in places] for places in one.broken],
        "examples": [{"id": example.id, "why": example.why, "text": example.text,
                      "tokens": [len(pieces) for pieces in example.pieces]} for example in one.examples],
    }  # fmt: skip


def _group(group: Group) -> dict[str, Any]:
    return {"documents": group.documents, "bytes": group.bytes, "measures": _measures(group.measures)}


def _measures(measures: dict[str, list[Estimate]]) -> dict[str, Any]:
    return {name: [_estimate(one) for one in each] for name, each in measures.items()}


def _estimate(one: Estimate) -> dict[str, Any]:
    told: dict[str, Any] = {"value": None, "low": None, "high": None} if one.value is None else _interval(one.value)
    return told if one.difference is None else {**told, "difference": _interval(one.difference)}


def _interval(one: Interval) -> dict[str, Any]:
    return dict(one._asdict())


def _context(tag: str, one: Language) -> list[dict[str, float | None]]:
    characters = one.whole.measures["characters_per_token"]
    told = [{"characters": None if each.value is None else CONTEXT * each.value.value} for each in characters]
    if spaced(tag):
        for row, each in zip(told, one.whole.measures["fertility"], strict=True):
            row["words"] = CONTEXT / each.value.value if each.value and each.value.value else None
    return told
