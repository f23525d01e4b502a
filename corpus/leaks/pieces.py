"""What of an exam's item is looked for in documents: its question, its context and, where the question is short, its
options, each bare, with the lengths from which it tells anything.

Items come from `corpus/exams/read.py`; the pieces go to `corpus/leaks/index.py`. An item told by its question alone is
`long`; the lengths were chosen on real exams and abstracts (benchmarks/leaks-2026-11.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from corpus.exams.item import ExamItem
from corpus.leaks.view import HAN, HAN_END, strings
from corpus.text.fold import folded

# Bare characters of the grams by which a piece is looked up, and of those for short pieces: a question of fewer than
# HAN_BRIEF or LATIN_BRIEF, in which a change would leave no longer gram whole, or an option shorter than a gram.
HAN_GRAM, LATIN_GRAM, HAN_SMALL, LATIN_SMALL = 5, 12, 3, 7
GRAM_SIZES = (HAN_GRAM, LATIN_GRAM, HAN_SMALL, LATIN_SMALL)
HAN_BRIEF, LATIN_BRIEF = 14, 64
HAN_LONG, LATIN_LONG = 20, 60  # a question of that many is known alone
HAN_SHORT, LATIN_SHORT = 8, 24  # one of fewer must stand word for word
HAN_OPTIONS, LATIN_OPTIONS = 12, 30  # of options together that are known without their question
HAN_SINGLE, LATIN_SINGLE = 4, 14  # of one option that is looked up for a long question whose others are too short
BATCH = 2_048
QUESTION, CONTEXT, OPTION = 0, 1, 2  # kinds of pieces
_HAN = re.compile(f"[{chr(HAN)}-{chr(HAN_END - 1)}]")
_NUMBERED = re.compile(r"^\W*\d{1,4}\s*[.、)）．:：]\s*(?=\D)")
# Words that every exam asks with: what has no others is no question without its options.
_GENERIC = re.compile(
    "以下|下列|下述|上述|关于|有关|各项|哪项|哪一项|哪种|哪个|何者|哪些|中|的|是|为|者|属于|叙述|说法|描述|论述|表述|选项|正确"
    "|错误|不|有误|恰当|合理|最|应|除外|除|外|均|都|可|能|题|which|ofthe|following|statements?|options?|are|is|true|false"
    "|correct|incorrect|not|except|all|about|the|regarding"
)


class Sought(NamedTuple):
    """An item to compare. `asked`: its question, folded, without the number before it. `question`, `context`,
    `options`: bare. `right`: places of the right options. `letters`: of them, lower case. `han`: written in Chinese.
    `generic`: its question asks nothing by itself."""

    id: str
    asked: str
    question: str
    context: str
    options: tuple[str, ...]
    right: tuple[int, ...]
    letters: str
    han: bool
    generic: bool

    @property
    def long(self) -> bool:
        """Is it known by its question alone?"""
        return not self.generic and len(self.question) >= (HAN_LONG if self.han else LATIN_LONG)

    @property
    def short(self) -> bool:
        """Has it so short a question that it must stand word for word?"""
        return len(self.question) < (HAN_SHORT if self.han else LATIN_SHORT)

    @property
    def weight(self) -> int:
        """Characters of all options."""
        return sum(map(len, self.options))

    @property
    def many(self) -> int:
        """Options that differ: real exams have some twice."""
        return len(set(self.options))

    @property
    def by_options(self) -> bool:
        """Do its options tell enough to be known without the question?"""
        return self.weight >= (HAN_OPTIONS if self.han else LATIN_OPTIONS)


class Piece(NamedTuple):
    """A text to look for: `number` of its item, what it is (QUESTION, CONTEXT or OPTION), the bare text, and whether it
    is enough `alone` for a closer look."""

    number: int
    kind: int
    text: str
    alone: bool = False

    @property
    def known(self) -> bool:
        """Is it long enough to be looked up?"""
        return len(self.text) >= self.gram

    @property
    def gram(self) -> int:
        """The size of the grams by which it is looked up."""
        large, small, brief = (HAN_GRAM, HAN_SMALL, HAN_BRIEF) if is_han(self.text) else (
            LATIN_GRAM, LATIN_SMALL, LATIN_BRIEF)  # fmt: skip
        return small if len(self.text) < (large if self.kind == OPTION else brief) else large


def sought(items: Sequence[ExamItem]) -> Iterator[Sought]:
    """The items, bare."""
    for start in range(0, len(items), BATCH):
        some = items[start : start + BATCH]
        asked = [unnumbered(item.question) for item in some]
        bare = iter(strings([text for item, question in zip(some, asked, strict=True)
                             for text in (question, item.context, *item.options)]))  # fmt: skip
        for item, question in zip(some, asked, strict=True):
            stem, context = next(bare), next(bare)
            options = tuple(next(bare) for _ in item.options)
            generic = len(_GENERIC.sub("", stem)) < 2
            yield Sought(item.id, folded(question), stem, context, options, item.answers, item.letters.lower(),
                         is_han(stem or context), generic)  # fmt: skip


def pieces(items: Sequence[Sought]) -> Iterator[Piece]:
    """What is looked up of each item. Of one that its question alone tells only the two longest options, which stand in
    any list of all of them (the last sentence of a vignette with its options), where all of them tell enough."""
    for number, item in enumerate(items):
        yield Piece(number, QUESTION, item.question, item.long)
        if item.context:
            yield Piece(number, CONTEXT, item.context, True)
        if not item.long:
            yield from (Piece(number, OPTION, option) for option in dict.fromkeys(item.options))
        elif item.by_options:
            known = [piece for option in set(item.options) if (piece := Piece(number, OPTION, option)).known]
            longest = sorted(known, key=lambda piece: (-len(piece.text), piece.text))[:2]
            if len(longest) == 2 or (longest and len(longest[0].text) >= (HAN_SINGLE if item.han else LATIN_SINGLE)):
                yield from longest


def is_han(text: str) -> bool:
    """Is a text looked up by grams of Chinese?"""
    return bool(_HAN.search(text))


def unnumbered(text: str) -> str:
    """A question without the number before it."""
    return _NUMBERED.sub("", text)
