"""Which questions a model cannot read whole with their examples: told of all tasks before any is scored.

Asked by `eval/run/run.py` where a suite refuses such questions; where it leaves them out, `eval/run/score_tasks.py`
does so task by task. A question whose bytes are fewer than the tokens that the model reads is short without being
looked at: no token is less than a byte.
"""

from __future__ import annotations

from collections.abc import Sequence

from corpus.errors import UserError
from corpus.report.wording import plural
from eval.likelihood.scorer import Scorer, too_long
from eval.run.exams import Asked
from eval.run.score_tasks import wordings_of
from eval.tasks.ask import questions

NAMED = 3  # ids of each task
AROUND = 8  # special tokens about a question, at most


def refuse_too_long(scorer: Scorer, tasks: Sequence[Asked]) -> None:
    """Raises `UserError` with how many questions of each task are too long, and the first of them."""
    found, whole, shots = list[str](), 0, False
    for asked in tasks:
        for wording in wordings_of(scorer, asked):
            items = asked.items_of(wording)
            perhaps = set() if scorer.choice else {
                one.item for one in questions(items, wording, asked.examples)
                if len(one.context.encode()) + max(map(len, map(str.encode, one.continuations))) + AROUND
                > scorer.longest
            }  # fmt: skip
            looked = [item for item in items if scorer.choice or item.id in perhaps]
            if ids := too_long(scorer, looked, wording, asked.examples):
                more = f" and {len(ids) - NAMED:,} more" if len(ids) > NAMED else ""
                found.append(f"{asked.task.name}, {wording.formulation}: {', '.join(ids[:NAMED])}{more}")
                whole, shots = whole + len(ids), shots or wording.shots > 0
    if found:
        what = f"{plural(whole, 'question')} with all that stands before"
        raise UserError(f"{what}: longer than the {scorer.longest:,} tokens that the model reads, and none is cut.",
                        "; ".join(found), "leave them out with --set too_long=drop"
                        f"{', or set fewer shots' if shots else ''}")  # fmt: skip
