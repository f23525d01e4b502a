"""One set of generated answers under all three scorers, and why they disagree, item by item and by cause.

Takes ExamItems and what a model wrote on each; shows the scores of `eval/cmexam/strict.py`, `legacy_lora.py` and
`legacy_gpt.py` side by side. An item is listed when one of the published scorers reads another answer than the strict
one or judges it otherwise; its causes are told in words, as many as there are.

How far apart they are: the right answers and explanations of the 5,771 items of CMExam's validation file that have an
explanation, given back as if a model had written them, are 99.9 % right by the strict scorer in each of two forms. In
that of the GPT prompt, one line, the LoRA scorer has 19 % (it takes every letter that the explanation mentions) and the
GPT scorer 8 % (it reads on to the last comma); in that of the LoRA prompt, two lines, 99.98 % and no item at all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from corpus.exams.item import LETTERS, ExamItem
from eval.cmexam.answers import parse
from eval.cmexam.legacy_gpt import Gpt, gpt
from eval.cmexam.legacy_lora import EXPLANATION, NONE, Lora, looked_at, lora
from eval.cmexam.overlap import Cut
from eval.cmexam.strict import Answer, Strict, strict

IN_WORD = "LoRA: took a letter inside a Latin word for an option"
IN_PROSE = "LoRA: took a letter that is mentioned, but is not the answer, for an option"
BY_TEXT = "LoRA: took the text of an option for a choice of it, without its letter"
NO_SET = "LoRA: took letters for an answer where the text has none, or several"
NOT_THERE = "LoRA: did not find the answer, which stands behind the first line"
WIDTH = "LoRA: did not find the answer, whose letters have full width"
LINES = "GPT: left the item out, as its text has several lines"
FORM = "GPT: left the item out, as the text has no “答案：…，” or no “解释：”"
COMMA = "GPT: read on to the last comma, and took words for the answer"
SPELT = "GPT: compared letters as text, and other letters or signs stand between or around them"
UNREAD = "GPT: took for an answer what is none, or one of several"
CAUSES = (IN_WORD, IN_PROSE, BY_TEXT, NO_SET, NOT_THERE, WIDTH, LINES, FORM, COMMA, SPELT, UNREAD)


class Item(NamedTuple):
    """An item on which the scorers differ. Answers as letters; `strict` "" where it has none, `lora` `NONE`, `gpt` ""
    where the item is left out. Correct flags in order strict, LoRA, GPT (None: left out)."""

    item: str
    right: str
    strict: str
    lora: str
    gpt: str
    correct: tuple[bool, bool, bool | None]
    causes: tuple[str, ...]


class Differences(NamedTuple):
    """The three scores; the `items` on which scorers differ; `counts` of items by cause, in order of `CAUSES`."""

    strict: Strict
    lora: Lora
    gpt: Gpt
    items: tuple[Item, ...]
    counts: dict[str, int]


def differences(items: Sequence[ExamItem], texts: Sequence[str], cut: Cut | None = None) -> Differences:
    """All three scores of generated answers and why they differ. `cut`: text to words, for the GPT scorer's BLEU.
    Raises `UserError` when there is no item, or not one text an item."""
    old, older = lora(items, texts), gpt(items, texts, cut)
    read = [parse(text, item.options) for item, text in zip(items, texts, strict=True)]
    ours = strict([item.answers for item in items], read)
    found = []
    for place, (item, text) in enumerate(zip(items, texts, strict=True)):
        causes = (*_lora(read[place], old.answers[place], item, text), *_gpt(read[place], older.answers[place], text))
        if causes:
            flags = ours.correct[place], old.correct[place], older.correct[place]
            found.append(Item(item.id, item.letters, _letters(read[place]), old.answers[place], older.answers[place],
                              flags, causes))  # fmt: skip
    counts = Counter(cause for one in found for cause in one.causes)
    return Differences(ours, old, older, tuple(found), {cause: counts[cause] for cause in CAUSES if counts[cause]})


def _lora(read: Answer | None, theirs: str, item: ExamItem, text: str) -> Iterator[str]:
    """Why the LoRA scorer reads another answer than the strict one."""
    ours = _letters(read)
    if theirs == (ours or NONE):
        return
    line = looked_at(text)
    taken = [place for place, letter in enumerate(LETTERS[: len(item.options)]) if letter in theirs]
    run = f"[{LETTERS[: len(item.options)]}]*"
    alone = {place for place in taken
             if re.search(rf"(?<![A-Za-z]){run}{LETTERS[place]}{run}(?![A-Za-z])", line)}  # fmt: skip
    causes = {_taken(LETTERS[place] in line, place in alone, not ours) for place in taken if LETTERS[place] not in ours}
    if ours and set(ours) - set(theirs):
        behind = all(letter in text for letter in ours)
        causes.add(NOT_THERE if behind else WIDTH)
    yield from (cause for cause in CAUSES if cause in causes)


def _taken(lettered: bool, alone: bool, unread: bool) -> str:
    """Why an option counts as chosen: whether its letter is there, and not only inside a word."""
    if not lettered:
        return BY_TEXT
    if not alone:
        return IN_WORD
    return NO_SET if unread else IN_PROSE


def _gpt(read: Answer | None, theirs: str, text: str) -> Iterator[str]:
    """Why the GPT scorer reads another answer than the strict one."""
    ours = _letters(read)
    if theirs == ours:
        return
    if not theirs:
        yield LINES if "\n" in text else FORM
    elif "，" in theirs or EXPLANATION in theirs:
        yield COMMA
    elif ours:
        yield SPELT
    else:
        yield UNREAD


def _letters(read: Answer | None) -> str:
    return "" if read is None else "".join(LETTERS[place] for place in read)
