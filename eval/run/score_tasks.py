"""Every item of the tasks scored, in parts on the disk.

Takes the exams of a suite (`eval/run/exams.py`) and a model (`eval/likelihood/scorer.py`); gives `items.parquet` and
what it cost to `eval/run/run.py`. What a continuation's likelihood is without its question (PMI) is asked once in a
part for each continuation, in the wording of each language that the part's items have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import polars as pl

from corpus.exams.item import ExamItem
from corpus.progress import Silent
from eval.likelihood.scorer import Scorer, likelihoods, option_scores, too_long
from eval.run.cost import Spent, part_at_cost, summed
from eval.run.exams import Asked
from eval.run.parts import Parts
from eval.run.rows import ROW, row, table
from eval.tasks.ask import Wording, questions, unconditional
from eval.tasks.question import LETTERS, Question

SIZE = 256  # items of a part
CHOICE = "choice"  # the formulation of a choice head, which reads question and option and no letter
TASK = {"task": pl.String, "formulation": pl.String, "shots": pl.UInt16}


class Cost(NamedTuple):
    """`spent`: on the scoring, summed over all sessions of the run. `plain`: tokens that every request alone would
    take. `dropped`: ids too long, by task and formulation."""

    spent: Spent
    plain: int
    dropped: dict[str, list[str]]


def score_tasks(
    scorer: Scorer, tasks: Sequence[Asked], parts: Parts, watch: Silent, drop: bool
) -> tuple[pl.DataFrame, Cost]:
    """All items of all tasks, by their formulations. `drop`: whether questions that are too long are left out. Raises
    `UserError`."""
    made, costs = list[pl.DataFrame](), list[tuple[Spent, int]]()
    dropped = dict[str, list[str]]()
    for asked in tasks:
        for wording in wordings_of(scorer, asked):
            name, items = f"{asked.task.name}-{wording.formulation}", asked.items_of(wording)
            with watch.stage(f"{asked.task.name}, {wording.formulation}", len(items), "items"):
                items, long = _short_enough(scorer, items, wording, asked) if drop else (items, [])
                if long:
                    dropped[name] = long
                for number, start in enumerate(range(0, len(items), SIZE)):
                    some = items[start : start + SIZE]
                    found, cost = _part(scorer, some, wording, asked.examples, parts, f"{name}-{number:05}")
                    made.append(_named(found, asked.task.name, wording))
                    costs.append(cost)
                    watch.tick(min(start + SIZE, len(items)), {"items": len(some)})
    whole = pl.concat(made) if made else pl.DataFrame(schema={**TASK, **ROW})
    return whole, Cost(summed([one for one, _ in costs]), sum(plain for _, plain in costs), dropped)


def wordings_of(scorer: Scorer, asked: Asked) -> Iterable[Wording]:
    """How a task is asked of this model."""
    if not scorer.choice:
        return asked.wordings()
    return [Wording(asked.task.form, CHOICE, 0)]


def _part(
    scorer: Scorer, items: Sequence[ExamItem], wording: Wording, examples: Sequence[ExamItem], parts: Parts, name: str
) -> tuple[pl.DataFrame, tuple[Spent, int]]:
    def make() -> pl.DataFrame:
        before = _plain(scorer)
        scored = table(list(_rows(scorer, items, wording, examples)))
        parts.note(f"{name}-plain", lambda: {"tokens": _plain(scorer) - before})
        return scored

    found, spent = part_at_cost(parts, name, make, scorer.meter)
    return found, (spent, parts.note(f"{name}-plain", lambda: {"tokens": 0})["tokens"])


def _rows(
    scorer: Scorer, items: Sequence[ExamItem], wording: Wording, examples: Sequence[ExamItem]
) -> Iterable[dict[str, Any]]:
    if scorer.choice:
        asked = list(questions(items, wording._replace(formulation=LETTERS)))
        for item, question, found in zip(items, asked, option_scores(scorer, items), strict=True):
            yield row(item, question, found.values, [], found.tokens)
        return
    asked = list(questions(items, wording, examples))
    alone = _alone(scorer, items, asked, wording)
    for item, question, found, bare in zip(items, asked, likelihoods(scorer, asked), alone, strict=True):
        yield row(item, question, found.values, [bare[end] for end in question.continuations], found.tokens)


def _alone(
    scorer: Scorer, items: Sequence[ExamItem], asked: Sequence[Question], wording: Wording
) -> list[dict[str, float]]:
    """Of each item the likelihood of its continuations without its question, in the wording of its own language; asked
    once of each wording and continuation."""
    before = [unconditional(wording, item.language) for item in items]
    ends = defaultdict[str, set[str]](set)
    for told, one in zip(before, asked, strict=True):
        ends[told].update(one.continuations)
    bare = [Question("without a question", "", told, tuple(sorted(ends[told])), (0,), (), ()) for told in sorted(ends)]
    found = {one.asked: dict(zip(one.continuations, likely.values, strict=True))
             for one, likely in zip(bare, likelihoods(scorer, bare), strict=True)}  # fmt: skip
    return [found[told] for told in before]


def _short_enough(
    scorer: Scorer, items: Sequence[ExamItem], wording: Wording, asked: Asked
) -> tuple[list[ExamItem], list[str]]:
    long = set(too_long(scorer, items, wording, asked.examples))
    return [item for item in items if item.id not in long], sorted(long)


def _plain(scorer: Scorer) -> int:
    return int(getattr(scorer.harness, "plain", 0))  # a backend of others does not count


def _named(found: pl.DataFrame, task: str, wording: Wording) -> pl.DataFrame:
    told = {"task": task, "formulation": wording.formulation, "shots": wording.shots}
    return found.select(*(pl.lit(told[name], kind).alias(name) for name, kind in TASK.items()), pl.all())
