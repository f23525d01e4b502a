"""Written answers in figures and sentences: each scorer's scores, explanations, and why the scorers differ.

Takes the scores of a run and what its card counts (`eval/generate/answer_tasks.py`); used by `eval/generate/printed.py`
and, for the page of a run, by `eval/generate/section.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import polars as pl

from corpus.card import Card
from corpus.report.wording import plural
from eval.generate.answer_tasks import GENERATED
from eval.generate.rows import GPT, LORA, SCORERS, STRICT, UNITS, WORDS
from eval.run.scores import ALL

NAMES = {STRICT: "ours, strict", LORA: "published, LoRA", GPT: "published, GPT"}
MEASURES = {"bleu_1": "BLEU-1", "bleu_2": "BLEU-2", "bleu_3": "BLEU-3", "bleu_4": "BLEU-4", "rouge_1": "ROUGE-1",
            "rouge_2": "ROUGE-2", "rouge_l": "ROUGE-L"}  # fmt: skip
READINGS = ("read by", "accuracy, %", "95 %", "F1, %", "95 %", "unread, %", "chance", "items")
NO_WORDS = "on words nothing was computed: jieba, which cuts Chinese into words, is not installed"

Found = dict[str, dict[str, Any]]  # rows of whole tasks by metric


def found_of(scores: pl.DataFrame, task: str) -> Found:
    """The scores of a task as a whole, by metric."""
    rows = scores.filter(pl.col("task") == task, formulation=GENERATED, part=ALL)
    return {row["metric"]: row for row in rows.iter_rows(named=True)}


def heading(card: Card, task: str) -> str:
    """What was asked, and in which wording."""
    counts, asked = card.counts["answers"][task], card.recipe["written_as"][task]
    several = card.counts.get("taught_apart")
    apart = "; what the model was made of was taught in several wordings" if several else ""
    return (f"{task}, answered in writing: {plural(counts['items'], 'item')}, in the wording {asked['prompt']}, chat "
            f"template {asked['chat_template']}{apart}")  # fmt: skip


def readings(found: Found) -> list[tuple[str, ...]]:
    """A row a scorer, as READINGS."""
    rows = list[tuple[str, ...]]()
    for name in SCORERS:
        after = "" if name == STRICT else f"_{name}"
        if f"failed{after}" in found:
            right, f1, failed = (found.get(f"{metric}{after}") for metric in ("accuracy", "f1", "failed"))
            chance = _percent(right, "chance") if name == STRICT else ""
            rows.append((NAMES[name], _percent(right), _between(right), _percent(f1), _between(f1), _percent(failed),
                         chance, f"{right['n'] if right else 0:,}"))  # fmt: skip
    return rows


def explanations(found: Found) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """BLEU and ROUGE, those of characters beside those of words: headings and rows, none where nothing was compared."""
    units = [unit for unit in UNITS if f"rouge_l_{unit}" in found]
    heads = ("explanation", *(name for unit in units for name in (f"{unit}, %", "95 %")))
    scored = [(name, [found.get(f"{metric}_{unit}") for unit in units]) for metric, name in MEASURES.items()]
    rows = [(name, *(cell for row in some for cell in (_percent(row), _between(row)))) for name, some in scored]
    return heads, rows if units else []


def sentences(found: Found, counts: dict[str, Any], most: int) -> Iterator[str]:
    """How the scorers differ and why, `most` causes of it; what could not be read; what was not ended; what was not
    compared."""
    if counts["failed"].get(LORA) is not None:
        apart = [f"{NAMES[name]} {_points(found, name)}" for name in (LORA, GPT)]
        yield (f"beside ours: {'; '.join(apart)}. They read something else on {counts['read_otherwise']:,} of "
               f"{plural(counts['items'], 'item')}")  # fmt: skip
        for cause, number in list(counts["causes"].items())[:most]:
            yield f"  {number:,}  {cause}"
        if (rest := len(counts["causes"]) - most) > 0:
            yield f"  and {plural(rest, 'cause')} more, in answers.parquet"
    for cause, number in counts["unread"].items():
        yield f"no answer by ours in {number:,}: {cause}"
    if counts["not_ended"]:
        yield f"not ended by the model itself: {counts['not_ended']:,}"
    if explanations(found)[1] and f"rouge_l_{WORDS}" not in found:
        yield NO_WORDS


def left_out(card: Card) -> Iterator[str]:
    """What was not answered in writing, and why."""
    for name, causes in card.counts.get("not_answered", {}).items():
        for cause, count in causes.items():
            yield f"{plural(count, 'item')} of {name} not answered in writing: {cause}"
    other = str(card.recipe.get("scored_by", "")).startswith("likelihood by ")
    why = "the backend is asked for likelihoods alone" if other else "the model writes no text"
    for name in card.recipe.get("not_written", []):
        yield f"{name} was not answered in writing: {why}"
    for name in card.recipe.get("not_asked", []):
        yield f"{name} was not asked: an encoder without a choice head tells nothing of options"


def _points(found: Found, name: str) -> str:
    """By how much a published scorer's accuracy differs."""
    ours, theirs = found["accuracy"], found.get(f"accuracy_{name}")
    if theirs is None:
        return "keeps no item"
    of = "" if theirs["n"] == ours["n"] else f" of the {theirs['n']:,} items that it keeps"
    return f"{100 * (theirs['value'] - ours['value']):+.1f} points{of}"


def _percent(row: dict[str, Any] | None, name: str = "value") -> str:
    return "" if row is None or row[name] is None else f"{100 * row[name]:.1f}"


def _between(row: dict[str, Any] | None) -> str:
    if row is None or not math.isfinite(row["low"]):
        return ""
    return f"{_percent(row, 'low')}-{_percent(row, 'high')}"
