"""Whether two runs asked the same: of one exam file, in one way, with the same answers held right.

Takes runs (`eval/compare/opened.py`) and their items and answers, joined; stops `eval/compare/pairs.py` before anything
is computed of questions that only share a number.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from corpus.errors import UserError
from eval.compare.opened import Scored

ASKED = ("form", "context", "split")  # of a task: what makes it another question
WRITTEN = (*ASKED, "max_new_tokens")  # and of an answer in writing another answer


def refuse_other_exams(first: Scored, second: Scored) -> None:
    """Raises `UserError` when a task of both was asked of files that differ, whatever they are called."""
    ours, theirs = (_files(one) for one in (first, second))
    for task in sorted(ours.keys() & theirs.keys()):
        if ours[task] != theirs[task]:
            raise UserError(f"The two runs read different files for one exam, {task}.",
                            f"{first.folder}, {second.folder}", "score both models on the same files")  # fmt: skip


def refuse_other_questions(first: Scored, second: Scored, items: pl.DataFrame, answers: pl.DataFrame) -> None:
    """Raises `UserError` when the same item has another right answer, or a task that both have asks otherwise. `items`,
    `answers`: of both, joined, with the columns of the second under `_2`."""
    for found in (items, answers):
        if (other := found.filter(pl.col("right") != pl.col("right_2"))).height:
            raise UserError(f"The two runs hold other answers right for {other.height:,} of their items.",
                            f"{other['item'][0]}: {first.folder}, {second.folder}",
                            "score both models on the same exam file")  # fmt: skip
    for kind, keys in (("task", ASKED), ("generate", WRITTEN)):
        ours, theirs = (_tables(one, kind) for one in (first, second))
        for name in sorted(ours.keys() & theirs.keys()):
            told = [key for key in keys if ours[name].get(key) != theirs[name].get(key)]
            if told:
                raise UserError(f"The two runs asked task {name!r} in two ways: {', '.join(told)} differ.",
                                f"{first.folder}, {second.folder}", "score both models on the same suite")  # fmt: skip


def other_wordings(first: Scored, second: Scored) -> list[str]:
    """Of tasks answered in writing those that were worded otherwise for the two, in words: each model may be asked as
    it was taught, and then a part of a difference may be the wording's."""
    ours, theirs = (one.card.recipe.get("written_as", {}) for one in (first, second))
    return [f"{name} was worded {_wording(ours[name])} for {first.name} and {_wording(theirs[name])} for "
            f"{second.name}: a part of the difference may be that"
            for name in sorted(ours.keys() & theirs.keys()) if ours[name] != theirs[name]]  # fmt: skip


def _files(run: Scored) -> dict[str, list[str]]:
    found = run.card.recipe.get("exams", {})
    return found if isinstance(found, dict) else {}


def _tables(run: Scored, kind: str) -> dict[str, dict[str, Any]]:
    return {table["name"]: table for table in run.card.recipe.get("suite", {}).get(kind, [])}


def _wording(asked: dict[str, Any]) -> str:
    return f"{asked.get('prompt', '')}, chat template {asked.get('chat_template', '')}"
