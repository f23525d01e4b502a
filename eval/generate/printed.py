"""What the command line prints of written answers: each scorer's figures, explanations, and why the scorers differ.

Called by `eval/run/printed.py` with the scores of a run and its card; goes to standard output.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table

from corpus.card import Card
from corpus.report.wording import plural
from eval.generate.answer_tasks import GENERATED
from eval.generate.rows import GPT, LORA, SCORERS, STRICT, UNITS, WORDS
from eval.run.scores import ALL

NAMES = {STRICT: "ours, strict", LORA: "published, LoRA", GPT: "published, GPT"}
MEASURES = {"bleu_1": "BLEU-1", "bleu_2": "BLEU-2", "bleu_3": "BLEU-3", "bleu_4": "BLEU-4", "rouge_1": "ROUGE-1",
            "rouge_2": "ROUGE-2", "rouge_l": "ROUGE-L"}  # fmt: skip
MOST = 4  # causes that are told

Found = dict[str, dict[str, Any]]  # rows of whole tasks by metric


def print_answers(scores: pl.DataFrame, card: Card, console: Console) -> None:
    """Print a section for each task that was answered in writing, and say which were not."""
    for task, counts in card.counts.get("answers", {}).items():
        rows = scores.filter(pl.col("task") == task, formulation=GENERATED, part=ALL)
        found = {row["metric"]: row for row in rows.iter_rows(named=True)}
        asked = card.recipe["written_as"][task]
        console.print(f"\n{task}, answered in writing: {plural(counts['items'], 'item')}, in the wording "
                      f"`{asked['prompt']}`, chat template `{asked['chat_template']}`", markup=False, highlight=False,
                      soft_wrap=True)  # fmt: skip
        console.print(_readings(found))
        for line in _told(found, counts):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        if any(f"rouge_l_{unit}" in found for unit in UNITS):
            console.print(_explanations(found))
            if f"rouge_l_{WORDS}" not in found:
                console.print("on words nothing was computed: jieba, which cuts Chinese into words, is not installed",
                              soft_wrap=True)  # fmt: skip
    for name, causes in card.counts.get("not_answered", {}).items():
        for cause, count in causes.items():
            console.print(f"note: {plural(count, 'item')} of {name} not answered in writing: {cause}", markup=False)
    for name in card.recipe.get("not_written", []):
        console.print(f"note: {name} was not answered in writing: the model writes no text", markup=False)


def _readings(found: Found) -> Table:
    """A line a scorer."""
    table = _table("read by", "accuracy, %", "95 %", "F1, %", "95 %", "unread, %", "chance", "items")
    for name in SCORERS:
        after = "" if name == STRICT else f"_{name}"
        if f"failed{after}" not in found:
            continue
        right, f1, failed = (found.get(f"{metric}{after}") for metric in ("accuracy", "f1", "failed"))
        chance = _percent(right, "chance") if name == STRICT else ""
        shown = (_percent(right), _between(right), _percent(f1), _between(f1), _percent(failed), chance)
        table.add_row(NAMES[name], *shown, f"{right['n'] if right else 0:,}")
    return table


def _explanations(found: Found) -> Table:
    """BLEU and ROUGE, those of characters beside those of words."""
    units = [unit for unit in UNITS if f"rouge_l_{unit}" in found]
    table = _table("explanation", *(name for unit in units for name in (f"{unit}, %", "95 %")))
    for metric, name in MEASURES.items():
        rows = [found.get(f"{metric}_{unit}") for unit in units]
        table.add_row(name, *(cell for row in rows for cell in (_percent(row), _between(row))))
    return table


def _told(found: Found, counts: dict[str, Any]) -> Iterator[str]:
    """How the scorers differ and why, what could not be read, what was not ended."""
    if counts["failed"].get(LORA) is not None:
        apart = [f"{NAMES[name]} {_points(found, name)}" for name in (LORA, GPT)]
        yield (f"beside ours: {'; '.join(apart)}. They read something else on {counts['read_otherwise']:,} of "
               f"{plural(counts['items'], 'item')}")  # fmt: skip
        for cause, number in list(counts["causes"].items())[:MOST]:
            yield f"  {number:,}  {cause}"
        if (rest := len(counts["causes"]) - MOST) > 0:
            yield f"  and {plural(rest, 'cause')} more, in answers.parquet"
    for cause, number in counts["unread"].items():
        yield f"no answer by ours in {number:,}: {cause}"
    if counts["not_ended"]:
        yield f"not ended by the model itself: {counts['not_ended']:,}"


def _points(found: Found, name: str) -> str:
    """By how much a published scorer's accuracy differs."""
    ours, theirs = found["accuracy"], found.get(f"accuracy_{name}")
    if theirs is None:
        return "keeps no item"
    of = "" if theirs["n"] == ours["n"] else f" of the {theirs['n']:,} items that it keeps"
    return f"{100 * (theirs['value'] - ours['value']):+.1f} points{of}"


def _table(*names: str) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    for number, name in enumerate(names):
        table.add_column(name, justify="right" if number else "left", no_wrap=True)
    return table


def _percent(row: dict[str, Any] | None, name: str = "value") -> str:
    return "" if row is None or row[name] is None else f"{100 * row[name]:.1f}"


def _between(row: dict[str, Any] | None) -> str:
    if row is None or not math.isfinite(row["low"]):
        return ""
    return f"{_percent(row, 'low')}-{_percent(row, 'high')}"
