"""Exam items that stand in the evaluation files must not be trained on: they are found by id and by text.

Comes from the items to train on and those to be scored (`corpus/exams/read.py`); goes to `train sft`, which refuses.
An id counts where the exam's own file gives it. One that is made of the number of an entry does not: two files may
number different items alike. By text an item is found in other items and in instructions and chats, also where it was
changed a little; by which rules, and how well, stands in `corpus/exams/same.py`. Of 376 to 400 items of CMExam, MedQA
(mainland, US) and MedMCQA that a reply writes out whole, or that the assistant asks, all are found; of those of which
it writes the question and the text of the answer 98.4 to 99.5 of 100. Of CMExam's 6,810 items as chats 80 are found in
MedQA mainland, six of them by looking at the chat as one text: two are the same question, four were explanations of one
matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from corpus.controls import visible
from corpus.errors import UserError
from corpus.exams.item import ExamItem
from corpus.exams.same import ExamIndex, Said
from train.sft.conversation import Conversation

NAMED = 5
T = TypeVar("T", ExamItem, Conversation)


class Leak(NamedTuple):
    """`trained`: id of the item or conversation to train on; `scored`: of the one to be scored; `by`: "id" or
    "text"."""

    trained: str
    scored: str
    by: str


def leaks(training: Sequence[ExamItem], scored: ExamIndex) -> list[Leak]:
    """The items to train on that are to be scored, in order, each once."""
    found = list[Leak]()
    for item, twin in zip(training, scored.among(training), strict=True):
        if item.id in scored.ids and not item.numbered:
            found.append(Leak(item.id, item.id, "id"))
        elif twin:
            found.append(Leak(item.id, twin, "text"))
    return found


def leaks_in_text(training: Sequence[Conversation], scored: ExamIndex) -> list[Leak]:
    """The conversations that hold the question of an item to be scored with its options or its answer: instructions
    and chats made of exams. Once as what is asked and what is replied, and once as one text: a reply may hold a whole
    item, and the assistant may be the one who asks."""
    held, whole = (scored.in_texts([said(one) for one in training]) for said in (_said, _whole))
    return [Leak(one.id, name or other, "text") for one, name, other in zip(training, held, whole, strict=True)
            if name or other]  # fmt: skip


def _whole(one: Conversation) -> Said:
    """All of it, each line closed by a full stop: comparing folds lines into one, and a question of one line is more
    surely one than the same words amid others."""
    lines = "\n".join(part.text for message in one.messages for part in message.parts).splitlines()
    return Said("", "".join(f"{line}。\n" for line in lines))


def _said(one: Conversation) -> Said:
    sides = [[part.text for message in one.messages if (message.role == "assistant") == reply for part in message.parts]
             for reply in (False, True)]  # fmt: skip
    return Said(*("\n".join(texts) for texts in sides))


def without_leaks(training: Sequence[T], found: Sequence[Leak]) -> list[T]:
    """What is left to train on when the leaks are set aside; `found` says which they were, for the books."""
    gone = {leak.trained for leak in found}
    return [one for one in training if one.id not in gone]


def refuse_leaks(found: Sequence[Leak], where: str) -> None:
    """Raise `UserError` when there is any leak: how many, by what, and the first few."""
    if not found:
        return
    by_id = sum(leak.by == "id" for leak in found)
    named = "; ".join(visible(f"{leak.trained} (by {leak.by}: {leak.scored})") for leak in found[:NAMED])
    more = f"; and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
    raise UserError(
        f"{len(found):,} examples to train on stand in the evaluation files, {by_id:,} by their id and "
        f"{len(found) - by_id:,} by their text.", f"{where}: {named}{more}",
        'take them out of the training files, evaluate on other ones, or set leaks = "drop"',
    )  # fmt: skip
