"""From the likelihoods of a question's continuations to what was predicted, and whether it is right: a row an item.

Takes `Question`s (`eval/tasks/question.py`) with the log likelihoods that a model gave (`eval/likelihood/scorer.py`);
gives the rows of `items.parquet` to `eval/run/score_tasks.py`. Four ways to choose among continuations:

    plain        the likeliest (the harness's `acc`)
    characters   the likeliest by character (the harness's `acc_norm`, which divides by the characters of a choice)
    bytes        the likeliest by byte of UTF-8, which treats scripts alike
    pmi          the one that the question makes likeliest, by what its likelihood is without it (Holtzman et al. 2021,
                 arXiv 2104.08315)

Of an item with several right answers so many are chosen as are right; where sets are asked for, the likeliest set. A
tie goes to the first, as in the harness. `probability` is that of the right continuations among all of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from corpus.errors import UserError
from corpus.exams.item import ExamItem
from eval.tasks.question import Question

WAYS = ("plain", "characters", "bytes", "pmi")
ROW: dict[str, Any] = {
    "item": pl.String, "exam": pl.String, "split": pl.String, "language": pl.String, "subject": pl.String,
    "options": pl.UInt8, "answers": pl.List(pl.UInt8),  # of the item
    "right": pl.List(pl.UInt8),  # indices of the right continuations
    "chance": pl.Float64,  # of being right by a guess
    "chance_probability": pl.Float64,  # what `probability` is of a guess: the share of right continuations
    **{f"predicted_{way}": pl.List(pl.UInt8) for way in WAYS},  # indices of continuations
    **{f"correct_{way}": pl.Boolean for way in WAYS},
    "probability": pl.Float64, "probability_bytes": pl.Float64,
    "logprobs": pl.List(pl.Float64), "unconditional": pl.List(pl.Float64),
    "tokens": pl.List(pl.UInt32), "characters": pl.List(pl.UInt32), "bytes": pl.List(pl.UInt32),
}  # fmt: skip


def row(item: ExamItem, question: Question, logprobs: Sequence[float], unconditional: Sequence[float],
        tokens: Sequence[int]) -> dict[str, Any]:  # fmt: skip
    """One row. `unconditional`: log likelihoods after the last words of the prompt alone; empty where there are none.
    Raises `UserError` for a likelihood that is no number."""
    values = np.array(logprobs, np.float64)
    refuse_no_number(logprobs, item.id)
    characters, sizes = (np.maximum(some, 1) for some in (question.characters, question.bytes))
    ranked = {"plain": values, "characters": values / characters, "bytes": values / sizes,
              "pmi": values - np.array(unconditional) if len(unconditional) else None}  # fmt: skip
    right, made = set(question.right), dict[str, Any]()
    for way, scores in ranked.items():
        chosen = None if scores is None else sorted(np.argsort(-scores, kind="stable")[: len(right)].tolist())
        made[f"predicted_{way}"] = chosen
        made[f"correct_{way}"] = None if chosen is None else set(chosen) == right
    return {
        "item": item.id, "exam": item.exam, "split": item.split, "language": item.language, "subject": item.subject,
        "options": len(item.options), "answers": list(item.answers), "right": list(question.right),
        "chance": 1 / math.comb(len(values), len(right)), "chance_probability": len(right) / len(values), **made,
        "probability": _share(values, question.right), "probability_bytes": _share(values / sizes, question.right),
        "logprobs": values.tolist(), "unconditional": list(unconditional), "tokens": list(tokens),
        "characters": list(question.characters), "bytes": list(question.bytes),
    }  # fmt: skip


def refuse_no_number(values: Sequence[float], name: str) -> None:
    """Raises `UserError` for a likelihood that is no number. `name`: of the item or document."""
    if not np.isfinite(np.array(values, np.float64)).all():
        raise UserError("A likelihood is not a number: the model's weights are broken, or its precision is too low.",
                        f"item {name}", "look at the weights, or load them in float32")  # fmt: skip


def _share(scores: Any, right: Sequence[int]) -> float:
    """The probability of the right ones among all, by a softmax of their scores."""
    chances = np.exp(scores - scores.max())
    return float(chances[list(right)].sum() / chances.sum())


def table(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Rows as a table of `ROW`."""
    return pl.DataFrame(list(rows), schema=ROW)
