"""Questions that stand more than once in an exam under ids of their own: found, told, and left where they are.

Asked by `eval/run/exams.py` of the items that it is about to ask. A file whose lines were written twice is read as
twice as many questions, and their interval is narrower than what is known; but published sets have a few such
questions, so that they are counted and not refused. Two items are one question where question, what is read before it,
and options in any order are the same but for blanks. Near copies are another matter (`corpus/exams/same.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from corpus.exams.item import ExamItem


class AskedTwice(NamedTuple):
    """`items`: how many that ask what one before them asks. `first`: the ids of the first two that are one question."""

    items: int
    first: tuple[str, str]


def asked_twice(items: Sequence[ExamItem]) -> AskedTwice | None:
    """The questions that stand more than once; None where there are none."""
    seen, pairs = dict[tuple[object, ...], str](), list[tuple[str, str]]()
    for item in items:
        before = seen.setdefault(_question(item), item.id)
        if before != item.id:
            pairs.append((before, item.id))
    return AskedTwice(len(pairs), pairs[0]) if pairs else None


def _question(item: ExamItem) -> tuple[object, ...]:
    return _plain(item.context), _plain(item.question), tuple(sorted(map(_plain, item.options)))


def _plain(text: str) -> str:
    return " ".join(text.split())
