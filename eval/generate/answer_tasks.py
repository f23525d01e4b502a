"""Every item of the exams that are answered in writing, in parts on the disk.

Takes what is asked (`eval/generate/prompts.py`) and the model; gives `answers.parquet` and what it cost to
`eval/run/run.py`. A run that is ended anywhere goes on at the next part, whose batches are those of a run that was not.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import polars as pl

from corpus.progress import Silent
from eval.cmexam.overlap import Cut
from eval.generate.greedy import write
from eval.generate.prompts import Asking
from eval.generate.rows import ROW, SCORERS, rows
from eval.likelihood.scorer import Scorer
from eval.run.cost import Spent, part_at_cost, summed
from eval.run.parts import Parts

SIZE = 32  # items of a part
GENERATED = "generated"  # the formulation, in scores and names of parts
ANSWER = {"task": pl.String, **ROW}


def answer_tasks(
    scorer: Scorer, tasks: Sequence[Asking], parts: Parts, watch: Silent, cut: Cut | None
) -> tuple[pl.DataFrame, Spent]:
    """All items of all tasks, as ANSWER. `cut`: text to words, None without jieba. Raises `UserError`."""
    made, spent = [pl.DataFrame(schema=ANSWER)], list[Spent]()
    for asking in tasks:
        name, many = asking.task.name, len(asking.items)
        with watch.stage(f"{name}, {GENERATED}", many, "items"):
            for number, start in enumerate(range(0, many, SIZE)):
                places = range(start, min(start + SIZE, many))
                part = functools.partial(_part, scorer, asking, places, cut)
                found, cost = part_at_cost(parts, f"{name}-{GENERATED}-{number:05}", part, scorer.meter)
                made.append(found.select(pl.lit(name).alias("task"), pl.all()))
                spent.append(cost)
                watch.tick(places.stop, {"items": len(places)})
    return pl.concat(made), summed(spent)


def _part(scorer: Scorer, asking: Asking, places: Sequence[int], cut: Cut | None) -> pl.DataFrame:
    answers = write(scorer, asking, places)
    items, lengths = [asking.items[place] for place in places], [len(asking.prompts[place]) for place in places]
    return rows(items, lengths, answers, asking.task.explanations, cut)


def counted(answers: pl.DataFrame) -> dict[str, Any]:
    """What the card counts of each task: items, those that the model did not end, those in which each scorer found no
    answer, why the strict one did not, and why the published ones read something else."""
    found = {}
    for (task,), group in answers.group_by("task", maintain_order=True):
        failed = {name: int(group[f"failed_{name}"].sum()) for name in SCORERS if group[f"failed_{name}"].count()}
        found[str(task)] = {
            "items": group.height, "not_ended": int((~group["ended"]).sum()), "failed": failed,
            "unread": _counts(group["unread"]), "causes": _counts(group["causes"].explode()),
            "read_otherwise": int((group["causes"].list.len() > 0).sum()),
        }  # fmt: skip
    return found


def _counts(column: pl.Series) -> dict[str, int]:
    """How often each value stands there, the most frequent first."""
    table = column.drop_nulls().value_counts(name="n").sort(["n", column.name], descending=[True, False])
    return dict(table.iter_rows())
