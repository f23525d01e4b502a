"""Exam items that stand in the evaluation files must not be trained on: they are found by id and by text.

Comes from the items to train on and those to be scored (`corpus/exams/read.py`); goes to `train sft`, which refuses.
Exams share questions across publishers (CMExam and MedQA's mainland exam do), under other ids, with options in another
order or one less. So a question is the same when its text is, folded (`corpus/text/fold.py`: case, width, script) and
without punctuation and spaces, and at least half of the options of the item with fewer are options of the other too: a
short question such as "which of these is true?" is many items. Numbers and signs are kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

from corpus.controls import visible
from corpus.errors import UserError
from corpus.exams.item import ExamItem
from corpus.text.fold import fold
from train.sft.conversation import Conversation

WINDOW = 16  # folded characters of a question by which it is looked for in free text; shorter ones are not
_POINT = re.compile(r"(?<=\d)\.(?=\d)")  # 1.5 is not 15
_KEPT = "\ue000"
NAMED = 5
T = TypeVar("T", ExamItem, Conversation)


class _Bare(dict[int, int | None]):
    """Punctuation and spaces to nothing, for `str.translate`; characters are looked up as they come."""

    def __missing__(self, code: int) -> int | None:
        self[code] = None if unicodedata.category(chr(code))[0] in "PZC" and chr(code) != _KEPT else code
        return self[code]


_BARE = _Bare()


class Leak(NamedTuple):
    """`trained`: id of the item or conversation to train on; `scored`: of the one to be scored; `by`: "id" or
    "text"."""

    trained: str
    scored: str
    by: str


def bare(texts: Sequence[str]) -> list[str]:
    """Each text folded, without punctuation and spaces."""
    view = fold(texts)
    folded = (view.codes[start:end].astype("<u4").tobytes().decode("utf-32-le", "replace")
              for start, end in zip(view.starts, view.ends, strict=True))  # fmt: skip
    return [_POINT.sub(_KEPT, text).translate(_BARE) for text in folded]


def leaks(training: Sequence[ExamItem], scored: Sequence[ExamItem]) -> list[Leak]:
    """The items to train on that are to be scored, in order, each once."""
    ids = {item.id for item in scored}
    known: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for item, (question, options) in zip(scored, _keys(scored), strict=True):
        known.setdefault(question, []).append((item.id, options))
    found = list[Leak]()
    for item, (question, options) in zip(training, _keys(training), strict=True):
        if item.id in ids:
            found.append(Leak(item.id, item.id, "id"))
        elif other := next((name for name, theirs in known.get(question, ()) if _same(options, theirs)), ""):
            found.append(Leak(item.id, other, "text"))
    return found


def leaks_in_text(training: Iterable[Conversation], scored: Sequence[ExamItem]) -> list[Leak]:
    """The conversations that hold the question of an item to be scored, of `WINDOW` characters at least, and the text
    of its right answers: instructions and chats made of exams."""
    begins: dict[str, list[tuple[str, str, list[str]]]] = {}
    for item, (question, _) in zip(scored, _keys(scored), strict=True):
        if len(question) >= WINDOW:
            right = bare([item.options[place] for place in item.answers])
            begins.setdefault(question[:WINDOW], []).append((item.id, question, right))
    found = list[Leak]()
    for one in training:
        (text,) = bare(["\n".join(part.text for message in one.messages for part in message.parts)])
        if name := _holds(text, begins):
            found.append(Leak(one.id, name, "text"))
    return found


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


def _keys(items: Sequence[ExamItem]) -> list[tuple[str, frozenset[str]]]:
    """The question and the options of each item, bare."""
    texts = bare([text for item in items for text in (item.question, *item.options)])
    keys, at = [], 0
    for item in items:
        keys.append((texts[at], frozenset(texts[at + 1 : at + 1 + len(item.options)])))
        at += 1 + len(item.options)
    return keys


def _same(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    return 2 * len(ours & theirs) >= min(len(ours), len(theirs))


def _holds(text: str, begins: dict[str, list[tuple[str, str, list[str]]]]) -> str:
    for place in range(len(text) - WINDOW + 1):
        for name, question, right in begins.get(text[place : place + WINDOW], ()):
            if text.startswith(question, place) and all(answer in text for answer in right):
                return name
    return ""
