"""What is to be known of an exam's file beside its items: entries without an answer, questions that stand twice, and
explanations that are asked for and not there.

Counted by `eval/run/exams.py` when it reads a file; goes into the card's counts and `run.json` by `eval/run/run.py`,
and is told in words by `eval/run/printed.py` and `eval/run/page.py`, from the card alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from corpus.controls import visible
from corpus.exams.asked_twice import asked_twice
from corpus.exams.item import ExamItem
from corpus.exams.read import FORMS, Exam
from corpus.report.wording import plural

TIMES = "they count as questions of their own, and the interval is narrower than it would be without them"


class FileNotes(NamedTuple):
    """Of one file, as it is asked. `entries`: how many it has of the split, `unanswered`: where those stand that have
    no answer. `asked`: how many items are asked; `again`: how many of these ask what one before them asks, `first`:
    where the first two stand. `unexplained`: whether explanations are asked for and no item has one."""

    entries: int = 0
    unanswered: tuple[str, ...] = ()
    asked: int = 0
    again: int = 0
    first: tuple[str, ...] = ()
    unexplained: bool = False


def notes_of(exam: Exam, items: list[ExamItem], form: str, explanations: bool) -> FileNotes:
    """`items`: those of the exam that are asked. `explanations`: whether they are asked for."""
    found = asked_twice(items)
    first = tuple(exam.places[name] for name in found.first) if found else ()
    lacking = explanations and bool(FORMS[form].explanation) and not any(one.explanation for one in exam.items)
    return FileNotes(exam.entries, exam.unanswered, len(items), found.items if found else 0, first, lacking)


def counted(named: Iterable[tuple[str, FileNotes]]) -> dict[str, Any]:
    """What the card counts, by task: `unanswered`, `asked_twice`, and `unexplained`, a list of tasks."""
    told = dict(named)
    return {
        "unanswered": {name: {"entries": one.entries, "unanswered": len(one.unanswered)}
                       for name, one in told.items() if one.unanswered},
        "asked_twice": {name: {"items": one.asked, "again": one.again, "first": list(one.first)}
                     for name, one in told.items() if one.again},
        "unexplained": [name for name, one in told.items() if one.unexplained],
    }  # fmt: skip


def lacking(counts: dict[str, Any]) -> list[str]:
    """What a file did not have, in words: a sentence a task, without a stop. `counts`: of a card; one of before has
    none of these."""
    found = list[str]()
    for name, one in counts.get("unanswered", {}).items():
        number, whole = one["unanswered"], one["entries"]
        has = "has no answer and is" if number == 1 else "have no answer and are"
        found.append(f"{name}: {number:,} of {plural(whole, 'entry', 'entries')} {has} not asked")
    return found + [f"{name}: no explanations in the file: nothing measured" for name in counts.get("unexplained", [])]


def standing_twice(counts: dict[str, Any]) -> list[str]:
    """Which questions a file has more than once, in the same way."""
    found = list[str]()
    for name, one in counts.get("asked_twice", {}).items():
        asks = "asks again what another asks" if one["again"] == 1 else "ask again what others ask"
        where = visible(" and ".join(map(str, one["first"])))
        found.append(f"{name}: {one['again']:,} of {plural(one['items'], 'item')} {asks}, first {where}: {TIMES}")
    return found
